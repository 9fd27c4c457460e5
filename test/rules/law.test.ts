import { describe, expect, test } from "vitest";
import { loadRuleBook } from "#platform/agents/audit-steps/load-rules.ts";
import { mustReport, phasedIn, profileFor, type Undertaking } from "#rules/law.ts";

const { law } = await loadRuleBook();
const large: Undertaking = {
  employees: 1240,
  netTurnoverEur: 500_000_000,
  listed: true,
  firstYear: 2024,
  periodStart: "2025-01-01",
  periodEnd: "2025-12-31",
};
const profile = (id: string) => {
  const found = profileFor(law, "", id);
  if (found === undefined) throw new Error(`no profile ${id}`);
  return found;
};
const until = (
  id: string,
  phaseIns: readonly string[],
  standard: string,
  undertaking: Partial<Undertaking>,
) =>
  phasedIn(
    phaseIns,
    standard,
    { profile: profile(id), wholeStandards: law.up_to_750_employees },
    { ...large, ...undertaking },
  );

describe("the state of the law", () => {
  test.for([
    ["2024-01-01", "set-1-2023"],
    ["2025-01-01", "quick-fix-2025"],
    ["2026-07-01", "quick-fix-2025"],
    ["2027-01-01", "omnibus-2026"],
    ["2031-01-01", "omnibus-2026"],
  ])("of a period that begins on %s is %s", ([start = "", id]) => {
    expect(profileFor(law, start, undefined)?.id).toBe(id);
  });

  test("may be named, also where no period is judged by it of itself", () => {
    expect(profileFor(law, "2024-01-01", "revised-esrs-2026")?.judges_set_1).toBe(false);
    expect(profileFor(law, "2024-01-01", "basel-4")).toBeUndefined();
    expect(profileFor(law, "2019-01-01", undefined)).toBeUndefined();
  });

  test("names its act, its date and its source, and says that tagging is not in force", () => {
    expect(law.profiles.map(({ act, published }) => [act, published])).toEqual([
      ["Delegated Regulation (EU) 2023/2772", "2023-12-22"],
      ["Delegated Regulation (EU) 2025/1416", "2025-11-10"],
      ["Directive (EU) 2026/470", "2026-02-26"],
      ["delegated act presented on 2026-07-03", "2026-07-03"],
    ]);
    expect(law.profiles.every(({ source }) => source !== "")).toBe(true);
    expect(law.tagging.in_force).toBe(false);
  });
});

describe("who must report", () => {
  test.for([
    ["a listed undertaking of 1,240 under Set 1", "set-1-2023", {}, true],
    ["one of 400", "set-1-2023", { employees: 400 }, false],
    ["one that is not listed", "set-1-2023", { listed: false }, false],
    [
      "1,240 employees and EUR 500 million under the Omnibus",
      "omnibus-2026",
      { periodStart: "2027-01-01" },
      true,
    ],
    [
      "1,000 employees, which is not more",
      "omnibus-2026",
      { periodStart: "2027-01-01", employees: 1000 },
      false,
    ],
    [
      "EUR 450 million, which is not more",
      "omnibus-2026",
      { periodStart: "2027-01-01", netTurnoverEur: 450_000_000 },
      false,
    ],
  ] as const)("%s", ([, id, more, must]) => {
    expect(mustReport(profile(id), { ...large, ...more })).toMatchObject({ must });
  });

  test("is not known where what decides is not known, unless something else decides", () => {
    expect(mustReport(profile("set-1-2023"), { ...large, listed: undefined })).toEqual({ unknown: "listed" });
    expect(mustReport(profile("set-1-2023"), { ...large, listed: undefined, employees: 10 })).toMatchObject({
      must: false,
    });
  });
});

describe("a phase-in", () => {
  test.for([
    ["holds in its year", "set-1-2023", ["all: 1 year"], "", { firstYear: 2025 }, true],
    ["ends after it", "set-1-2023", ["all: 1 year"], "", { firstYear: 2024 }, false],
    ["of three years holds in the third", "set-1-2023", ["all: 3 years"], "", { firstYear: 2023 }, true],
    [
      "for small undertakings holds for 750",
      "set-1-2023",
      ["up to 750 employees: 2 years"],
      "",
      { employees: 750 },
      true,
    ],
    ["and not for 751", "set-1-2023", ["up to 750 employees: 2 years"], "", { employees: 751 }, false],
    [
      "is not claimed for a size that is not known",
      "set-1-2023",
      ["up to 750 employees: 2 years"],
      "",
      { employees: undefined },
      false,
    ],
    [
      "is not claimed for a year that is not known",
      "set-1-2023",
      ["all: 1 year"],
      "",
      { firstYear: undefined },
      false,
    ],
    ["of a whole standard holds for a small undertaking", "set-1-2023", [], "S3", { employees: 300 }, true],
    [
      "is kept for the first wave by the quick fix",
      "quick-fix-2025",
      ["all: 1 year"],
      "",
      { firstYear: 2024 },
      true,
    ],
    ["of four standards is given to the whole first wave by it", "quick-fix-2025", [], "S4", {}, true],
    ["of own workforce is not", "quick-fix-2025", [], "S1", {}, false],
    [
      "is not kept for whoever began later",
      "quick-fix-2025",
      ["all: 1 year"],
      "",
      { firstYear: 2025, periodEnd: "2026-12-31" },
      false,
    ],
    [
      "until sector standards holds for everybody",
      "omnibus-2026",
      ["all: until sector standards"],
      "",
      { firstYear: undefined },
      true,
    ],
  ] as const)("%s", ([, id, phaseIns, standard, more, holds]) => {
    expect(until(id, phaseIns, standard, more) !== undefined).toBe(holds);
  });
});
