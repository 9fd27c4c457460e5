import type { StepCall } from "#kit/plan.ts";
import type { AllUse, ServiceRoom, UnitUse } from "#kit/usage.ts";
import { overLine } from "#rules/usage.ts";

/** Units over their line, the fullest first, and how the services they belong to stand. */
export type Over = {
  readonly over: readonly UnitUse[];
  /** Services that have one. */
  readonly services: readonly ServiceRoom[];
  /** All units of a service, over the line or not. */
  readonly allOf: (service: string) => readonly UnitUse[];
  /** Whether none of a service is below the line. */
  readonly isWhole: (service: string) => boolean;
  /** Names of the units below it. */
  readonly below: readonly string[];
};

/** Parts all units into those over the line of a resource and the others. */
export function partByLine(use: AllUse, resource: "memory" | "cpu"): Over {
  const over = overLine(use, resource);
  const allOf = (service: string) => use.units.filter((unit) => unit.service === service);
  return {
    over,
    services: use.services.filter(({ name }) => over.some((unit) => unit.service === name)),
    allOf,
    isWhole: (service) => allOf(service).every((unit) => over.includes(unit)),
    below: use.units.filter((unit) => !over.includes(unit)).map(({ name }) => name),
  };
}

/** Services that would have too few in service while one of these units is restarted. */
export function shortWithout(
  units: readonly UnitUse[],
  services: readonly ServiceRoom[],
): readonly ServiceRoom[] {
  return services.filter(
    ({ name, ready, floor }) =>
      units.some((unit) => unit.service === name && unit.ready) && ready - 1 < floor,
  );
}

/** Those of them to which no unit can be added first, and why, as people read them; empty when one can be added to each. */
export function stuckText(short: readonly ServiceRoom[]): string {
  return short.flatMap(({ name, full }) => (full === undefined ? [] : [`${name}, and ${full}`])).join("; ");
}

/** Steps as `decide` makes them. */
type Hands = {
  readonly scale: (input: {
    readonly service: string;
    readonly from: number;
    readonly to: number;
  }) => StepCall;
  readonly restart: (input: {
    readonly service: string;
    readonly id: string;
    readonly name: string;
    readonly how: "graceful";
    readonly only: "memory" | "cpu";
  }) => StepCall;
};

/** Restarts units service by service, one after the other; a service that would have too few gets one more for that time. */
export function restartEach(
  units: readonly UnitUse[],
  services: readonly ServiceRoom[],
  only: "memory" | "cpu",
  { scale, restart }: Hands,
): readonly StepCall[] {
  const short = shortWithout(units, services);
  return services.flatMap((room) => {
    const { name, desired } = room;
    const isShort = short.includes(room);
    return [
      ...(isShort ? [scale({ service: name, from: desired, to: desired + 1 })] : []),
      // One after the other; each looks for itself whether enough remain.
      ...units
        .filter((unit) => unit.service === name)
        .map((unit) => restart({ service: name, id: unit.id, name: unit.name, how: "graceful", only })),
      ...(isShort ? [scale({ service: name, from: desired + 1, to: desired })] : []),
    ];
  });
}
