import { defineCheck, degraded, healthy, unhealthy } from "#kit";
import { agentNames } from "#platform/contract.ts";
import { obedience } from "#rules/switches.ts";

/**
 * Whether every worker and agent does what the kill switches say, asked of each process itself: a switch that was thrown is a wish.
 * Source: operations-runbook "Agent Kill-Switch Activation".
 */
export const switchesObeyed = defineCheck({
  id: "switches-obeyed",
  title: "Every process obeys the kill switches",
  every: "30s",
  timeout: "10s",
  async look({ switches, inventory }) {
    const [all, seen] = await Promise.all([switches.all(), switches.seen()]);
    const services = inventory.services
      .map(({ name }) => name)
      .filter((name) => name === "worker" || agentNames.some((agent) => agent === name));
    return { all, seen, services };
  },
  judge({ all, seen, services }) {
    if (services.length === 0) return unhealthy("the environment names neither the worker nor an agent");
    const each = all.map(({ scope, off }) => ({ scope, off, ...obedience(scope, off, { seen, services }) }));
    const defiant = each.filter(({ defy }) => defy.length > 0);
    if (defiant.length > 0)
      return unhealthy(
        defiant
          .map(
            ({ scope, off, defy }) =>
              `${defy.join(", ")} ${off ? "goes on although" : "stays off although"} ${scope} is ${off ? "off" : "on"}`,
          )
          .join("; "),
      );
    const silent = services.filter((name) => !seen.some(({ process }) => process.split(" ")[0] === name));
    if (silent.length > 0) return degraded(`no word from ${silent.join(", ")}`);
    const off = all.filter((one) => one.off).map(({ scope }) => scope);
    return healthy(
      `${seen.length} processes agree: ${off.length === 0 ? "nothing is switched off" : `${off.join(", ")} off`}`,
    );
  },
});
