import type { Ledger } from "../scheduling/ledger.ts";
import type { Redactor } from "./redactor.ts";

/** A ledger into whose reasons no secret gets. `learned` resolves once the redactor knows what there is to know. */
export function redactingLedger(
  ledger: Ledger,
  redactor: Redactor,
  learned: () => Promise<void> = async () => undefined,
): Ledger {
  const masked = (because: string | undefined) =>
    because === undefined ? {} : { because: redactor.text(because) };
  return {
    id: () => ledger.id(),
    known: (environment) => ledger.known(environment),
    remember: (schedule) => ledger.remember(schedule),
    async decide(fires) {
      await learned();
      return ledger.decide(fires.map((fire) => ({ ...fire, ...masked(fire.because) })));
    },
    async settle(fire, to) {
      await learned();
      return ledger.settle(fire, { ...to, ...masked(to.because) });
    },
    fires: (query) => ledger.fires(query),
    lastDecided: (environment, schedule, now) => ledger.lastDecided(environment, schedule, now),
    async hold(hold) {
      await learned();
      return ledger.hold({ ...hold, why: redactor.text(hold.why) });
    },
    holds: (environment) => ledger.holds(environment),
    close: () => ledger.close(),
  };
}
