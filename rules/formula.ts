import { z } from "zod";

/** How rows of one figure are put together: added up; levels, added only across places and never across time; or one value only. */
const gatherings = ["sum", "level", "unique"] as const;
/** One of the ways of `gatherings`. */
export type Gathering = (typeof gatherings)[number];

const text = (most: number) => z.string().min(1).max(most);
const dimensions = z.record(text(120), z.union([text(160), z.array(text(160)).min(1).max(60)]));

const named = {
  id: z
    .string()
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
    .max(120),
  version: z.int().min(1).max(9999),
  result: text(250),
};

/** An input that is no concept of the taxonomy but that formulas need: hours worked, withdrawals, wages. */
export const AuxiliaryInput = z.strictObject({
  id: z
    .string()
    .regex(/^aux:[a-z0-9]+(?:-[a-z0-9]+)*$/)
    .max(100),
  label: text(200),
  unit: text(60),
  gathers: z.enum(gatherings).default("sum"),
  source: text(200),
});
export type AuxiliaryInput = z.infer<typeof AuxiliaryInput>;

/** One formula as it is written down: what comes out, from what, in which unit, to how many places, and which paragraph says so. */
export const Formula = z.strictObject({
  ...named,
  /** Axes at which the result stands, beyond those of its inputs. */
  dimensions: z.record(text(120), text(160)).default({}),
  expression: text(4000),
  /** Empty: the result concept's own canonical unit. */
  unit: z.string().max(60).default(""),
  /** Places to which the result is rounded, half up; `inputs`: as many as its inputs have. */
  decimals: z.union([z.int().min(0).max(12), z.literal("inputs")]),
  /** `total`: a sum of everything that belongs to it, so that what is given otherwise is corrected by it. `fallback`: only where there is no figure yet. */
  kind: z.enum(["total", "derived", "fallback"]).default("derived"),
  /** Worked out only where the place has these axes, with one of these members (`any`: whichever). */
  where: dimensions.default({}),
  /** The results along this axis are shares of one whole: rounded, they still add up to one, the largest taking what rounding left over. */
  shares_over: z.string().max(120).default(""),
  /** The same for shares that are concepts of their own: the others of the whole. */
  shares_with: z.array(text(250)).max(20).default([]),
  source: text(200),
});
export type Formula = z.infer<typeof Formula>;

/** What the calculator works out of activity records by itself, said in words; the ids stand in the lineage. */
export const ActivityFormula = z.strictObject({
  ...named,
  expression: text(1000),
  source: text(200),
});
export type ActivityFormula = z.infer<typeof ActivityFormula>;

/** rules/esrs_formulas.yaml, whole. */
export const FormulaFile = z.strictObject({
  /** Concepts whose rows are put together otherwise than their type suggests. */
  gathering: z.strictObject({
    sum: z.array(text(250)).max(2000),
    level: z.array(text(250)).max(2000),
    unique: z.array(text(250)).max(2000),
  }),
  auxiliary: z.array(AuxiliaryInput).max(2000),
  activity: z.array(ActivityFormula).min(1).max(200),
  formulas: z.array(Formula).min(1).max(5000),
});
export type FormulaFile = z.infer<typeof FormulaFile>;
