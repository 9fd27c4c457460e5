import { z } from "zod";

/** Tests that are said by name, because no other kind of check can say them. */
const ownTests = [
  "lei",
  "one-entity",
  "entity-is-company",
  "period-tagged",
  "period-is-company's",
  "period-length",
  "periods-fit",
  "comparatives",
  "scope",
  "sector",
  "country",
  "entry-point",
  "not-material-list",
  "first-year",
  "reasons",
  "phase-in-reasons",
  "duplicates",
  "year-on-year",
  "scope-3-categories",
  "enumerations",
  "period-types",
  "numbers-have-decimals",
  "known-concepts",
  "known-axes",
  "known-members",
  "tables-fit",
  "typed-said",
  "default-unsaid",
  "countries",
  "doctype",
  "encoding",
  "language",
  "active",
  "hidden-shown",
  "namespaces",
  "segments",
  "fact-ids",
  "text-escaped",
  "footnotes-said",
  "package-there",
  "package-paths",
  "package-entry",
  "package-same",
  "json-same",
  "as-calculated",
  "nothing-added",
  "figures-hashed",
  "formulas-named",
  "lineage",
  "inputs-hashed",
  "data-quality",
  "rows-used",
  "drafts",
  "origins",
  "warnings",
] as const;
export type OwnTest = (typeof ownTests)[number];

const concepts = z.array(z.string()).min(1);
const bound = z.number().optional();
/** What a rule of ours checks, by kind. A concept is named by its local name. */
export const Check = z.discriminatedUnion("kind", [
  /** Something of a disclosure requirement (`E1-6`, `E2.IRO-1`) is stated. */
  z.object({
    kind: z.literal("disclosed"),
    disclosure: z.string(),
    when_missing: z.enum(["fail", "warning"]),
  }),
  /** What may be phased in is left out only as long as that holds. */
  z.object({
    kind: z.literal("phase-in"),
    disclosure: z.string().optional(),
    standard: z.string().optional(),
    concepts: z.array(z.string()).default([]),
  }),
  /** A topic that was left out under a phase-in is still named with what ESRS 2 paragraph 17 asks for. */
  z.object({ kind: z.literal("left-out-topic"), topic: z.string(), concepts }),
  /** A topic's materiality is concluded on by the company. */
  z.object({ kind: z.literal("concluded"), topic: z.string() }),
  /** A topic that is not material is said to be so. */
  z.object({
    kind: z.literal("explained"),
    topic: z.string(),
    concept: z.string(),
    when_missing: z.enum(["fail", "warning"]),
  }),
  /** Every datapoint that another law asks for is stated, or said to be not material; of alternatives one is enough. */
  z.object({
    kind: z.literal("eu-law"),
    law: z.string(),
    list: z.string(),
    alternatives: z.array(z.array(z.string()).min(2)).default([]),
  }),
  /** All of them are stated. */
  z.object({
    kind: z.literal("stated"),
    concepts,
    topic: z.string().optional(),
    when_missing: z.enum(["fail", "warning"]),
  }),
  /** Where one is stated, the others are too. */
  z.object({ kind: z.literal("together"), concepts: z.array(z.string()).min(2) }),
  /** Where the first is `true` (or stated, when it is no yes or no), so is what follows from it. */
  z.object({ kind: z.literal("follows"), from: z.string(), concepts }),
  /** A ratio equals its parts, rounded to its own decimals; `of` adds up several numerators, `times` scales. */
  z.object({
    kind: z.literal("ratio"),
    value: z.string(),
    of: concepts,
    over: concepts,
    times: z.number().default(1),
  }),
  /** A part is not more than the whole. */
  z.object({ kind: z.literal("part"), part: z.string(), whole: z.string() }),
  /** Shares that make up a whole are not more than one together; exactly one when `whole`. */
  z.object({ kind: z.literal("shares"), concepts: z.array(z.string()).min(2), whole: z.boolean() }),
  /** A total is the sum of others where they are all stated. */
  z.object({ kind: z.literal("adds-up"), total: z.string(), parts: z.array(z.string()).min(2) }),
  /** What stands on an axis's members is not more than the whole. */
  z.object({ kind: z.literal("axis"), axis: z.string() }),
  /** Facts of a type are in one unit, `iso4217` standing for whatever currency. */
  z.object({ kind: z.literal("unit"), type: z.string(), unit: z.string() }),
  /** Facts of a type, or of these concepts, lie between bounds. */
  z.object({
    kind: z.literal("range"),
    type: z.string().optional(),
    concepts: z.array(z.string()).default([]),
    except: z.array(z.string()).default([]),
    least: bound,
    most: bound,
  }),
  /** Facts of a type are written as it demands. */
  z.object({ kind: z.literal("written"), type: z.string() }),
  /** The reader of the document named no fault of these codes. */
  z.object({ kind: z.literal("readable"), codes: z.array(z.string()).min(1) }),
  /** A test that no other kind can say, by name. */
  z.object({ kind: z.literal("own"), test: z.enum(ownTests) }),
]);
export type Check = z.infer<typeof Check>;

/** The families in which the rules come. */
export const families = {
  A: "Scope and period",
  B: "Always disclosed",
  C: "Asked for by other EU law",
  D: "Topics and their disclosures",
  E: "Phase-ins",
  F: "Arithmetic",
  G: "Units, signs and values",
  H: "Breakdowns",
  I: "Document and package",
  J: "Provenance",
} as const;
export type Family = keyof typeof families;

/** How grave a breach is: `critical` and `major` fail the report, `minor` warns. */
export const Severity = z.enum(["critical", "major", "minor"]);
export type Severity = z.infer<typeof Severity>;

/** A rule of ours as written: one, or one for each of a list, whose entry stands wherever `{}` is. */
const Written = z.object({
  id: z.string(),
  family: z.enum(["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"]),
  name: z.string(),
  severity: Severity,
  references: z.array(z.string()).min(1),
  each: z.array(z.string()).min(1).optional(),
  check: z.record(z.string(), z.unknown()),
  remedy: z.string(),
});
/** rules/compliance_rules.yaml, whole. */
export const RuleFile = z.object({ rules: z.array(Written).min(1) });

/** One rule: whose words it follows, how grave a breach is, what is checked and what cures it. */
export type Rule = {
  readonly id: string;
  readonly family: Family;
  readonly name: string;
  readonly severity: Severity;
  readonly references: readonly string[];
  readonly check: Check;
  readonly remedy: string;
};

/** The rules of a file, one for each entry of every list; throws when a check is none of the known kinds. */
export function rulesOf(file: z.infer<typeof RuleFile>): readonly Rule[] {
  return file.rules.flatMap(({ each, check, ...written }) =>
    (each ?? [""]).map((entry): Rule => {
      const filled = (text: string): string => text.replaceAll("{}", entry);
      return {
        ...written,
        id: filled(written.id),
        name: filled(written.name),
        references: written.references.map(filled),
        remedy: filled(written.remedy),
        check: Check.parse(
          each === undefined ? check : JSON.parse(JSON.stringify(check).replaceAll("{}", entry)),
        ),
      };
    }),
  );
}

/** A rule's verdict with its evidence. `not_evaluated` is never a pass: something the rule needs is missing. */
export type Verdict = {
  readonly status: "pass" | "fail" | "warning" | "not_applicable" | "not_evaluated";
  readonly evidence: string;
};

/** The rule holds, and on what that rests. */
export const pass = (evidence: string): Verdict => ({ status: "pass", evidence });
/** The rule is broken, and by what. */
export const fail = (evidence: string): Verdict => ({ status: "fail", evidence });
/** A person should look, and at what. */
export const warn = (evidence: string): Verdict => ({ status: "warning", evidence });
/** The rule has nothing to say about this report. */
export const notApplicable = (evidence: string): Verdict => ({ status: "not_applicable", evidence });
/** The rule could not be judged, which is no pass. */
export const notEvaluated = (evidence: string): Verdict => ({ status: "not_evaluated", evidence });

/** One check by its kind. */
export type CheckOf<Kind extends Check["kind"]> = Extract<Check, { kind: Kind }>;

/** Passes when nothing is wrong; otherwise says how many of how many, with up to three examples. Nothing to look at is no pass. */
export function verdict<T>(
  all: readonly T[],
  wrong: readonly T[],
  describe: (one: T) => string,
  good: string,
): Verdict {
  if (all.length === 0) return notApplicable(`nothing there that it could be held against`);
  if (wrong.length === 0) return pass(`${all.length} ${good}`);
  return fail(
    `${wrong.length} of ${all.length}: ${wrong.slice(0, 3).map(describe).join("; ")}${wrong.length > 3 ? "; …" : ""}`,
  );
}
