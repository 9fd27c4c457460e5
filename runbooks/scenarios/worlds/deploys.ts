import type { World } from "#runbooks/scenarios/world.ts";

/** Every machine has run another version for so many minutes. */
export function deployed(
  world: World,
  minutesAgo: number,
  version = { version: "1.1.0", previous: "1.0.0" },
): void {
  const at = new Date(world.clock.now().getTime() - minutesAgo * 60_000).toISOString();
  world.deploys = [{ ...version, at, instances: world.machines.map(({ id }) => id) }];
}

/** Half an hour ago a version was deployed that is ready nowhere. */
export function badlyDeployed(world: World): void {
  deployed(world, 30, { version: "0.2.0", previous: "0.1.0" });
  for (const machine of world.machines) machine.mood = "unready";
}
