import { Decimal } from "decimal.js";
import { aspects, factsOf, isNumber, memberOn, named, saidOf } from "#rules/compliance-facts.ts";
import {
  type CheckOf,
  fail,
  notApplicable,
  notEvaluated,
  type Verdict,
  verdict,
} from "#rules/compliance-rule.ts";
import type { AuditSubject } from "#rules/compliance-subject.ts";
import { type Fact, placeOf } from "#rules/fact.ts";

const numeric = ({ index }: AuditSubject, concept: string): readonly Fact[] =>
  saidOf(index, concept).filter(({ value }) => isNumber(value));
const place = (fact: Fact): string => aspects({ ...fact, unit: "" }, { concept: true });
const amount = (fact: Fact): Decimal => new Decimal(fact.value ?? 0);

/** The sum of facts of one place, one per concept; undefined when one of the concepts is not there. */
function sumAt(subject: AuditSubject, concepts: readonly string[], at: string): Decimal | undefined {
  let sum = new Decimal(0);
  for (const concept of concepts) {
    const fact = numeric(subject, concept).find((one) => place(one) === at);
    if (fact === undefined) return undefined;
    sum = sum.plus(amount(fact));
  }
  return sum;
}

/** What a share is taken of: the sum in the same place, or else of what is not broken down, for the same period. */
function wholeFor(subject: AuditSubject, concepts: readonly string[], fact: Fact): Decimal | undefined {
  return (
    sumAt(subject, concepts, place(fact)) ??
    sumAt(subject, concepts, place({ ...fact, dimensions: {}, typed: {} }))
  );
}

/** Half of the last digit that a figure is stated to. */
const slack = ({ decimals }: Fact): Decimal =>
  decimals === undefined ? new Decimal(0) : new Decimal(10).pow(-decimals).dividedBy(2);

/** A reported ratio equals its reported parts, rounded to its own decimals. */
export function ratio({ value, of, over, times }: CheckOf<"ratio">, subject: AuditSubject): Verdict {
  const ratios = numeric(subject, value);
  if (ratios.length === 0) return notApplicable(`${value} is not stated`);
  const held: { fact: Fact; should: Decimal }[] = [];
  for (const fact of ratios) {
    const [top, under] = [sumAt(subject, of, place(fact)), wholeFor(subject, over, fact)];
    if (top === undefined || under === undefined || under.isZero()) continue;
    held.push({ fact, should: top.dividedBy(under).times(times) });
  }
  if (held.length === 0)
    return notEvaluated(`${value} is stated without ${[...of, ...over].join(" or ")} beside it`);
  return verdict(
    held,
    held.filter(({ fact, should }) => amount(fact).minus(should).abs().greaterThan(slack(fact))),
    ({ fact, should }) =>
      `${named(fact)} is ${fact.value ?? ""}, its parts give ${should.toSignificantDigits(8).toFixed()}`,
    "follow from their parts",
  );
}

/** A part is not more than its whole. */
export function part({ part: lesser, whole }: CheckOf<"part">, subject: AuditSubject): Verdict {
  const pairs = numeric(subject, lesser).flatMap((fact) => {
    const limit = sumAt(subject, [whole], place(fact));
    return limit === undefined ? [] : [{ fact, limit }];
  });
  if (pairs.length === 0) return notApplicable(`${lesser} and ${whole} are not stated together`);
  return verdict(
    pairs,
    pairs.filter(({ fact, limit }) => amount(fact).greaterThan(limit)),
    ({ fact, limit }) => `${named(fact)} is ${fact.value ?? ""}, more than ${whole}, ${limit.toFixed()}`,
    "lie within their whole",
  );
}

/** Shares of one whole are not more than one together. */
export function shares({ concepts, whole }: CheckOf<"shares">, subject: AuditSubject): Verdict {
  const groups = [
    ...Map.groupBy(
      concepts.flatMap((concept) => numeric(subject, concept)),
      place,
    ).values(),
  ]
    .map((facts) => [...new Map(facts.map((fact) => [fact.concept, fact])).values()])
    .filter((facts) => (whole ? facts.length === concepts.length : facts.length > 1));
  if (groups.length === 0) return notApplicable("the shares are not stated together");
  const sum = (facts: readonly Fact[]): Decimal =>
    facts.reduce((running, fact) => running.plus(amount(fact)), new Decimal(0));
  const loose = (facts: readonly Fact[]): Decimal =>
    facts.reduce((running, fact) => running.plus(slack(fact)), new Decimal(0));
  return verdict(
    groups,
    groups.filter((facts) => {
      const over = sum(facts).minus(1);
      return (whole ? over.abs() : over).greaterThan(loose(facts));
    }),
    (facts) => `${facts.map(({ concept }) => concept).join(" + ")} is ${sum(facts).toFixed()}`,
    whole ? "add up to one" : "are not more than one",
  );
}

/** A total is the sum of others, within what rounding leaves open. */
export function addsUp({ total, parts }: CheckOf<"adds-up">, subject: AuditSubject): Verdict {
  const held = numeric(subject, total).flatMap((fact) => {
    const sum = sumAt(subject, parts, place(fact));
    return sum === undefined ? [] : [{ fact, sum }];
  });
  if (held.length === 0) return notApplicable(`${total} and its parts are not all stated`);
  return verdict(
    held,
    held.filter(({ fact, sum }) =>
      amount(fact)
        .minus(sum)
        .abs()
        .greaterThan(slack(fact).times(parts.length + 1)),
    ),
    ({ fact, sum }) => `${named(fact)} is ${fact.value ?? ""}, its parts add up to ${sum.toFixed()}`,
    "are the sum of their parts",
  );
}

const additive = new Set(["ghgEmissions", "energy", "volume", "mass", "area", "monetary", "integer"]);
/** Whether amounts of a concept may be added up over an axis; head counts may be given in full-time equivalents. */
const addable = (concept: string, { concepts }: AuditSubject): boolean =>
  additive.has(concepts.get(concept)?.type ?? "") || concept.startsWith("NumberOfEmployees");

/** What stands on an axis's members is, added up, not more than the whole that is stated beside it. */
export function axisWithin({ axis }: CheckOf<"axis">, subject: AuditSubject): Verdict {
  const { index } = subject;
  const broken = index.facts.filter(
    (fact) =>
      axis in fact.dimensions &&
      isNumber(fact.value) &&
      !fact.value.startsWith("-") &&
      addable(fact.concept, subject),
  );
  if (broken.length === 0) return notApplicable(`no amount is broken down by ${axis}`);
  const key = (fact: Fact): string => aspects(fact, { axis });
  const held = [...Map.groupBy(broken, key)].flatMap(([at, facts]) => {
    const whole = factsOf(index, facts[0]?.concept ?? "").find(
      (fact) => !(axis in fact.dimensions) && isNumber(fact.value) && key(fact) === at,
    );
    const members = [...new Map(facts.map((fact) => [memberOn(index, fact, axis), fact])).values()];
    return whole === undefined ? [] : [{ whole, members }];
  });
  if (held.length === 0) return notEvaluated(`no whole is stated beside what is broken down by ${axis}`);
  const sum = (facts: readonly Fact[]): Decimal =>
    facts.reduce((running, fact) => running.plus(amount(fact)), new Decimal(0));
  return verdict(
    held,
    held.filter(({ whole, members }) =>
      sum(members)
        .minus(amount(whole))
        .greaterThan(slack(whole).times(members.length + 1)),
    ),
    ({ whole, members }) =>
      `${named(whole)} is ${whole.value ?? ""}, its ${members.length} members add up to ${sum(members).toFixed()}`,
    "wholes are not less than their members",
  );
}

/** Facts of a type are in its one unit. */
export function unit({ type, unit: wanted }: CheckOf<"unit">, subject: AuditSubject): Verdict {
  const of = subject.index.facts.filter(
    ({ concept, value }) => value !== undefined && subject.concepts.get(concept)?.type === type,
  );
  if (of.length === 0) return notApplicable(`no fact of type ${type}`);
  const pattern = new RegExp(`^${wanted.replace("/", "\\/").replace("iso4217", "iso4217:[A-Z]{3}")}$`);
  return verdict(
    of,
    of.filter((fact) => !pattern.test(fact.unit)),
    (fact) => `${named(fact)} is in ${fact.unit || "no unit"}`,
    `facts are in ${wanted}`,
  );
}

/** Figures lie between bounds. */
export function range(check: CheckOf<"range">, subject: AuditSubject): Verdict {
  const concerned = new Set(check.concepts);
  const of = subject.index.facts.filter(
    ({ concept, value }) =>
      isNumber(value) &&
      !check.except.includes(concept) &&
      (concerned.has(concept) ||
        (check.type !== undefined && subject.concepts.get(concept)?.type === check.type)),
  );
  if (of.length === 0) return notApplicable("no such figure is stated");
  const { least, most } = check;
  return verdict(
    of,
    of.filter(
      (fact) =>
        (least !== undefined && amount(fact).lessThan(least)) ||
        (most !== undefined && amount(fact).greaterThan(most)),
    ),
    (fact) => `${named(fact)} is ${fact.value ?? ""}`,
    `figures lie between ${least ?? "-∞"} and ${most ?? "∞"}`,
  );
}

const forms: Readonly<Record<string, RegExp>> = {
  boolean: /^(true|false)$/,
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  gYear: /^\d{4}$/,
  integer: /^-?\d+$/,
  number: /^-?\d+(\.\d+)?$/,
  text: /\S/,
};

/** Facts of a type are written as it demands. */
export function written({ type }: CheckOf<"written">, subject: AuditSubject): Verdict {
  const form = forms[type] ?? forms["number"] ?? /./;
  const texts = ["textBlock", "string"];
  const of = subject.index.facts.filter(({ concept, value }) => {
    const known = subject.concepts.get(concept)?.type ?? "";
    return value !== undefined && (type === "text" ? texts.includes(known) : known === type);
  });
  if (of.length === 0) return notApplicable(`no fact of type ${type}`);
  return verdict(
    of,
    of.filter(({ value }) => !form.test((value ?? "").replaceAll(type === "text" ? /<[^>]*>/g : /^$/g, ""))),
    (fact) => `${named(fact)} is ${JSON.stringify((fact.value ?? "").slice(0, 40))}`,
    "facts are written as their type demands",
  );
}

/** A figure says the same wherever it occurs. */
export function duplicates(subject: AuditSubject): Verdict {
  const groups = [...Map.groupBy(subject.index.facts, placeOf).values()];
  if (groups.length === 0) return notEvaluated("no facts");
  const torn = groups.filter((facts) => {
    const [first] = facts;
    if (first === undefined || facts.length === 1) return false;
    if (facts.every(({ value }) => isNumber(value))) {
      const least = Decimal.max(...facts.map((fact) => amount(fact).minus(slack(fact))));
      const most = Decimal.min(...facts.map((fact) => amount(fact).plus(slack(fact))));
      return least.greaterThan(most);
    }
    return facts.some(({ value }) => value !== first.value);
  });
  return torn.length === 0
    ? verdict(groups, torn, () => "", "places say one thing wherever they occur")
    : fail(
        `${torn.length} of ${groups.length} say different things: ${torn
          .slice(0, 3)
          .map((facts) => (facts[0] === undefined ? "" : named(facts[0])))
          .join("; ")}`,
      );
}
