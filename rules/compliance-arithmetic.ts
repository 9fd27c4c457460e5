import { Decimal } from "decimal.js";
import { headline, isNumber, localName, sameDimensions } from "#rules/compliance-facts.ts";
import {
  type AuditFact,
  type CheckOf,
  fail,
  notApplicable,
  notEvaluated,
  pass,
  type Verdict,
} from "#rules/compliance-rule.ts";

/** The members' values add up to the total exactly, as the standard's own assertion demands ($v2 = sum($v1)). */
export function breakdown(
  { axis, concepts, excluded_members: excluded }: CheckOf<"breakdown">,
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

/** Totals are consistent when the intervals that rounding leaves open meet (Calculations 1.1, round to nearest). */
export function total({ total: name, items }: CheckOf<"total">, facts: readonly AuditFact[]): Verdict {
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

/** A reported ratio equals its reported parts, rounded to its own decimals. */
export function ratio(
  { value, numerator, denominator }: CheckOf<"ratio">,
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
