import type { Sample } from "#kit/ports.ts";
import type { World } from "#runbooks/scenarios/world.ts";

/** The language models of the fake world: which vendors in which order, and how each fails. */
export type FakeModels = {
  readonly vendors: readonly ("anthropic" | "openai")[];
  /** Whether the chain names the rules last. */
  readonly rules: boolean;
  /** Code by which each question to a vendor fails; a vendor that is not here answers. */
  readonly failing: Partial<Record<"anthropic" | "openai", string>>;
  /** Questions that each vendor got of late; a vendor that is not here got ten where questions reach it. */
  readonly asked?: Partial<Record<"anthropic" | "openai", number>>;
};

/** Lets the world's metrics tell of language models, as Prometheus would; switches count at once. */
export function withModels(world: World, { vendors, rules, failing, asked = {} }: FakeModels): void {
  const { metrics } = world;
  const isOff = (scope: string): boolean =>
    world.switches.switches !== "silent" &&
    world.switches.switches.some((one) => one.scope === scope && one.off);
  const name = (vendor: string): string => `${vendor}-model`;
  const series = (labels: Sample["labels"], value: number): Sample => ({ labels, value });
  const answers = (expression: string): readonly Sample[] | undefined => {
    if (expression.startsWith("min(csrd_switched_off")) {
      const scope = /scope="([\w-]+)"/.exec(expression)?.[1] ?? "";
      return [series({}, isOff(scope) ? 1 : 0)];
    }
    if (expression.includes("csrd_switched_off"))
      return ["all", "llm", "llm-anthropic", "llm-openai"]
        .filter((scope) => isOff(scope))
        .map((scope) => series({ scope }, 1));
    if (expression.includes("csrd_llm_chain_place"))
      return [
        ...vendors.map((vendor, index) => series({ name: name(vendor), provider: vendor }, index + 1)),
        ...(rules ? [series({ name: "offline", provider: "rules" }, vendors.length + 1)] : []),
      ];
    if (expression.includes("csrd_llm_failing"))
      return vendors.flatMap((vendor) => {
        const code = failing[vendor];
        return code === undefined ? [] : [series({ name: name(vendor), provider: vendor, code }, 1)];
      });
    if (expression.includes("csrd_circuit_breaker_state"))
      return vendors
        .filter((vendor) => failing[vendor] !== undefined)
        .map((vendor) => series({ provider: name(vendor) }, 2));
    if (expression.includes("csrd_llm_requests_total"))
      return vendors.flatMap((vendor) => {
        const count = asked[vendor] ?? (isOff(`llm-${vendor}`) ? 0 : 10);
        return count === 0 ? [] : [series({ provider: vendor, outcome: failing[vendor] ?? "ok" }, count)];
      });
    if (expression.includes("csrd_queue_jobs")) return [series({}, 4)];
    return undefined;
  };
  const kept = metrics.get.bind(metrics);
  metrics.get = (expression) => answers(expression) ?? kept(expression);
}
