import { defineCheck, degraded, healthy, unhealthy } from "#kit";
import { servingTargets } from "#kit/serving.ts";

/** Every API instance takes traffic: one survivor is not yet recovery. */
export const apiTargets = defineCheck({
  id: "api-targets",
  title: "Every API instance takes traffic",
  every: "30s",
  timeout: "10s",
  async look({ balancer, workloads, inventory }) {
    const api = inventory.service("api");
    const [targets, expected] = await Promise.all([
      servingTargets(balancer, api),
      // Whoever keeps the number of its units knows how many there are to be; their names change.
      api.workload === undefined
        ? api.instances.length
        : workloads.describe(api).then(({ desired }) => desired),
    ]);
    return { targets, expected, floor: api.floor };
  },
  judge({ targets, expected, floor }) {
    const serving = targets.filter((target) => target.health === "healthy").length;
    const says = `${serving} of ${expected} targets healthy`;
    if (expected === 0) return unhealthy("the environment names no API instance");
    if (serving >= expected) return healthy(says);
    return serving >= floor && serving > 0 ? degraded(says) : unhealthy(`${says}, at least ${floor} needed`);
  },
});
