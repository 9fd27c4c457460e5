import type { Catalogue } from "../../catalogue/load.ts";
import type { Place } from "./place.ts";

type Shape = {
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  /** Explicit axes without a default: whoever stands in the table says something on each of them. */
  readonly needed: readonly string[];
  readonly typed: ReadonlySet<string>;
};

const known = new WeakMap<Catalogue, Allowed>();

/** Tells whether a figure that is worked out may stand at a place: without any breakdown, or where some closed table has it with these axes and members and asks for no axis that is missing. Stricter than what rows may say: nothing is derived for a place that only an open table lets pass. */
export type Allowed = (concept: string, place: Place) => boolean;

/** What the catalogue's tables allow; worked out once for each catalogue. */
export function placesOf(catalogue: Catalogue): Allowed {
  const found = known.get(catalogue) ?? readTables(catalogue);
  known.set(catalogue, found);
  return found;
}

function readTables(catalogue: Catalogue): Allowed {
  const shapes = new Map<string, Shape[]>();
  for (const { closed, axes, concepts } of catalogue.tables) {
    if (!closed) continue;
    const shape: Shape = {
      members: new Map(axes.flatMap(({ axis, typed, members }) => (typed ? [] : [[axis, setOf(members)]]))),
      needed: axes.flatMap(({ axis, typed, default: preset }) => (typed || preset !== "" ? [] : [axis])),
      typed: new Set(axes.flatMap(({ axis, typed }) => (typed ? [axis] : []))),
    };
    for (const concept of concepts) shapes.set(concept, [...(shapes.get(concept) ?? []), shape]);
  }
  return (concept, { dimensions, typed }) =>
    concept.startsWith("aux:") ||
    (Object.keys(dimensions).length === 0 && Object.keys(typed).length === 0) ||
    (shapes.get(concept) ?? []).some(
      (shape) =>
        Object.keys(typed).length === shape.typed.size &&
        Object.keys(typed).every((axis) => shape.typed.has(axis)) &&
        shape.needed.every((axis) => axis in dimensions) &&
        Object.entries(dimensions).every(([axis, member]) => holds(shape.members.get(axis), member)),
    );
}

// Tables share their long lists of members, and so do the sets.
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();
function setOf(members: readonly string[]): ReadonlySet<string> {
  const found = sets.get(members) ?? new Set(members);
  sets.set(members, found);
  return found;
}

function holds(members: ReadonlySet<string> | undefined, member: string): boolean {
  if (members === undefined) return false;
  return members.has(member) || (members.has("country:*") && member.startsWith("country:"));
}
