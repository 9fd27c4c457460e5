import type { Existence, Sum, ValueTest } from "#rules/compliance-assertion.ts";
import type { Fact, FactPeriod } from "#rules/fact.ts";

/** What a case is built from. */
export type Known = {
  readonly concepts: ReadonlyMap<
    string,
    { readonly type: string; readonly unit: string; readonly period: string }
  >;
  readonly defaults: ReadonlyMap<string, string>;
};

/** Facts under which an assertion holds and facts under which it does not; `never` where the taxonomy gives it nothing to bind to. */
export type Cases =
  | { readonly holds: readonly Fact[]; readonly breaks: readonly Fact[] }
  | { readonly never: string };

const share = new Set(["percent"]);
const texts: Readonly<Record<string, string>> = {
  textBlock: "<p>Said.</p>",
  string: "said",
  boolean: "true",
  date: "2024-12-31",
  gYear: "2030",
  linkIdentifiers: "A",
};

/** A fact of a concept in a year of its own, so that cases do not touch each other. */
export function factOf(
  known: Known,
  concept: string,
  year: number,
  value: string,
  dimensions: Readonly<Record<string, string>> = {},
  typed: Readonly<Record<string, string>> = {},
): Fact {
  const { type, unit, period } = known.concepts.get(concept) ?? {
    type: "string",
    unit: "",
    period: "duration",
  };
  const when: FactPeriod =
    period === "instant" ? { instant: `${year}-12-31` } : { start: `${year}-01-01`, end: `${year}-12-31` };
  return {
    concept,
    value: texts[type] === undefined || unit !== "" ? value : (texts[type] ?? value),
    unit: unit.replace(/iso4217$/, "iso4217:EUR"),
    decimals: unit === "" ? undefined : share.has(type) ? 4 : 0,
    period: when,
    dimensions,
    typed,
  };
}

const can = (known: Known, concept: string): boolean => known.concepts.has(concept);
const amount = (known: Known, concept: string, whole: number): string =>
  share.has(known.concepts.get(concept)?.type ?? "") ? String(whole / 10) : String(whole);
const on = (known: Known, axis: string, member: string): Record<string, string> =>
  known.defaults.get(axis) === member ? {} : { [axis]: member };

/** Cases for one value assertion. */
export function casesOf(test: ValueTest, known: Known, year: number): Cases {
  switch (test.kind) {
    case "breakdown": {
      const concept = test.concepts.find((one) => can(known, one));
      if (concept === undefined) return { never: "its concepts are not in the taxonomy" };
      const [parent, kids] =
        Object.entries(test.children).find(
          ([, list]) => list.filter((kid) => !test.without_members.includes(kid)).length > 1,
        ) ?? [];
      if (parent === undefined || kids === undefined) return { never: "its network has no members" };
      const [first = "", second = ""] = kids.filter((kid) => !test.without_members.includes(kid));
      const fact = (member: string, whole: number): Fact =>
        factOf(known, concept, year, amount(known, concept, whole), on(known, test.axis, member));
      const [all, wrong] = test.sum === "one" ? [10, 9] : [5, 6];
      return test.sum === "one"
        ? {
            holds: [fact(parent, all), fact(first, 4), fact(second, 6)],
            breaks: [fact(parent, all), fact(first, 4), fact(second, wrong - 4)],
          }
        : {
            holds: [fact(parent, all), fact(first, 2), fact(second, 3)],
            breaks: [fact(parent, wrong), fact(first, 2), fact(second, 3)],
          };
    }
    case "member-sum": {
      const [concept = ""] = test.concepts;
      const parts = test.parts.map((member, at) =>
        factOf(known, concept, year, amount(known, concept, at + 1), on(known, test.axis, member)),
      );
      const sum = (test.parts.length * (test.parts.length + 1)) / 2;
      const total = (whole: number): Fact =>
        factOf(known, concept, year, amount(known, concept, whole), on(known, test.axis, test.total));
      return { holds: [total(sum), ...parts], breaks: [total(sum + 1), ...parts] };
    }
    case "member-order": {
      const [concept = ""] = test.concepts;
      const fact = (member: string, whole: number): Fact =>
        factOf(known, concept, year, amount(known, concept, whole), on(known, test.axis, member));
      return {
        holds: [fact(test.smaller, 2), fact(test.greater, 3)],
        breaks: [fact(test.smaller, 3), fact(test.greater, 3)],
      };
    }
    case "concept-sum": {
      const parts = test.parts.map((concept, at) =>
        factOf(known, concept, year, amount(known, concept, at + 1)),
      );
      if (test.total === undefined) {
        const shares = (last: string): readonly Fact[] =>
          ["0.2", "0.3", last].map((value, at) => factOf(known, test.parts[at] ?? "", year, value));
        return { holds: shares("0.5"), breaks: shares("0.4") };
      }
      const sum = (test.parts.length * (test.parts.length + 1)) / 2;
      return {
        holds: [factOf(known, test.total, year, String(sum)), ...parts],
        breaks: [factOf(known, test.total, year, String(sum + 1)), ...parts],
      };
    }
    case "not-negative": {
      const concept = test.concepts.find((one) => can(known, one)) ?? "";
      return { holds: [factOf(known, concept, year, "0")], breaks: [factOf(known, concept, year, "-1")] };
    }
    case "unit": {
      const concept = [...known.concepts].find(([, { type }]) => type === test.type)?.[0] ?? "";
      const fact = factOf(known, concept, year, "1");
      const other =
        { "utr:MWh": "utr:GJ", "utr:m3": "utr:l", "utr:tCO2e": "utr:t" }[test.unit] ?? "xbrli:pure";
      return { holds: [fact], breaks: [{ ...fact, unit: other }] };
    }
    case "identifiers": {
      const list = { ...factOf(known, test.concept, year, "A,B"), value: "A,B" };
      const used = (id: string): Fact => factOf(known, "NameOfTarget", year, "said", {}, { [test.axis]: id });
      return { holds: [list, used("A"), used("B")], breaks: [list, used("A")] };
    }
  }
}

/** Facts that answer an existence assertion. */
export function answering(assertion: Existence, known: Known, year: number): readonly Fact[] {
  return assertion.concepts.map((concept) => factOf(known, concept, year, "1"));
}

/** Cases for one sum of the calculation linkbase. */
export function sumCases(
  { total, items }: Sum,
  known: Known,
  year: number,
): Exclude<Cases, { never: string }> {
  const parts = items.map(({ concept }, at) => factOf(known, concept, year, String((at + 1) * 10)));
  const sum = (items.length * (items.length + 1) * 10) / 2;
  return {
    holds: [factOf(known, total, year, String(sum)), ...parts],
    breaks: [factOf(known, total, year, String(sum + 10)), ...parts],
  };
}
