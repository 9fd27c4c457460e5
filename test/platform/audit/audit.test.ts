import { beforeAll, describe, expect, test } from "vitest";
import type { Artifacts } from "#platform/agent.ts";
import { audit } from "#platform/agents/audit.ts";
import type { RuleResult } from "#platform/agents/audit-steps/result.ts";
import { files } from "#platform/agents/documents.ts";
import {
  json,
  memoryArtifacts,
  runInMemory,
  sampleCompany,
  sampleCsv,
} from "#test/platform/agents/sample.ts";

const decoder = new TextDecoder();
let whole: ReturnType<typeof memoryArtifacts>;

beforeAll(async () => {
  const { artifacts } = await runInMemory({
    [`${files.inputs}activities.csv`]: await sampleCsv(),
    [files.company]: await sampleCompany(),
  });
  whole = artifacts;
});

/** The finished report with some files changed, ready to be judged again. */
function changed(
  changes: Readonly<Record<string, (text: string) => string>>,
): ReturnType<typeof memoryArtifacts> {
  const copy = memoryArtifacts(Object.fromEntries(whole.files));
  for (const [name, change] of Object.entries(changes))
    copy.files.set(
      name,
      new TextEncoder().encode(change(decoder.decode(copy.files.get(name) ?? new Uint8Array()))),
    );
  return copy;
}

async function judged(artifacts: Artifacts) {
  const said: string[] = [];
  const result = await audit.run({
    reportId: "R-1",
    artifacts,
    now: () => new Date("2025-03-01T09:00:00Z"),
    log: (level, message) => void said.push(`${level} ${message}`),
  });
  const document = await json(artifacts, files.audit);
  const of = (id: string): RuleResult | undefined =>
    document.rule_results.find(({ rule_id }: { rule_id: string }) => rule_id === id);
  return { result, document, of, said };
}

let kept: ReturnType<typeof judged> | undefined;
/** The report as it is, judged once for the tests that only look. */
const plain = (): ReturnType<typeof judged> => (kept ??= judged(changed({})));

describe("the audit of a report on emissions alone", () => {
  test("judges every rule once and counts what it found", async () => {
    const { document, result } = await plain();
    const counts = document.compliance_report;
    const ids = document.rule_results.map(({ rule_id }: { rule_id: string }) => rule_id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(counts.total_rules).toBe(ids.length);
    expect(counts.total_rules).toBeGreaterThan(1003 + 49 + 19 + 215);
    expect(counts.total_rules_checked).toBe(counts.rules_passed + counts.rules_failed + counts.rules_warning);
    expect(counts.total_rules_checked + counts.rules_not_applicable + counts.rules_not_evaluated).toBe(
      ids.length,
    );
    expect(counts.compliance_status).toBe("FAIL");
    expect(result).toMatchObject({ status: "failed", figures: { compliance_status: "FAIL" } });
  });

  test("finds the emissions sound and the rest of the statement missing", async () => {
    const { of, document } = await plain();
    const broken = document.rule_results
      .filter(({ status }: RuleResult) => status === "fail")
      .map(({ family }: RuleResult) => family);

    expect(of("csrd_f_scope_2")).toMatchObject({ status: "pass" });
    expect(of("calc_301060_MarketBasedGreenhouseGasEmissions")).toMatchObject({ status: "pass" });
    expect(of("csrd_j_as_calculated")).toMatchObject({ status: "pass" });
    expect(of("csrd_i_package_same")).toMatchObject({ status: "pass" });
    expect(of("csrd_i_json")).toMatchObject({ status: "pass" });
    expect(of("csrd_b_GOV-1")).toMatchObject({ status: "fail", severity: "major" });
    expect(new Set(broken)).toEqual(new Set(["B", "C", "D"]));
  });

  test("keeps the taxonomy's own verdict beside its judgement", async () => {
    const { of } = await plain();

    expect(of("ea_eu_tags_105")).toMatchObject({
      status: "pass",
      taxonomy_verdict: { verdict: "satisfied", severity: "ERROR", evaluations: 1 },
    });
    expect(of("ea_elements_34b_1")).toMatchObject({
      status: "not_applicable",
      taxonomy_verdict: { verdict: "not satisfied", severity: "OK" },
    });
    expect(of("va_ghgemissions_units")?.taxonomy_verdict?.evaluations).toBeGreaterThan(10);
    expect(of("valueAssertion_401060_country")).toMatchObject({
      status: "not_applicable",
      evidence: expect.stringContaining("network without members"),
      taxonomy_verdict: { verdict: "not evaluated" },
    });
  });

  test("gives the same bytes when it runs again", async () => {
    const [one, two] = [changed({}), changed({})];
    await judged(one);
    await judged(two);

    for (const name of [files.audit, files.auditText, files.auditPage, files.report])
      expect(Buffer.compare(one.files.get(name) ?? Buffer.of(), two.files.get(name) ?? Buffer.of(1))).toBe(0);
  });

  test("adds its verdict to report.json and touches nothing else there", async () => {
    const { compliance_status: before, ...rest } = await json(whole, files.report);
    const artifacts = changed({});
    await judged(artifacts);
    const { compliance_status: after, ...same } = await json(artifacts, files.report);

    expect(after).toEqual(before);
    expect(after).toMatchObject({ overall_status: "FAIL", law: "set-1-2023" });
    expect(same).toEqual(rest);
  });
});

describe("a report that was tampered with", () => {
  test("is found out: a figure that was not calculated, a total that does not add up, a package with another report", async () => {
    const { of } = await judged(
      changed({
        [files.xhtml]: (text) =>
          text.replace(
            /(name="esrs:MarketBasedGreenhouseGasEmissions"[^>]*>)(\d)/g,
            (_, open: string, digit: string) => `${open}${(Number(digit) % 9) + 1}`,
          ),
      }),
    );

    expect(of("csrd_j_as_calculated")).toMatchObject({ status: "fail" });
    expect(of("csrd_j_nothing_added")?.status).toBe("pass");
    expect(of("calc_301060_MarketBasedGreenhouseGasEmissions")).toMatchObject({ status: "fail" });
    expect(of("csrd_i_package_same")).toMatchObject({ status: "fail" });
    expect(of("csrd_i_json")).toMatchObject({ status: "fail" });
  });

  test("is found out where only the package or the xBRL-JSON was replaced", async () => {
    const { of } = await judged(changed({ [files.package]: () => "no zip", [files.facts]: () => "{}" }));

    expect(of("csrd_i_package")).toMatchObject({ status: "fail" });
    expect(of("csrd_i_json")).toMatchObject({ status: "fail" });
    expect(of("csrd_j_as_calculated")).toMatchObject({ status: "pass" });
  });

  test.for([
    [
      "a concept that does not exist",
      /esrs:GrossScope1GreenhouseGasEmissions/g,
      "esrs:GrossScope1Emissions",
      "csrd_h_concepts",
    ],
    ["another entity", /99990000NORTHLIGHT67/g, "529900T8BM49AURSDO55", "csrd_a_entity"],
    ["a wrong LEI", /99990000NORTHLIGHT67/g, "99990000NORTHLIGHT68", "csrd_a_lei"],
    ["a unit of another scale", /utr:tCO2e</g, "utr:ktCO2e<", "va_ghgemissions_units"],
    ["a member of another axis", /esrs:Category6BusinessTravelMember/g, "esrs:FemaleMember", "csrd_h_tables"],
    ["a script", /<\/body>/g, "<script>alert(1)</script></body>", "csrd_i_active"],
    ["another taxonomy", /esrs_all\.xsd/g, "esrs_none.xsd", "csrd_a_entry_point"],
  ] as const)("is found out: %s", async ([, what, by, rule]) => {
    const artifacts = changed({ [files.xhtml]: (text) => text.replaceAll(what, by) });
    const { of } = await judged(artifacts);

    expect(artifacts.files.get(files.xhtml)).not.toEqual(whole.files.get(files.xhtml));
    expect(of(rule)?.status).toBe("fail");
  });

  test("does not pass for want of facts", async () => {
    const bare = changed({
      [files.xhtml]: () => '<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    });

    await expect(judged(bare)).rejects.toMatchObject({ code: "no-facts" });
  });
});

describe("the state of the law", () => {
  test("is that of the reporting period unless another is named", async () => {
    const [byPeriod, named] = [
      await plain(),
      await judged(changed({ [files.settings]: () => '{"law":"omnibus-2026"}' })),
    ];

    expect(byPeriod.document.law_status).toMatchObject({
      profile: "set-1-2023",
      chosen: "by the reporting period",
      tagging_in_force: false,
    });
    expect(named.document.law_status).toMatchObject({ profile: "omnibus-2026", chosen: "as named" });
    expect(named.of("csrd_a_scope")).toMatchObject({ status: "not_applicable" });
  });

  test("whose taxonomy is not known is said to be not evaluated, and nothing of it passes", async () => {
    const { document, of } = await judged(changed({ [files.settings]: () => '{"law":"revised-esrs-2026"}' }));

    expect(of("csrd_b_BP-1")).toMatchObject({ status: "not_evaluated" });
    expect(of("ea_eu_tags_105")).toMatchObject({
      status: "not_evaluated",
      taxonomy_verdict: { verdict: "satisfied" },
    });
    expect(document.compliance_report.rules_not_evaluated).toBeGreaterThan(1052);
  });

  test("that does not exist is refused by name", async () => {
    await expect(judged(changed({ [files.settings]: () => '{"law":"basel-4"}' }))).rejects.toMatchObject({
      code: "law-unknown",
      message: expect.stringContaining("basel-4"),
    });
  });
});

describe("what a person reads", () => {
  test("is a page without scripts or addresses, the failures before the rest", async () => {
    const artifacts = changed({});
    await judged(artifacts);
    const page = decoder.decode(artifacts.files.get(files.auditPage));

    expect(page).not.toMatch(/<script|javascript:|<link|@import|src=|\son\w+=/i);
    expect(page.indexOf('id="fail"')).toBeGreaterThan(0);
    expect(page.indexOf('id="fail"')).toBeLessThan(page.indexOf('id="all"'));
    expect(page).toContain("tagging is preparatory");
    for (const id of ["ea_elements_34b_1", "va_energy_units", "csrd_j_lineage"]) expect(page).toContain(id);
  });

  test("cannot be broken by a company's name", async () => {
    const artifacts = changed({
      [files.intake]: (text) =>
        text.replace(/"legal_name": "[^"]*"/, '"legal_name": "<img src=x onerror=alert(1)> | # A"'),
    });
    await judged(artifacts);

    expect(decoder.decode(artifacts.files.get(files.auditPage))).toContain(
      "&lt;img src=x onerror=alert(1)&gt; | # A",
    );
    expect(decoder.decode(artifacts.files.get(files.auditPage))).not.toContain("<img");
    expect(decoder.decode(artifacts.files.get(files.auditText))).toContain(
      "\\<img src=x onerror=alert(1)\\> \\|",
    );
  });

  test("says what needs a person", async () => {
    const { document, result } = await plain();

    expect(document.needs_a_person.join()).toContain("Conclude on the materiality of E1");
    expect(result.warnings.length).toBeLessThanOrEqual(21);
    expect(result.warnings.at(-1)).toMatch(/^\d+ more in compliance_audit\.html$/);
  });
});

test("health says how many rules there are", async () => {
  expect(await audit.health()).toEqual({ rules_loaded: expect.any(Number) });
  expect(Number((await audit.health())["rules_loaded"])).toBeGreaterThan(1286);
});
