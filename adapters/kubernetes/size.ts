import type { UnitSize } from "#kit/ports/workloads.ts";
import { mainContainer } from "./deployment.ts";
import type { Container, Deployment } from "./objects.ts";
import { quantityOf } from "./quantity.ts";

/** What the main container of a Deployment's pods may use; undefined where it has no limit of both. */
export function sizeOf(deployment: Deployment): UnitSize | undefined {
  return limitsOf(mainOf(deployment));
}

/** The main container of a Deployment's template. */
export function mainOf({ metadata, spec }: Deployment): Container | undefined {
  return mainContainer(spec.template.spec.containers, spec.template.metadata?.annotations, metadata.name);
}

function limitsOf(container: Container | undefined): UnitSize | undefined {
  const limits = container?.resources?.limits;
  const cpus = quantityOf(limits?.["cpu"]);
  const memoryBytes = quantityOf(limits?.["memory"]);
  return cpus === undefined || memoryBytes === undefined ? undefined : { cpus, memoryBytes };
}

/** The sum of the limits of one thing over containers; undefined where one of them has none. */
export function limitOver(containers: readonly Container[], of: "cpu" | "memory"): number | undefined {
  const limits = containers.map(({ resources }) => quantityOf(resources?.limits?.[of]));
  return limits.every((limit) => limit !== undefined)
    ? limits.reduce((sum, limit) => sum + (limit ?? 0), 0)
    : undefined;
}
