import { describe, expect, test } from "vitest";
import { judgeTopics, type MaterialityEvidence, naceSection } from "#rules/materiality.ts";

const quiet: MaterialityEvidence = {
  nace: "J62.01",
  employees: 40,
  listed: false,
  scope1Records: 0,
  scope3Categories: 1,
  underEmissionTrading: false,
  given: {},
  thresholds: {},
};
const of = (standard: string, evidence: MaterialityEvidence) => {
  const found = judgeTopics(evidence).find((one) => one.standard === standard);
  if (found === undefined) throw new Error(`no ${standard}`);
  return found;
};
const material = (evidence: MaterialityEvidence): readonly string[] =>
  judgeTopics(evidence)
    .filter((one) => one.material)
    .map(({ standard }) => standard);

describe("climate change", () => {
  test.for([
    ["a manufacturer", { nace: "C25.6" }, true, 6],
    ["a manufacturer whose code has no letter", { nace: "25.6" }, true, 6],
    ["a software house", {}, false, 2],
    ["a software house of four thousand that burns fuel", { employees: 4000, scope1Records: 2 }, true, 5],
    [
      "an undertaking under emission trading",
      { nace: "", scope1Records: 3, underEmissionTrading: true },
      true,
      4,
    ],
  ] as const)("of %s", ([, more, isMaterial, impact]) => {
    const judgement = of("E1", { ...quiet, ...more });

    expect(judgement.material).toBe(isMaterial);
    expect(judgement.impact.score).toBe(impact);
    expect(judgement.impact.reasons.length).toBeGreaterThan(0);
  });

  test("left out always calls for the detailed explanation", () => {
    expect(of("E1", quiet).citations.join()).toContain("paragraph 32");
    expect(of("E1", { ...quiet, nace: "C10" }).citations.join()).not.toContain("paragraph 32");
  });
});

describe("the ten topics", () => {
  test("are all judged, each with its passages", () => {
    const judgements = judgeTopics(quiet);

    expect(judgements.map(({ standard }) => standard)).toEqual([
      "E1",
      "E2",
      "E3",
      "E4",
      "E5",
      "S1",
      "S2",
      "S3",
      "S4",
      "G1",
    ]);
    for (const { standard, citations } of judgements)
      expect(citations.some((one) => one.startsWith(`ESRS ${standard} paragraph`))).toBe(true);
  });

  test.for([
    ["a small software house", {}, ["S4"]],
    [
      "a mine of two thousand",
      { nace: "B07.1", employees: 2000 },
      ["E1", "E2", "E3", "E4", "S1", "S3", "G1"],
    ],
    [
      "a food maker of three hundred",
      { nace: "C10.5", employees: 300 },
      ["E1", "E3", "E4", "E5", "S1", "S4"],
    ],
    ["a shop of five thousand", { nace: "G47.1", employees: 5000 }, ["E1", "E5", "S1", "S2", "S4", "G1"]],
  ] as const)("of %s", ([, more, expected]) => {
    expect(material({ ...quiet, ...more })).toEqual(expected);
  });

  test("come closer to material by what the company itself measures", () => {
    const [without, measured] = [of("E3", quiet), of("E3", { ...quiet, given: { E3: 4 } })];

    expect(measured.impact.score - without.impact.score).toBe(2);
    expect(measured.impact.reasons.at(-1)).toContain("4 of its datapoints");
  });

  test("are held against the thresholds that were set", () => {
    expect(material({ ...quiet, thresholds: { impact: 0 } })).toHaveLength(10);
    expect(material({ ...quiet, nace: "C10", thresholds: { impact: 10, financial: 10 } })).toEqual([]);
  });

  test("score between 0 and 10, whatever is known", () => {
    const everything = judgeTopics({
      nace: "B07",
      employees: 100_000,
      listed: true,
      scope1Records: 9,
      scope3Categories: 15,
      underEmissionTrading: true,
      given: Object.fromEntries(judgeTopics(quiet).map(({ standard }) => [standard, 9])),
      thresholds: {},
    });

    expect(everything.every(({ impact, financial }) => impact.score <= 10 && financial.score <= 10)).toBe(
      true,
    );
  });
});

test.for([
  ["C25.6", "C"],
  ["01.1", "A"],
  ["69.20", "M"],
  ["96", "S"],
  ["", ""],
  ["unknown", ""],
  ["99", "U"],
  ["Z9", ""],
])("NACE code %s is in section %s", ([code = "", section]) => {
  expect(naceSection(code)).toBe(section);
});
