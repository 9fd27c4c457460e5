import type { Existence, ValueTest } from "#rules/compliance-assertion.ts";
import {
  aspects,
  Exact,
  type FactIndex,
  factsOf,
  isNumber,
  localName,
  memberOn,
  named,
  saidOf,
} from "#rules/compliance-facts.ts";
import type { Fact } from "#rules/fact.ts";

/** What the taxonomy's own assertion says of a report, as any processor of its formulas must find; `evaluations` is how often it was held against facts. */
export type AssertionVerdict = {
  readonly verdict: "satisfied" | "not satisfied" | "not evaluated";
  readonly evaluations: number;
  readonly evidence: string;
};

/** Whether the concept asked for, or one of its alternatives, is there; before its day a phased-in assertion is satisfied whatever is reported. */
export function existence(assertion: Existence, index: FactIndex): AssertionVerdict {
  const { concepts, nils, from } = assertion;
  const found = concepts.flatMap((concept) => (nils ? factsOf(index, concept) : saidOf(index, concept)));
  if (found.length > 0)
    return {
      verdict: "satisfied",
      evaluations: 1,
      evidence: `${found.length} ${found.length === 1 ? "fact" : "facts"} tagged`,
    };
  const ends = factsOf(index, "ReportingPeriodEndDate");
  if (from !== undefined && !ends.some(({ value }) => value !== undefined && value >= from))
    return {
      verdict: "satisfied",
      evaluations: 1,
      evidence: `asked for in periods that end on ${from} or later`,
    };
  return { verdict: "not satisfied", evaluations: 1, evidence: "no fact carries the tag" };
}

/** Holds the facts against one of the taxonomy's value assertions. Facts bind when they agree in everything that the test leaves open; arithmetic is exact. */
export function valueTest(test: ValueTest, index: FactIndex): AssertionVerdict {
  const tally = new Tally();
  switch (test.kind) {
    case "breakdown":
      breakdown(test, index, tally);
      break;
    case "member-sum":
    case "member-order":
      members(test, index, tally);
      break;
    case "concept-sum":
      conceptSum(test, index, tally);
      break;
    case "not-negative": {
      const concepts = new Set(test.concepts);
      const types = new Set(test.types);
      for (const fact of index.facts)
        if (
          isNumber(fact.value) &&
          (concepts.has(fact.concept) || types.has(index.types.get(fact.concept) ?? ""))
        )
          tally.judge(
            !fact.value.startsWith("-") || Number(fact.value) === 0,
            () => `${named(fact)} is ${fact.value ?? ""}`,
          );
      break;
    }
    case "unit":
      for (const fact of index.facts)
        if (fact.value !== undefined && index.types.get(fact.concept) === test.type)
          tally.judge(fact.unit === test.unit, () => `${named(fact)} is in ${fact.unit}`);
      break;
    case "identifiers": {
      const known = new Set(index.facts.flatMap(({ typed }) => typed[test.axis] ?? []));
      for (const fact of saidOf(index, test.concept)) {
        const unknown = (fact.value ?? "").split(",").filter((id) => id !== "" && !known.has(id));
        tally.judge(unknown.length === 0, () => `no fact is on ${test.axis} with ${unknown.join(", ")}`);
      }
      break;
    }
  }
  return tally.verdict();
}

type Of<Kind extends ValueTest["kind"]> = Extract<ValueTest, { kind: Kind }>;

function numbersOf(concepts: readonly string[], index: FactIndex): readonly Fact[] {
  return concepts.flatMap((concept) => saidOf(index, concept)).filter(({ value }) => isNumber(value));
}

function breakdown(test: Of<"breakdown">, index: FactIndex, tally: Tally): void {
  const facts = numbersOf(test.concepts, index).filter(
    (fact) => !test.without_members.includes(memberOn(index, fact, test.axis) ?? ""),
  );
  for (const group of Map.groupBy(facts, (fact) => aspects(fact, { axis: test.axis })).values()) {
    const byMember = Map.groupBy(group, (fact) => memberOn(index, fact, test.axis) ?? "");
    for (const [parent, wholes] of byMember) {
      const parts = (test.children[parent] ?? []).flatMap((child) => {
        const on = byMember.get(child);
        return on === undefined ? [] : [values(on)];
      });
      if (parts.length === 0) continue;
      for (const whole of values(wholes))
        for (const sum of sums(parts))
          tally.judge(
            test.sum === "one" ? sum.equals(1) : sum.equals(whole),
            () =>
              `${wholes[0]?.concept ?? ""}: ${parts.length} members of ${localName(parent)} add up to ${sum.toFixed()}, ${test.sum === "one" ? "not to 1" : `the total says ${whole.toFixed()}`}`,
          );
    }
  }
}

function members(test: Of<"member-sum"> | Of<"member-order">, index: FactIndex, tally: Tally): void {
  const facts = numbersOf(test.concepts, index);
  for (const group of Map.groupBy(facts, (fact) => aspects(fact, { axis: test.axis })).values()) {
    const on = (member: string): readonly Amount[] =>
      values(group.filter((fact) => memberOn(index, fact, test.axis) === member));
    const concept = group[0]?.concept ?? "";
    if (test.kind === "member-order") {
      for (const smaller of on(test.smaller))
        for (const greater of on(test.greater))
          tally.judge(
            smaller.lessThan(greater),
            () =>
              `${concept}: ${localName(test.smaller)} is ${smaller.toFixed()}, ${localName(test.greater)} ${greater.toFixed()}`,
          );
      continue;
    }
    const parts = test.parts.map(on);
    if (parts.some((part) => part.length === 0)) continue;
    for (const total of on(test.total))
      for (const sum of sums(parts))
        tally.judge(
          sum.equals(total),
          () =>
            `${concept}: the parts add up to ${sum.toFixed()}, ${localName(test.total)} says ${total.toFixed()}`,
        );
  }
}

function conceptSum(test: Of<"concept-sum">, index: FactIndex, tally: Tally): void {
  const all = test.total === undefined ? test.parts : [test.total, ...test.parts];
  const groups = Map.groupBy(numbersOf(all, index), (fact) => aspects(fact, { concept: true }));
  for (const group of groups.values()) {
    const of = (concept: string): readonly Amount[] =>
      values(group.filter((fact) => fact.concept === concept));
    const parts = test.parts.map(of);
    if (test.total === undefined) {
      for (const sum of sums(parts.filter((part) => part.length > 0)))
        tally.judge(sum.equals(1), () => `${test.parts.join(" + ")} is ${sum.toFixed()}, not 1`);
      continue;
    }
    if (parts.some((part) => part.length === 0)) continue;
    for (const total of of(test.total))
      for (const sum of sums(parts))
        tally.judge(
          sum.equals(total),
          () => `${test.total ?? ""} is ${total.toFixed()}, its parts add up to ${sum.toFixed()}`,
        );
  }
}

type Amount = InstanceType<typeof Exact>;

/** Distinct values of facts of one place; more than one where occurrences contradict each other. */
function values(facts: readonly Fact[]): readonly Amount[] {
  const found: Amount[] = [];
  for (const { value } of facts) {
    const amount = new Exact(value ?? 0);
    if (!found.some((one) => one.equals(amount))) found.push(amount);
  }
  return found;
}

/** Every sum of one value from each part. Parts that contradict themselves multiply, so at most 64 sums are looked at; two already tell that it cannot hold. */
function sums(parts: readonly (readonly Amount[])[]): readonly Amount[] {
  let found: readonly Amount[] = [new Exact(0)];
  for (const part of parts)
    found = found.flatMap((sum) => part.map((amount) => sum.plus(amount))).slice(0, 64);
  return found;
}

/** Counts evaluations and keeps the first three that do not hold. */
class Tally {
  #held = 0;
  #broken = 0;
  readonly #said: string[] = [];

  judge(holds: boolean, say: () => string): void {
    if (holds) {
      this.#held += 1;
      return;
    }
    this.#broken += 1;
    if (this.#said.length < 3) this.#said.push(say());
  }

  verdict(): AssertionVerdict {
    const evaluations = this.#held + this.#broken;
    if (evaluations === 0)
      return { verdict: "not evaluated", evaluations, evidence: "no facts that it could be held against" };
    if (this.#broken === 0)
      return { verdict: "satisfied", evaluations, evidence: `holds for ${evaluations} of ${evaluations}` };
    return {
      verdict: "not satisfied",
      evaluations,
      evidence: `${this.#broken} of ${evaluations}: ${this.#said.join("; ")}${this.#broken > this.#said.length ? "; …" : ""}`,
    };
  }
}
