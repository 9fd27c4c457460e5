import { z } from "zod";

const Item = z.object({ concept: z.string(), weight: z.number() });
const Check = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("exists"),
    concept: z.string(),
    when_missing: z.enum(["fail", "warning", "not_applicable"]),
    /** Undertakings with no more employees than this may leave it out in their first year (ESRS 1 Appendix C). */
    phase_in_up_to: z.number().optional(),
  }),
  z.object({
    kind: z.literal("breakdown"),
    axis: z.string(),
    concepts: z.array(z.string()).default([]),
    excluded_members: z.array(z.string()).default([]),
  }),
  z.object({ kind: z.literal("total"), total: z.string(), items: z.array(Item).min(1) }),
  z.object({ kind: z.literal("ratio"), value: z.string(), numerator: z.string(), denominator: z.string() }),
  z.object({ kind: z.literal("unit"), type: z.string(), unit: z.string() }),
  z.object({ kind: z.literal("range"), type: z.string(), least: z.number(), most: z.number().optional() }),
  z.object({ kind: z.literal("known-concepts") }),
  z.object({ kind: z.literal("known-members") }),
  z.object({ kind: z.literal("enumerations") }),
  z.object({ kind: z.literal("entity") }),
  z.object({ kind: z.literal("period") }),
  z.object({ kind: z.literal("entry-point"), url: z.string() }),
  z.object({ kind: z.literal("duplicates") }),
  z.object({ kind: z.literal("no-doctype") }),
  z.object({ kind: z.literal("same-as-calculated") }),
  z.object({ kind: z.literal("both-set"), concepts: z.array(z.string()).min(2) }),
  z.object({ kind: z.literal("every-category"), included: z.string(), excluded: z.string() }),
  z.object({ kind: z.literal("data-quality") }),
  z.object({ kind: z.literal("lineage") }),
]);
/** One rule: whose words it follows, how grave a breach is, what is checked and what cures it. */
export const Rule = z.object({
  id: z.string(),
  name: z.string(),
  severity: z.enum(["critical", "major", "minor"]),
  references: z.array(z.string()).min(1),
  check: Check,
  remedy: z.string(),
});
export type Rule = z.infer<typeof Rule>;
/** The rule file's shape. */
export const RuleFile = z.object({ rules: z.array(Rule) });

/** A fact of the report as the rules see it; names without the esrs prefix, values exact decimal text or text. */
export type AuditFact = {
  readonly concept: string;
  readonly value: string;
  readonly numeric: boolean;
  readonly unit: string;
  readonly decimals: number | undefined;
  readonly dimensions: Readonly<Record<string, string>>;
};

/** What the report is held against. */
export type AuditSubject = {
  readonly facts: readonly AuditFact[];
  readonly entity: { readonly scheme: string; readonly identifier: string } | undefined;
  readonly periods: readonly { readonly start: string; readonly end: string }[];
  readonly entryPoints: readonly string[];
  readonly hasDoctype: boolean;
  /** Concept to its type, from the catalogue. */
  readonly types: ReadonlyMap<string, string>;
  readonly tables: readonly {
    readonly concepts: readonly string[];
    readonly axes: readonly {
      readonly axis: string;
      readonly default: string;
      readonly members: readonly string[];
    }[];
  }[];
  readonly enumerations: ReadonlyMap<string, readonly string[]>;
  readonly countries: ReadonlySet<string>;
  readonly namespace: string;
  readonly calculated: readonly {
    readonly concept: string;
    readonly axis: string;
    readonly member: string;
    readonly value: string;
  }[];
  /** Employees of the undertaking, when known. */
  readonly employees: number | undefined;
  readonly quality: { readonly score: number; readonly threshold: number };
  /** Records accepted, and records that appear in the lineage. */
  readonly records: number;
  readonly traced: number;
  /** Rows that could not be used and are in no figure. */
  readonly setAside: number;
};

/** A rule's verdict with its evidence. `not_evaluated` is never a pass: something the rule needs is missing. */
export type Verdict = {
  readonly status: "pass" | "fail" | "warning" | "not_applicable" | "not_evaluated";
  readonly evidence: string;
};

/** The rule holds, and on what that rests. */
export const pass = (evidence: string): Verdict => ({ status: "pass", evidence });
/** The rule is broken, and by what. */
export const fail = (evidence: string): Verdict => ({ status: "fail", evidence });
/** The rule has nothing to say about this report. */
export const notApplicable = (evidence: string): Verdict => ({ status: "not_applicable", evidence });
/** The rule could not be judged, which is no pass. */
export const notEvaluated = (evidence: string): Verdict => ({ status: "not_evaluated", evidence });

/** One check of the rule file, by its kind. */
export type CheckOf<Kind extends Rule["check"]["kind"]> = Extract<Rule["check"], { kind: Kind }>;
