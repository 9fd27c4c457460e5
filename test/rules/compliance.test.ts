import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compileRules, loadRuleBook } from "#platform/agents/audit-steps/load-rules.ts";
import { evaluate } from "#rules/compliance.ts";
import { RuleFile, rulesOf } from "#rules/compliance-rule.ts";
import { casesFor } from "./rule-cases.ts";
import { known, said, some, subjectWith } from "./subject.ts";

const written = await readFile(new URL("../../rules/compliance_rules.yaml", import.meta.url), "utf8");
const rules = rulesOf(RuleFile.parse(parse(written)));
const judge = (id: string, subject: Parameters<typeof evaluate>[1]) => {
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return evaluate(rule, subject);
};

describe("our rules", () => {
  test("have ids of their own, and each names a concept that exists", () => {
    const names = rules.flatMap(({ id, check }) =>
      Object.entries(check).flatMap(([key, value]) =>
        [
          "concept",
          "concepts",
          "value",
          "of",
          "over",
          "part",
          "whole",
          "total",
          "parts",
          "from",
          "list",
          "except",
        ].includes(key) && typeof value !== "boolean"
          ? [value].flat().map((name) => ({ id, name: String(name) }))
          : [],
      ),
    );

    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    expect(names.filter(({ name }) => !known.concepts.has(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(100);
  });

  test("are compiled from these very files", async () => {
    const compiled = JSON.parse(
      await readFile(new URL("../../rules/compliance_compiled.json", import.meta.url), "utf8"),
    );

    expect(compiled).toEqual(JSON.parse(JSON.stringify(await compileRules())));
    expect((await loadRuleBook()).rules).toEqual(rules);
  });

  test.for(rules)("$id passes where it should and does not where it should not", ({ id, check }) => {
    const { good, bad } = casesFor(check);

    expect(judge(id, good)).toMatchObject({ status: "pass" });
    expect(judge(id, bad).status).toMatch(/^(fail|warning|not_evaluated)$/);
  });

  test("never pass on nothing: an empty report, of which nothing is known", () => {
    const nothing = subjectWith([], {
      company: {
        lei: "",
        nace: "",
        country: "",
        employees: undefined,
        netTurnoverEur: undefined,
        listed: undefined,
        firstYear: undefined,
        periodStart: "",
        periodEnd: "",
      },
      topics: new Map(),
      package: undefined,
      json: "missing",
      document: {
        entities: [],
        contexts: [],
        schemaRefs: [],
        namespaces: {},
        root: { name: "", language: "" },
        footnotes: [],
      },
      made: {
        figures: [],
        rows: { valid: 0, rejected: 0 },
        lineage: { entries: 0, traced: 0, sha256: "" },
        statements: { draft: 0, approved: 0 },
        origins: {},
        inputs: [],
      },
    });
    const passed = rules.filter((rule) => evaluate(rule, nothing).status === "pass").map(({ id }) => id);

    // What is left is about the page as such, which may well be free of faults, and about data that were given.
    expect(passed).toEqual([
      "csrd_i_doctype",
      "csrd_i_encoding",
      "csrd_i_language",
      "csrd_i_active",
      "csrd_j_quality",
      "csrd_j_warnings",
    ]);
  });

  test("of the standards are not judged under a law whose taxonomy is not known", () => {
    const revised = subjectWith([some("Revenue")], { law: { ...subjectWith([]).law, judges_set_1: false } });
    const families = new Set(
      rules.filter((rule) => evaluate(rule, revised).status !== "not_evaluated").map(({ family }) => family),
    );

    expect([...families].toSorted()).toEqual(["A", "G", "H", "I", "J"]);
  });
});

describe("a disclosure that is missing", () => {
  const bare = { company: { firstYear: 2020 } };

  test("fails where its topic is material, and is of no concern where it is not", () => {
    const topics = new Map([["E2", { material: false, by: "company" as const }]]);

    expect(judge("csrd_d_E2-1", subjectWith([], bare)).status).toBe("fail");
    expect(judge("csrd_d_E2-1", subjectWith([], { ...bare, topics })).status).toBe("not_applicable");
    expect(judge("csrd_b_E2.IRO-1", subjectWith([], { ...bare, topics })).status).toBe("fail");
  });

  test("may be left out as long as it is phased in", () => {
    const year = (firstYear: number, employees: number) =>
      judge("csrd_d_S3-1", subjectWith([], { company: { firstYear, employees } })).status;

    expect([year(2026, 300), year(2025, 300), year(2024, 300), year(2026, 800)]).toEqual([
      "not_applicable",
      "not_applicable",
      "fail",
      "fail",
    ]);
  });
});

describe("a breakdown", () => {
  test("is judged although the taxonomy's open tables let it pass", () => {
    const odd = said("GrossScope3GreenhouseGasEmissions", "1", {
      Scope3GHGEmissionsCategoryGHGProtocolAxis: "esrs:FemaleMember",
    });

    expect(judge("csrd_h_tables", subjectWith([odd]))).toMatchObject({
      status: "fail",
      evidence: expect.stringContaining("FemaleMember"),
    });
  });
});
