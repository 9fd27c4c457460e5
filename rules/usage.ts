import { degraded, healthy, unhealthy } from "#kit";
import type { Health } from "#kit/check.ts";
import type { AllUse, UnitUse } from "#kit/usage.ts";
import { judgeShare, shareOf } from "./resources.ts";

/** Units of which a resource is over its line, the fullest first. */
export function overLine({ units }: AllUse, resource: "memory" | "cpu"): readonly UnitUse[] {
  return units
    .filter((unit) => judgeShare(shareOf(unit, resource), resource) === "critical")
    .toSorted((a, b) => shareOf(b, resource) - shareOf(a, resource) || a.name.localeCompare(b.name));
}

/** A unit and its share as people read it: "api-2 97 %". */
export function shareText(unit: UnitUse, resource: "memory" | "cpu"): string {
  return `${unit.name} ${Math.round(shareOf(unit, resource) * 100)} %`;
}

/** How all this reads at a glance. */
export function readUse(all: AllUse, resource: "memory" | "cpu") {
  const { units, silent } = all;
  const over = overLine(all, resource);
  const [fullest] = units.toSorted((a, b) => shareOf(b, resource) - shareOf(a, resource));
  const seen =
    over.length > 0
      ? `${over.length} of ${units.length} units: ${over.map((unit) => shareText(unit, resource)).join(", ")}`
      : `${units.length} units, most: ${fullest === undefined ? "none" : shareText(fullest, resource)}`;
  const says = silent.length === 0 ? seen : `${seen}; not seen: ${silent.join(", ")}`;
  return {
    state: over.length > 0 ? ("bad" as const) : silent.length > 0 ? ("note" as const) : ("fine" as const),
    says,
  };
}

/** Judges what all units use: unhealthy when one is over its line, degraded when one comes near, or none could be seen. */
export function judgeUse(all: AllUse, resource: "memory" | "cpu"): Health {
  const { says } = readUse(all, resource);
  if (overLine(all, resource).length > 0) return unhealthy(says);
  if (all.units.length === 0) return { state: "unknown", says };
  const near = all.units.some((unit) => judgeShare(shareOf(unit, resource), resource) === "high");
  return near ? degraded(says) : healthy(says);
}
