import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { files } from "#platform/agents/documents.ts";
import {
  aggregateFrameworks,
  assessMateriality,
  auditCompliance,
  buildReport,
  calculateMetrics,
  type CsrdConfig,
  generateReport,
  validateData,
} from "#platform/sdk.ts";

const sample = fileURLToPath(new URL("../../../data/samples/northlight-components/", import.meta.url));
const given = {
  esgData: join(sample, "activities.csv"),
  companyProfile: join(sample, "company.json"),
} as const;

/** A small month of energy, as a program holds it. */
const rows = [
  ["E1-5_01", "Energy", "1200.5", "MWh"],
  ["E3-4_01", "Water", "800", "m3"],
].map(([metric_code, metric_name, value, unit]) => ({
  metric_code,
  metric_name,
  value,
  unit,
  period_start: "2024-01-01",
  period_end: "2024-12-31",
}));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "csrd-sdk-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (...path: readonly string[]): Promise<string> => readFile(join(folder, ...path), "utf8");

describe("buildReport", () => {
  test("answers with figures, verdict, material standards and places, and the same as JSON and text", async () => {
    const out = join(folder, "out");
    const seen: string[] = [];

    const report = await buildReport({
      ...given,
      outputDir: out,
      onStage: ({ kind, agent }) => kind === "ended" && seen.push(agent),
    });
    await report.saveJson(join(folder, "result.json"));
    await report.saveSummary(join(folder, "result.txt"));

    expect(seen).toEqual(["intake", "materiality", "calculator", "aggregator", "reporting", "audit"]);
    expect(report.figures["scope-1"]).toMatch(/^\d+\.\d+$/);
    expect(report.materialStandards).toContain("E1");
    expect([report.isCompliant, report.isAuditReady, report.audit?.status]).toEqual([false, false, "FAIL"]);
    expect(report.audit?.broken.length).toBe(
      (report.audit?.failed.critical ?? 0) +
        (report.audit?.failed.major ?? 0) +
        (report.audit?.failed.minor ?? 0),
    );
    expect(report.keyFigures[0]).toMatchObject({ name: "Scope 1", unit: "tCO2e" });
    expect(existsSync(report.document) && existsSync(report.auditDocument)).toBe(true);
    expect(JSON.parse(await text("result.json"))).toMatchObject({
      reportId: report.reportId,
      isCompliant: false,
      figures: { "scope-1": report.figures["scope-1"] },
    });
    expect(report.toJson()).toBe(await text("result.json"));
    expect(await text("result.txt")).toContain("Done, but not compliant");
  });

  test("a company that gave and approved everything is ready for its auditor; with one conclusion less it is not", async () => {
    const place = fileURLToPath(new URL("../../../data/samples/morgenau-coatings/", import.meta.url));
    const profile = JSON.parse(await readFile(join(place, "company.json"), "utf8"));
    const whole = {
      esgData: ["esg_data.csv", "disclosures.json", "activities.csv"].map((name) => join(place, name)),
      outputDir: join(folder, "out"),
    };
    const { E4: _, ...others } = profile.material_topics;

    const ready = await buildReport({ ...whole, companyProfile: profile });
    const open = await buildReport({ ...whole, companyProfile: { ...profile, material_topics: others } });

    expect([ready.isCompliant, ready.textsToDo, ready.isAuditReady]).toEqual([true, [], true]);
    expect([open.isCompliant, open.isAuditReady]).toEqual([true, false]);
  });

  test("what is left out is left out, and nothing of an older report stays beside it", async () => {
    const out = join(folder, "out");
    await buildReport({ ...given, outputDir: out });
    const assessed = await text("out", files.materiality);

    const again = await buildReport({
      ...given,
      outputDir: out,
      skipMateriality: true,
      skipAudit: true,
      config: { format: "xbrl" },
    });
    const fresh = await buildReport({
      ...given,
      outputDir: join(folder, "fresh"),
      skipMateriality: true,
      skipAudit: true,
      config: { format: "json" },
    });

    expect(await text("out", files.materiality)).toBe(assessed);
    expect([again.audit, again.isCompliant]).toEqual([undefined, false]);
    expect((await readdir(out)).toSorted()).toEqual([
      "intermediate",
      "report.xbri",
      "report.xbrl.json",
      "report.xhtml",
    ]);
    expect(fresh.materialStandards).toEqual([]);
    expect((await readdir(join(folder, "fresh"))).toSorted()).toEqual(["intermediate", "report.json"]);
  });

  test("agents that do not need each other may work together, with the same figures to the byte", async () => {
    const at = new Date("2025-03-01T12:00:00Z");
    const once = { ...given, reportId: "same", now: () => at };

    await buildReport({ ...once, outputDir: join(folder, "one") });
    await buildReport({
      ...once,
      outputDir: join(folder, "two"),
      config: { parallelAgents: true, maxWorkers: 3 },
    });

    const names = (await readdir(join(folder, "one"), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "one").length));
    expect(names.length).toBeGreaterThan(12);
    for (const name of names)
      expect(
        (await readFile(join(folder, "two", name))).equals(await readFile(join(folder, "one", name))),
        name,
      ).toBe(true);
  });

  test("a refusal publishes nothing, an abort neither", async () => {
    const stop = new AbortController();
    const outputDir = join(folder, "out");

    await expect(
      buildReport({ ...given, outputDir, esgData: [{ metric_code: "E1-5_01", value: "NaN" }] }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^[a-z-]+$/), hint: expect.any(String) });
    await expect(
      buildReport({
        ...given,
        outputDir: join(folder, "other"),
        signal: stop.signal,
        onStage: ({ kind, agent }) => {
          if (kind === "ended" && agent === "calculator") stop.abort();
        },
      }),
    ).rejects.toMatchObject({ name: "AbortError" });
    expect(await readdir(folder)).toEqual([]);
  });

  test("a setting that does not exist or cannot be is refused before anything is read", async () => {
    const misspelt: object = { qualityThresold: 3 };

    await expect(buildReport({ ...given, config: misspelt })).rejects.toMatchObject({
      code: "config-invalid",
    });
    await expect(buildReport({ ...given, config: { qualityThreshold: 101 } })).rejects.toMatchObject({
      code: "config-invalid",
      summary: expect.stringContaining("quality_threshold"),
    });
    await expect(buildReport({ ...given, reportId: "../up" })).rejects.toMatchObject({ code: "csrd-usage" });
  });
});

describe("single stages", () => {
  test("rows that a program holds are checked without leaving a trace", async () => {
    const found = await validateData({ esgData: rows, companyProfile: given.companyProfile });
    const bad = await validateData({
      esgData: [...rows, { ...rows[0], unit: "kg" }],
      companyProfile: JSON.parse(await readFile(given.companyProfile, "utf8")),
    });

    expect(found).toMatchObject({ isValid: true, counts: { total: 2, datapoints: 2 }, wrote: [] });
    expect(bad).toMatchObject({ isValid: false, counts: { total: 3, rejected: 1 } });
    expect(bad.rejected[0]).toMatchObject({ reason: "unit-wrong", column: "unit" });
    expect(existsSync(bad.outputDir)).toBe(false);
  });

  test("each goes on with the report that the one before left", async () => {
    const report = join(folder, "out");
    await validateData({ esgData: rows, companyProfile: given.companyProfile, outputDir: report });

    const assessed = await assessMateriality({ report });
    const calculated = await calculateMetrics({ report });
    const aggregated = await aggregateFrameworks({ report });
    const generated = await generateReport({ report });
    const audited = await auditCompliance({ report });

    expect(assessed.topics.length).toBeGreaterThanOrEqual(10);
    expect(assessed.requiresHumanReview).toBe(true);
    expect(calculated.metrics.find(({ concept }) => concept === "WaterConsumption")).toMatchObject({
      unit: "utr:m3",
      value: expect.stringMatching(/^800/),
    });
    expect(aggregated.frameworks.length).toBeGreaterThan(0);
    expect(existsSync(generated.document) && existsSync(generated.package)).toBe(true);
    expect(audited).toMatchObject({ isCompliant: false, verdict: { status: "FAIL" }, outdated: [] });
  });

  test("into another folder, the earlier report stays as it was", async () => {
    const report = join(folder, "out");
    await calculateMetrics({ esgData: rows, companyProfile: given.companyProfile, outputDir: report });
    const before = (await readdir(report, { recursive: true })).toSorted();

    const { wrote } = await aggregateFrameworks({ report, outputDir: join(folder, "elsewhere") });

    expect(wrote).toEqual([files.aggregated]);
    expect((await readdir(report, { recursive: true })).toSorted()).toEqual(before);
  });

  test("thresholds of materiality change what is proposed", async () => {
    const assess = (config: Partial<CsrdConfig>) =>
      assessMateriality({ ...given, outputDir: join(folder, "out"), config });

    const usual = await assess({});
    const strict = await assess({ impactMaterialityThreshold: 10, financialMaterialityThreshold: 10 });
    const lenient = await assess({ impactMaterialityThreshold: 0, financialMaterialityThreshold: 0 });

    expect(strict.materialStandards.length).toBeLessThan(usual.materialStandards.length);
    expect(lenient.materialStandards).toHaveLength(10);
  });
});
