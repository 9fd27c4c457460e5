import { defineCheck, degraded, healthy, unhealthy } from "#kit";

/** Every service has the units it is meant to have, and they take work; whatever their names are by now. */
export const units = defineCheck({
  id: "units",
  title: "Every service has its units",
  every: "30s",
  timeout: "20s",
  look: ({ workloads, inventory }) =>
    Promise.all(
      inventory.services.map(async (service) => {
        const { units: all, desired } = await workloads.describe(service);
        const ready = all.filter((unit) => unit.ready).length;
        return { name: service.name, ready, desired, floor: service.floor };
      }),
    ),
  judge(services) {
    const short = services.filter(({ ready, desired }) => ready < desired || ready === 0);
    const says = short.map(({ name, ready, desired }) => `${name} ${ready} of ${desired}`).join(", ");
    if (services.length === 0) return unhealthy("the environment names no service");
    if (short.some(({ ready, floor }) => ready < Math.max(1, floor)))
      return unhealthy(`too few take work: ${says}`);
    return short.length > 0
      ? degraded(`not all take work: ${says}`)
      : healthy(
          `all units of ${services.length} ${services.length === 1 ? "service" : "services"} take work`,
        );
  },
});
