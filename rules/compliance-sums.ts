import { Decimal } from "decimal.js";
import type { Sum } from "#rules/compliance-assertion.ts";
import type { AssertionVerdict } from "#rules/compliance-assertions.ts";
import { aspects, type FactIndex, isNumber, named, saidOf } from "#rules/compliance-facts.ts";
import type { Fact } from "#rules/fact.ts";

type Interval = { readonly least: Decimal; readonly most: Decimal };

/**
 * Holds a sum against the facts (Calculations 1.1, round to nearest): per period, breakdown and unit the intervals that rounding leaves open must meet.
 * An item that is not reported counts for nothing; a total without a single item is not looked at.
 */
export function sum({ total, items }: Sum, index: FactIndex): AssertionVerdict {
  const place = (fact: Fact): string => aspects(fact, { concept: true });
  const numbers = (concept: string): Map<string, Fact[]> =>
    Map.groupBy(
      saidOf(index, concept).filter(({ value }) => isNumber(value)),
      place,
    );
  const parts = items.map(({ concept, weight }) => ({ weight, facts: numbers(concept) }));
  const broken: string[] = [];
  let evaluations = 0;
  for (const [at, wholes] of numbers(total)) {
    const found = parts.flatMap(({ weight, facts }) => {
      const on = facts.get(at);
      return on === undefined ? [] : [{ weight, interval: intervalOf(on) }];
    });
    const whole = intervalOf(wholes);
    const [first] = wholes;
    if (found.length === 0 || whole === undefined || first === undefined) continue;
    let [least, most] = [new Decimal(0), new Decimal(0)];
    let contradicts = false;
    for (const { weight, interval } of found) {
      if (interval === undefined) contradicts = true;
      else {
        const ends = [interval.least.times(weight), interval.most.times(weight)];
        least = least.plus(Decimal.min(...ends));
        most = most.plus(Decimal.max(...ends));
      }
    }
    if (contradicts) continue;
    evaluations += 1;
    if (least.greaterThan(whole.most) || most.lessThan(whole.least))
      broken.push(
        `${named(first)} is ${first.value ?? ""}, ${found.length} of ${items.length} items add up to ${least.plus(most).dividedBy(2).toFixed()}`,
      );
  }
  if (evaluations === 0)
    return {
      verdict: "not evaluated",
      evaluations,
      evidence: `${total} is not reported together with its items`,
    };
  return broken.length === 0
    ? { verdict: "satisfied", evaluations, evidence: `adds up in ${evaluations} of ${evaluations} places` }
    : {
        verdict: "not satisfied",
        evaluations,
        evidence: `${broken.length} of ${evaluations}: ${broken.slice(0, 3).join("; ")}`,
      };
}

/** What the occurrences of one figure leave open together; undefined where they contradict each other. */
function intervalOf(facts: readonly Fact[]): Interval | undefined {
  let found: Interval | undefined;
  for (const { value, decimals } of facts) {
    const amount = new Decimal(value ?? 0);
    const half = decimals === undefined ? new Decimal(0) : new Decimal(10).pow(-decimals).dividedBy(2);
    const [least, most] = [amount.minus(half), amount.plus(half)];
    found =
      found === undefined
        ? { least, most }
        : { least: Decimal.max(found.least, least), most: Decimal.min(found.most, most) };
  }
  return found === undefined || found.least.greaterThan(found.most) ? undefined : found;
}
