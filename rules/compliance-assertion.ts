import { z } from "zod";

/**
 * The taxonomy's own assertions and sums as data: rules/compliance_assertions.json, derived from the taxonomy package.
 * Ids, names, severities and dates are facts of the taxonomy; no wording of it is kept. Names are local names, members qualified.
 */

const Base = { id: z.string(), severity: z.enum(["OK", "WARNING", "ERROR"]) };

/** Asks for at least one fact of any of the concepts; from `from` on (ISO date of the period's end), when it is phased in. */
export const Existence = z.object({
  ...Base,
  concepts: z.array(z.string()).min(1),
  /** Whether a nil fact answers it. */
  nils: z.boolean(),
  from: z.string().optional(),
});
export type Existence = z.infer<typeof Existence>;

const concepts = z.array(z.string()).min(1);
/** Where a fact binds to a set, it is compared with the facts that agree with it in everything but the axis or concept named. */
export const ValueTest = z.discriminatedUnion("kind", [
  /** The facts on a member's children add up to the fact on the member itself, or to one. `children`: member to its children. */
  z.object({
    kind: z.literal("breakdown"),
    ...Base,
    axis: z.string(),
    concepts,
    without_members: z.array(z.string()),
    children: z.record(z.string(), z.array(z.string())),
    sum: z.enum(["parent", "one"]),
  }),
  /** The fact on one member is the sum of the facts on others. */
  z.object({
    kind: z.literal("member-sum"),
    ...Base,
    axis: z.string(),
    concepts,
    total: z.string(),
    parts: z.array(z.string()).min(1),
  }),
  /** The fact on one member is smaller than the fact on another. */
  z.object({
    kind: z.literal("member-order"),
    ...Base,
    axis: z.string(),
    concepts,
    smaller: z.string(),
    greater: z.string(),
  }),
  /** One concept is the sum of others, all of them there; without a total they add up to one, and what is missing counts as zero. */
  z.object({
    kind: z.literal("concept-sum"),
    ...Base,
    total: z.string().optional(),
    parts: z.array(z.string()).min(1),
  }),
  /** Facts of these types or concepts are not negative. */
  z.object({
    kind: z.literal("not-negative"),
    ...Base,
    types: z.array(z.string()),
    concepts: z.array(z.string()),
  }),
  /** Facts of this type are in exactly this unit. */
  z.object({ kind: z.literal("unit"), ...Base, type: z.string(), unit: z.string() }),
  /** Each identifier in the comma-separated list is used on the typed axis somewhere in the report. */
  z.object({ kind: z.literal("identifiers"), ...Base, concept: z.string(), axis: z.string() }),
]);
export type ValueTest = z.infer<typeof ValueTest>;

/** A sum of the calculation linkbase under an id of ours: role and total; the standard gives it none. */
export const Sum = z.object({
  id: z.string(),
  role: z.string(),
  total: z.string(),
  items: z.array(z.object({ concept: z.string(), weight: z.number() })).min(1),
});
export type Sum = z.infer<typeof Sum>;

/** rules/compliance_assertions.json, whole. */
export const AssertionFile = z.object({
  taxonomy: z.object({ version: z.string(), provenance: z.string() }),
  existence: z.array(Existence).min(1),
  values: z.array(ValueTest).min(1),
  sums: z.array(Sum).min(1),
});
export type AssertionFile = z.infer<typeof AssertionFile>;
