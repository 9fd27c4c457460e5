import type { ActivityRecord } from "../documents.ts";
import type { Emission } from "./emissions.ts";

/** What a person should know about the activity records as a whole, counted while they pass. */
export class ActivityRemarks {
  readonly #scopes = new Set<number>();
  #uncontracted = 0;
  #abroad = 0;
  #blended = 0;

  take(record: ActivityRecord, entries: readonly Emission[]): void {
    const { scope, country, activity, factor, market_factor, biogenic_co2_tonnes } = record;
    this.#scopes.add(scope);
    if (scope === 2 && market_factor === undefined) this.#uncontracted += 1;
    if (scope !== 2 && country !== "GB" && entries.some((entry) => entry.factor.source === "desnz-2024"))
      this.#abroad += 1;
    const british = factor.kind === "catalogue" && factor.id.startsWith("desnz-2024:");
    const biological = /biofuel|bioenergy|biomass|biogas|wood|bioethanol|biodiesel/i.test(activity);
    if (british && biological && biogenic_co2_tonnes === undefined) this.#blended += 1;
  }

  sentences(): readonly string[] {
    const found = [1, 2, 3].flatMap((scope) =>
      this.#scopes.has(scope)
        ? []
        : [
            `No records of scope ${scope} among the activities: nothing is worked out for it, and it is not set to zero.`,
          ],
    );
    if (this.#uncontracted > 0)
      found.push(
        `${this.#uncontracted} scope 2 records have no contract; the market-based method uses the grid average for them, since no residual mix is at hand.`,
      );
    if (this.#abroad > 0)
      found.push(`${this.#abroad} records outside the UK use UK factors as the nearest at hand.`);
    if (this.#blended > 0)
      found.push(
        `${this.#blended} records burn biofuel without a stated biogenic CO2; fill biogenic_co2_tonnes (ESRS E1 AR 43 c).`,
      );
    return found;
  }
}
