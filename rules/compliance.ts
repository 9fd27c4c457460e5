import { Decimal } from "decimal.js";
import { z } from "zod";
import { isLei } from "#rules/lei.ts";

const Item = z.object({ concept: z.string(), weight: z.number() });
const Check = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("exists"),
    concept: z.string(),
    when_missing: z.enum(["fail", "warning", "not_applicable"]),
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
  readonly quality: { readonly score: number; readonly threshold: number };
  /** Records accepted, and records that appear in the lineage. */
  readonly records: number;
  readonly traced: number;
};

/** A rule's verdict with its evidence. `not_evaluated` is never a pass: something the rule needs is missing. */
export type Verdict = {
  readonly status: "pass" | "fail" | "warning" | "not_applicable" | "not_evaluated";
  readonly evidence: string;
};

const pass = (evidence: string): Verdict => ({ status: "pass", evidence });
const fail = (evidence: string): Verdict => ({ status: "fail", evidence });
const notApplicable = (evidence: string): Verdict => ({ status: "not_applicable", evidence });
const notEvaluated = (evidence: string): Verdict => ({ status: "not_evaluated", evidence });

/** Holds the report against one rule. Pure. */
export function evaluate({ check }: Rule, subject: AuditSubject): Verdict {
  const { facts } = subject;
  switch (check.kind) {
    case "exists": {
      const found = facts.filter(({ concept, value }) => concept === check.concept && value !== "");
      if (found.length > 0) return pass(`${found.length} ${found.length === 1 ? "fact" : "facts"} tagged`);
      return { status: check.when_missing, evidence: "no fact carries the tag" };
    }
    case "breakdown":
      return breakdown(check, facts);
    case "total":
      return total(check, facts);
    case "ratio":
      return ratio(check, facts);
    case "unit": {
      const of = facts.filter(({ concept }) => subject.types.get(concept) === check.type);
      if (of.length === 0) return notEvaluated(`no fact of type ${check.type}`);
      const matches = (unit: string): boolean =>
        check.unit.endsWith("iso4217")
          ? new RegExp(`^${check.unit}:[A-Z]{3}$`).test(unit)
          : unit === check.unit;
      const wrong = of.filter(({ unit }) => !matches(unit));
      return verdict(
        of,
        wrong,
        ({ concept, unit }) => `${concept} is in ${unit}`,
        `facts are in ${check.unit}`,
      );
    }
    case "range": {
      const of = facts.filter(({ concept, numeric }) => numeric && subject.types.get(concept) === check.type);
      if (of.length === 0) return notEvaluated(`no fact of type ${check.type}`);
      const outside = of.filter(
        ({ value }) =>
          !isNumber(value) ||
          new Decimal(value).lessThan(check.least) ||
          (check.most !== undefined && new Decimal(value).greaterThan(check.most)),
      );
      return verdict(
        of,
        outside,
        ({ concept, value }) => `${concept} is ${value}`,
        `facts lie within the range`,
      );
    }
    case "known-concepts": {
      const unknown = facts.filter(({ concept }) => !subject.types.has(concept));
      return facts.length === 0
        ? notEvaluated("no facts")
        : verdict(
            facts,
            unknown,
            ({ concept }) => `${concept} is not in the taxonomy's slice`,
            "facts use known concepts",
          );
    }
    case "known-members":
      return members(subject);
    case "enumerations":
      return enumerations(subject);
    case "entity": {
      const { entity } = subject;
      if (entity === undefined) return notEvaluated("no context names an entity");
      if (entity.scheme !== "http://standards.iso.org/iso/17442")
        return fail(`the identifier's scheme is ${entity.scheme}`);
      return isLei(entity.identifier)
        ? pass(`LEI ${entity.identifier}: check digits fit`)
        : fail(`${entity.identifier} is not an LEI: check digits do not fit`);
    }
    case "period":
      return period(subject);
    case "entry-point":
      return subject.entryPoints.length === 1 && subject.entryPoints[0] === check.url
        ? pass(check.url)
        : fail(`entry points: ${subject.entryPoints.join(", ") || "none"}`);
    case "duplicates":
      return duplicates(facts);
    case "no-doctype":
      return subject.hasDoctype ? fail("the document declares a DOCTYPE") : pass("no DOCTYPE, no entities");
    case "same-as-calculated":
      return sameAsCalculated(subject);
    case "both-set": {
      const missing = check.concepts.filter((concept) => headline(facts, concept) === undefined);
      return missing.length === 0
        ? pass(`${check.concepts.length} of ${check.concepts.length} reported`)
        : fail(`missing: ${missing.join(", ")}`);
    }
    case "every-category": {
      const all = subject.enumerations.get(check.included) ?? [];
      const listed = (concept: string): readonly string[] =>
        facts
          .filter((fact) => fact.concept === concept)
          .flatMap(({ value }) => value.split(/\s+/).map((uri) => uri.slice(uri.indexOf("#") + 1)));
      const fifteen = all
        .map(localName)
        .filter(
          (member) =>
            /^Category\d{1,2}[A-Z]/.test(member) &&
            member !== "Category11CloudComputingAndDataCentreServicesMember",
        );
      if (fifteen.length === 0) return notEvaluated("the catalogue lists no categories");
      const [included, excluded] = [listed(check.included), listed(check.excluded)];
      const both = included.filter((member) => excluded.includes(member));
      const neither = fifteen.filter((member) => !included.includes(member) && !excluded.includes(member));
      if (both.length > 0) return fail(`both included and excluded: ${both.join(", ")}`);
      return neither.length === 0
        ? pass(`${included.length} included, ${excluded.length} excluded, of ${fifteen.length}`)
        : fail(`neither included nor excluded: ${neither.join(", ")}`);
    }
    case "data-quality": {
      const { score, threshold } = subject.quality;
      return score >= threshold
        ? pass(`${score} of 100, threshold ${threshold}`)
        : { status: "warning", evidence: `${score} of 100 is below ${threshold}` };
    }
    case "lineage":
      if (subject.records === 0) return notEvaluated("no records");
      return subject.records === subject.traced
        ? pass(`${subject.traced} of ${subject.records} records appear in the lineage`)
        : fail(`${subject.traced} of ${subject.records} records appear in the lineage`);
  }
}

function verdict<T>(
  all: readonly T[],
  wrong: readonly T[],
  describe: (one: T) => string,
  good: string,
): Verdict {
  if (wrong.length === 0) return pass(`${all.length} ${good}`);
  return fail(
    `${wrong.length} of ${all.length}: ${wrong.slice(0, 3).map(describe).join("; ")}${wrong.length > 3 ? "; …" : ""}`,
  );
}

function headline(facts: readonly AuditFact[], concept: string): AuditFact | undefined {
  return facts.find((fact) => fact.concept === concept && Object.keys(fact.dimensions).length === 0);
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}

/** The members' values add up to the total exactly, as the standard's own assertion demands ($v2 = sum($v1)). */
function breakdown(
  { axis, concepts, excluded_members: excluded }: Extract<Rule["check"], { kind: "breakdown" }>,
  facts: readonly AuditFact[],
): Verdict {
  const broken = facts.filter(
    (fact) =>
      fact.numeric && axis in fact.dimensions && (concepts.length === 0 || concepts.includes(fact.concept)),
  );
  const counted = broken.filter((fact) => !excluded.includes(localName(fact.dimensions[axis] ?? "")));
  if (counted.length === 0) return notApplicable(`no fact is broken down by ${axis}`);
  const groups = Map.groupBy(counted, (fact) =>
    JSON.stringify([fact.concept, ...Object.entries(fact.dimensions).filter(([name]) => name !== axis)]),
  );
  const said: string[] = [];
  for (const group of groups.values()) {
    const first = group[0];
    if (first === undefined) continue;
    const others = Object.fromEntries(Object.entries(first.dimensions).filter(([name]) => name !== axis));
    const whole = facts.find(
      (fact) => fact.concept === first.concept && sameDimensions(fact.dimensions, others),
    );
    if (whole === undefined)
      return notEvaluated(`${first.concept} is broken down but its total is not reported`);
    const unique = [...new Map(group.map((fact) => [fact.dimensions[axis], fact])).values()];
    if (![whole, ...unique].every(({ value }) => isNumber(value)))
      return fail(`${first.concept}: a value is not a number`);
    const sum = unique.reduce((running, { value }) => running.plus(value), new Decimal(0));
    if (!sum.equals(whole.value))
      return fail(
        `${first.concept}: ${unique.length} members add up to ${sum.toFixed()}, the total says ${whole.value}`,
      );
    said.push(`${first.concept}: ${unique.length} members add up to ${whole.value}`);
  }
  return pass(said.join("; "));
}

function sameDimensions(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return (
    Object.keys(a).length === Object.keys(b).length &&
    Object.entries(a).every(([axis, member]) => b[axis] === member)
  );
}

/** Totals are consistent when the intervals that rounding leaves open meet (Calculations 1.1, round to nearest). */
function total(
  { total: name, items }: Extract<Rule["check"], { kind: "total" }>,
  facts: readonly AuditFact[],
): Verdict {
  const whole = headline(facts, name);
  if (whole === undefined) return notApplicable(`${name} is not reported`);
  const parts = items.map(({ concept, weight }) => ({ concept, weight, fact: headline(facts, concept) }));
  const missing = parts.filter(({ fact }) => fact === undefined).map(({ concept }) => concept);
  if (missing.length > 0) return notEvaluated(`not reported: ${missing.join(", ")}`);
  let [sum, slack] = [new Decimal(0), halfUnit(whole)];
  for (const { weight, fact } of parts) {
    if (fact === undefined || !isNumber(fact.value)) return fail(`a part of ${name} is not a number`);
    sum = sum.plus(new Decimal(fact.value).times(weight));
    slack = slack.plus(halfUnit(fact).times(Math.abs(weight)));
  }
  if (!isNumber(whole.value)) return fail(`${name} is not a number`);
  const off = sum.minus(whole.value).abs();
  return off.lessThanOrEqualTo(slack)
    ? pass(`${parts.length} items add up to ${sum.toFixed()}, reported ${whole.value}`)
    : fail(`${parts.length} items add up to ${sum.toFixed()}, reported ${whole.value}`);
}

function halfUnit({ decimals }: AuditFact): Decimal {
  return decimals === undefined ? new Decimal(0) : new Decimal(10).pow(-decimals).dividedBy(2);
}

function ratio(
  { value, numerator, denominator }: Extract<Rule["check"], { kind: "ratio" }>,
  facts: readonly AuditFact[],
): Verdict {
  const [of, over, under] = [
    headline(facts, value),
    headline(facts, numerator),
    headline(facts, denominator),
  ];
  if (of === undefined) return notApplicable(`${value} is not reported`);
  if (over === undefined || under === undefined)
    return notEvaluated(`${numerator} or ${denominator} is not reported`);
  if (![of, over, under].every((fact) => isNumber(fact.value)) || new Decimal(under.value).isZero())
    return fail("a part of the ratio is not a number above zero");
  const expected = new Decimal(over.value)
    .dividedBy(under.value)
    .toDecimalPlaces(of.decimals ?? 12, Decimal.ROUND_HALF_UP);
  return expected.equals(of.value)
    ? pass(`${over.value} / ${under.value} = ${of.value}`)
    : fail(`${over.value} / ${under.value} is ${expected.toFixed()}, reported ${of.value}`);
}

/** Own check: the taxonomy's open tables let any axis and member pass, so each pair is looked up in the closed ones. */
function members({ facts, tables, countries }: AuditSubject): Verdict {
  const dimensional = facts.filter(({ dimensions }) => Object.keys(dimensions).length > 0);
  if (dimensional.length === 0) return notApplicable("no fact is broken down");
  const fits = ({ concept, dimensions }: AuditFact): boolean =>
    tables.some(
      (table) =>
        table.concepts.includes(concept) &&
        table.axes.every(({ axis, default: fallback }) => axis in dimensions || fallback !== "") &&
        Object.entries(dimensions).every(([axis, member]) => {
          const known = table.axes.find((one) => one.axis === axis);
          if (known === undefined) return false;
          if (axis === "CountryAxis") return member.startsWith("country:") && countries.has(member.slice(8));
          return known.members.includes(member);
        }),
    );
  const wrong = dimensional.filter((fact) => !fits(fact));
  return verdict(
    dimensional,
    wrong,
    ({ concept, dimensions }) =>
      `${concept} on ${Object.entries(dimensions)
        .map((pair) => pair.join("="))
        .join(", ")}`,
    "broken-down facts fit a table of the taxonomy",
  );
}

function enumerations({ facts, enumerations: domains, namespace }: AuditSubject): Verdict {
  const sets = facts.filter(({ concept }) => domains.has(concept));
  if (sets.length === 0) return notApplicable("no fact holds a set of members");
  const wrong = sets.filter(({ concept, value }) => {
    const uris = value.split(/\s+/).filter((uri) => uri !== "");
    const allowed = new Set(
      (domains.get(concept) ?? []).map((member) => `${namespace}#${localName(member)}`),
    );
    return (
      uris.length === 0 ||
      new Set(uris).size !== uris.length ||
      uris.some((uri) => !allowed.has(uri)) ||
      uris.join(" ") !== uris.toSorted().join(" ")
    );
  });
  return verdict(
    sets,
    wrong,
    ({ concept }) => `${concept} holds an unknown, repeated or unsorted member`,
    "sets hold known members in order",
  );
}

function period({ facts, periods }: AuditSubject): Verdict {
  const [start, end] = [
    headline(facts, "ReportingPeriodStartDate"),
    headline(facts, "ReportingPeriodEndDate"),
  ];
  if (start === undefined || end === undefined) return notEvaluated("the reporting period is not tagged");
  const stray = periods.filter((one) => one.start !== start.value || one.end !== end.value);
  if (start.value >= end.value) return fail(`${start.value} is not before ${end.value}`);
  return stray.length === 0
    ? pass(`every context covers ${start.value} to ${end.value}`)
    : fail(`${stray.length} contexts cover another period`);
}

function duplicates(facts: readonly AuditFact[]): Verdict {
  if (facts.length === 0) return notEvaluated("no facts");
  const groups = Map.groupBy(facts, ({ concept, unit, dimensions }) =>
    JSON.stringify([concept, unit, Object.entries(dimensions).toSorted()]),
  );
  const torn = [...groups.values()].filter((group) => new Set(group.map(({ value }) => value)).size > 1);
  return verdict(
    [...groups.values()],
    torn,
    (group) => `${group[0]?.concept ?? ""} has ${group.length} different values`,
    "figures say one thing wherever they occur",
  );
}

function sameAsCalculated({ facts, calculated }: AuditSubject): Verdict {
  if (calculated.length === 0) return notEvaluated("nothing was calculated");
  const wrong = calculated.filter(({ concept, axis, member, value }) => {
    const dimensions = axis === "" ? {} : { [axis]: member };
    const fact = facts.find((one) => one.concept === concept && sameDimensions(one.dimensions, dimensions));
    return fact === undefined || !isNumber(fact.value) || !new Decimal(fact.value).equals(value);
  });
  return verdict(
    calculated,
    wrong,
    ({ concept, member, value }) =>
      `${concept}${member === "" ? "" : ` (${member})`} was calculated as ${value}`,
    "calculated figures stand in the report unchanged",
  );
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
