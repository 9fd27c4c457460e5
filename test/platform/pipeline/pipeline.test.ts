import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { agents } from "#platform/agents/index.ts";
import { agentNames } from "#platform/contract.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { json, runInMemory, sampleCompany, sampleCsv } from "../agents/sample.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "csrd-pipeline-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The input of the small sample company's whole statement. */
async function wholeStatement(): Promise<Readonly<Record<string, string>>> {
  const names = ["esg_data.csv", "disclosures.json", "activities.csv", "company.json"];
  const files = names.map(async (name) => {
    const text = await readFile(join("data/samples/vesterlund-instrumenter", name), "utf8");
    return [name === "company.json" ? name : `inputs/${name}`, text] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

describe("a report's folder", () => {
  test.for([
    "../escape",
    "/etc/passwd",
    "a/../../b",
    "a//b",
    "",
    ".hidden",
    "a/.b",
    "a\\b",
    "C:/x",
    "a\0b",
    `a/${"x".repeat(300)}`,
    "%2e%2e/x",
  ])("refuses the name %j", async (name) => {
    const artifacts = folderArtifacts({ folder });

    await expect(artifacts.write(name, "x")).rejects.toMatchObject({ code: "artifact-unsafe" });
    await expect(artifacts.read(name)).rejects.toMatchObject({ code: "artifact-unsafe" });
    expect(await readdir(folder)).toEqual([]);
  });

  test("a reader sees the old file or the new one, never half", async () => {
    const artifacts = folderArtifacts({ folder });
    const [a, b] = ["a".repeat(200_000), "b".repeat(200_000)];
    await artifacts.write("big.txt", a);
    const seen = new Set<string>();
    const writing = { on: true };

    const reader = (async () => {
      while (writing.on) seen.add(new TextDecoder().decode(await artifacts.read("big.txt")));
    })();
    for (let round = 0; round < 20; round += 1) await artifacts.write("big.txt", round % 2 === 0 ? b : a);
    writing.on = false;
    await reader;

    for (const text of seen) expect(text === a || text === b).toBe(true);
    expect(await artifacts.list()).toEqual(["big.txt"]);
  });

  test("inputs are read from where they lie and never written", async () => {
    await writeFile(join(folder, "mine.csv"), "x");
    const artifacts = folderArtifacts({
      folder: join(folder, "out"),
      inputs: { "inputs/activities.csv": join(folder, "mine.csv") },
    });

    await expect(artifacts.write("inputs/activities.csv", "y")).rejects.toMatchObject({
      code: "artifact-unsafe",
    });
    expect(new TextDecoder().decode(await artifacts.read("inputs/activities.csv"))).toBe("x");
    expect(await artifacts.list()).toEqual(["inputs/activities.csv"]);
  });

  test("a missing file is a coded error, streamed or read", async () => {
    const artifacts = folderArtifacts({ folder });
    const drain = async (): Promise<void> => {
      for await (const _ of artifacts.stream("none.txt"));
    };

    await expect(artifacts.read("none.txt")).rejects.toMatchObject({ code: "artifact-missing" });
    await expect(drain()).rejects.toMatchObject({ code: "artifact-missing" });
  });
});

describe("the six agents", () => {
  test("write the same bytes when they run twice over the same input", async () => {
    const inputs = { "inputs/activities.csv": await sampleCsv(), "company.json": await sampleCompany() };
    const [first, second] = [await runInMemory(inputs), await runInMemory(inputs)];

    const differing = [...first.artifacts.files]
      .filter(
        ([name, bytes]) => !Buffer.from(bytes).equals(second.artifacts.files.get(name) ?? Buffer.alloc(0)),
      )
      .map(([name]) => name);
    expect(first.artifacts.files.size).toBeGreaterThan(9);
    expect(differing).toEqual([]);
  });

  test("read and write what they say they do", async () => {
    const { artifacts, result } = await runInMemory({
      "inputs/activities.csv": await sampleCsv(),
      "company.json": await sampleCompany(),
    });

    for (const { agent, result: said } of result.stages) {
      // A report without refused rows has no file of them.
      const writes = agents[agent].writes.filter((name) => name !== "intermediate/01_rejected_rows.csv");
      expect(said.wrote.toSorted()).toEqual(writes.toSorted());
      const named = [...agents[agent].reads, ...writes].filter((name) => !name.endsWith("/"));
      expect(named.filter((name) => !artifacts.files.has(name))).toEqual([]);
    }
  });

  test("are healthy and say what they loaded", async () => {
    const health = Object.fromEntries(
      await Promise.all(agentNames.map(async (name) => [name, await agents[name].health()] as const)),
    );

    const { factors } = JSON.parse(readFileSync("data/emission_factors.json", "utf8"));
    expect(health["calculator"]?.["emission_factors_loaded"]).toBe(factors.length);
    // The operations manual names 156.
    expect(health["calculator"]?.["formulas_loaded"]).toBeGreaterThanOrEqual(156);
    // 1,003 existence assertions, 49 value assertions and 19 totals of the taxonomy are the least.
    expect(health["audit"]?.["rules_loaded"]).toBeGreaterThan(1_071);
    expect(health["reporting"]).toMatchObject({ taxonomy_version: "2023-12-22" });
    expect(health["materiality"]).toMatchObject({ provider: "offline-rules", llm_api_reachable: false });
  });

  test("the result names the law's status and what a person still has to do", async () => {
    const { artifacts } = await runInMemory({
      "inputs/activities.csv": await sampleCsv(),
      "company.json": await sampleCompany(),
    });
    const audit = await json(artifacts, "intermediate/06_compliance_audit.json");
    const materiality = await json(artifacts, "intermediate/02_materiality_assessment.json");

    expect(audit.law_status).toMatchObject({
      tagging_in_force: false,
      tagging: expect.stringContaining("preparatory"),
    });
    expect(audit.needs_a_person.length).toBeGreaterThan(0);
    expect(materiality).toMatchObject({ provider: "offline-rules", requires_human_review: true });
  });
});

test("report.json holds every figure of a whole statement, and the audit's verdict on it", async () => {
  const { artifacts, result } = await runInMemory(await wholeStatement());
  const report = await json(artifacts, "report.json");
  const { metrics } = await json(artifacts, "intermediate/03_calculated_metrics.json");
  const { compliance_report: audit } = await json(artifacts, "intermediate/06_compliance_audit.json");
  const told = Object.values(report.calculated_metrics.metrics_by_standard).flat();
  const line = ({ id, value, unit }: any): string => `${id} ${value} ${unit}`;

  expect(result.status).toBe("warnings");
  expect(told.map(line).toSorted()).toEqual(metrics.map(line).toSorted());
  expect(report.compliance_status).toMatchObject({
    overall_status: audit.compliance_status,
    validation_results: {
      total_rules_checked: audit.total_rules_checked,
      rules_passed: audit.rules_passed,
      rules_failed: 0,
      warnings: audit.rules_warning,
    },
    details: "intermediate/06_compliance_audit.json",
  });
  expect(audit.rules_passed).toBeGreaterThan(500);
  expect(report.report_metadata).toMatchObject({
    report_type: "preliminary_draft",
    reporting_period: { start_date: "2025-01-01", end_date: "2025-12-31" },
    generation_date: "2025-03-01T09:00:00.000Z",
  });
});

test("each figure leads to the other EU laws that ask for it", async () => {
  const { artifacts } = await runInMemory({
    "inputs/activities.csv": await sampleCsv(),
    "company.json": await sampleCompany(),
  });
  const { frameworks } = await json(artifacts, "intermediate/04_aggregated_frameworks.json");
  const entries = frameworks.flatMap(({ law, entries }: any) =>
    entries.map((entry: any) => ({ law, ...entry })),
  );
  const parts = (law: string, concept: string): readonly string[] =>
    entries
      .filter((entry: any) => entry.law === law && entry.concept === concept)
      .map(({ part }: any) => part);

  expect(frameworks.filter(({ entries }: any) => entries.length > 0).map(({ law }: any) => law)).toEqual([
    "2020/1818",
    "2022/1288",
    "2022/2453",
  ]);
  expect(parts("2022/1288", "GrossScope1GreenhouseGasEmissions")).toEqual([
    "Annex 1, Table 1, Indicator 1 (greenhouse gas emissions)",
    "Annex 1, Table 1, Indicator 2 (carbon footprint)",
  ]);
  expect(parts("2022/1288", "GHGEmissionsIntensityMarketbasedTotalGHGEmissionsPerNetRevenue")).toEqual([
    "Annex 1, Table 1, Indicator 3 (emissions per revenue)",
  ]);
});

describe("a report that is not complete", () => {
  test("without net revenue it fails three rules more, and the audit names them", async () => {
    const company = JSON.parse(await sampleCompany());
    const broken = async (): Promise<readonly string[]> => {
      const { artifacts, result } = await runInMemory({
        "inputs/activities.csv": await sampleCsv(),
        "company.json": JSON.stringify(company),
      });
      const audit = await json(artifacts, "intermediate/06_compliance_audit.json");
      // Emissions alone are no statement.
      expect(result.status).toBe("failed");
      return audit.rule_results
        .filter(({ status }: { status: string }) => status === "fail")
        .map(({ rule_id }: { rule_id: string }) => rule_id);
    };

    const before = await broken();
    delete company.e1_6.net_revenue;
    const after = await broken();

    expect(after.filter((id) => id.startsWith("ea_") && !before.includes(id))).toEqual([
      "ea_eu_tags_27",
      "ea_eu_tags_28",
      "ea_eu_tags_29",
    ]);
    expect(before.filter((id) => !after.includes(id))).toEqual([]);
  });

  test("a scope without rows is left out, not reported as zero", async () => {
    const rows = (await sampleCsv()).split("\n");
    const withoutScope1 = rows
      .filter((row, index) => index === 0 || !/^NL-\d+,\w+,\w\w,,1,/.test(row))
      .join("\n");

    const { artifacts, result } = await runInMemory({
      "inputs/activities.csv": withoutScope1,
      "company.json": await sampleCompany(),
    });
    const { metrics, warnings } = await json(artifacts, "intermediate/03_calculated_metrics.json");

    expect(metrics.map(({ id }: { id: string }) => id)).not.toContain("scope-1");
    expect(metrics.map(({ id }: { id: string }) => id)).not.toContain("total-location");
    expect(warnings.join()).toContain("No records of scope 1");
    expect(result.status).toBe("failed");
  });

  test("biogenic CO2 of a biomass fuel stands beside the scope, not in it", async () => {
    const [header = "", ...rows] = (await sampleCsv()).trimEnd().split("\n");
    const wood = `NL-900,Fresno,US,,1,stationary-combustion,Wood and wood residuals,10,short ton,2024-01-01,2024-12-31,high,Delivery notes${",".repeat(header.split(",").length - 13)}`;

    const { artifacts } = await runInMemory({
      "inputs/activities.csv": [header, ...rows, wood].join("\n"),
      "company.json": await sampleCompany(),
    });
    const { metrics } = await json(artifacts, "intermediate/03_calculated_metrics.json");
    const lineage = new TextDecoder().decode(await artifacts.read("intermediate/03_lineage.ndjson"));
    const own = JSON.parse(lineage.split("\n").find((entry) => entry.includes('"NL-900"')) ?? "{}");

    // Published for a short ton: 1,640 kg of biogenic CO2, 126 g CH4 (27.0) and 63 g N2O (273).
    expect(metrics.find(({ id }: { id: string }) => id === "biogenic-1").value).toBe("16.400");
    expect(own.tonnes).toBe(((10 * (126 * 27 + 63 * 273)) / 1_000_000).toFixed(3));
  });
});
