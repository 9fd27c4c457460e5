import { describe, expect, test } from "vitest";
import { materiality } from "#platform/agents/materiality.ts";
import { files, MaterialityDocument } from "#platform/agents/documents.ts";
import {
  json,
  memoryArtifacts,
  runInMemory,
  sampleCompany,
  sampleCsv,
} from "#test/platform/agents/sample.ts";

const { artifacts: whole } = await runInMemory({
  [`${files.inputs}activities.csv`]: await sampleCsv(),
  [files.company]: await sampleCompany(),
});
const decoder = new TextDecoder();

/** The assessment of the sample company, with its company.json or settings changed. */
async function assessed(
  own: Readonly<Record<string, { readonly material: boolean; readonly because: string }>>,
  settings?: object,
) {
  const artifacts = memoryArtifacts(Object.fromEntries(whole.files));
  const intake = JSON.parse(decoder.decode(artifacts.files.get(files.intake)));
  intake.company.material_topics = own;
  await artifacts.write(files.intake, JSON.stringify(intake));
  if (settings !== undefined) await artifacts.write(files.settings, JSON.stringify(settings));
  const result = await materiality.run({
    reportId: "R-1",
    artifacts,
    now: () => new Date("2025-03-01T09:00:00Z"),
    log: () => undefined,
  });
  const document = MaterialityDocument.parse(await json(artifacts, files.materiality));
  return {
    result,
    document,
    of: (standard: string) => document.topics.find((one) => one.standard === standard),
  };
}

describe("the materiality assessment", () => {
  test("proposes all ten topics from what was given, and always asks for a person", async () => {
    const { document, result, of } = await assessed({});

    expect(document.topics).toHaveLength(10);
    expect(document.not_assessed).toEqual([]);
    expect(document.requires_human_review).toBe(true);
    expect(of("E1")).toMatchObject({ material: true, by: "offline rules", review_status: "pending" });
    expect(of("E1")?.impact.reasons.join()).toMatch(/\d+ records of direct emissions/);
    expect(result.status).toBe("warnings");
    expect(result.warnings.join()).toContain("conclude on them in company.json");
  });

  test("lets the company's own conclusion count, marked as its own, beside what was proposed", async () => {
    const { of, result } = await assessed({
      E1: { material: false, because: "we only write letters" },
      E3: { material: true, because: "our dye house" },
    });

    expect(of("E1")).toMatchObject({
      material: false,
      by: "company",
      because: "we only write letters",
      proposed: true,
    });
    expect(of("E3")).toMatchObject({ material: true, by: "company", proposed: false });
    expect(of("S1")?.by).toBe("offline rules");
    expect(result.warnings.join("\n")).toMatch(
      /E1 is not material; the offline rules would have said otherwise/,
    );
    expect(result.warnings.join("\n")).toContain("ESRS 1 paragraph 32");
  });

  test("has nothing to warn of once the company has concluded on every topic", async () => {
    const all = Object.fromEntries(
      ["E1", "E2", "E3", "E4", "E5", "S1", "S2", "S3", "S4", "G1"].map((topic) => [
        topic,
        { material: true, because: "assessed" },
      ]),
    );
    const { result, document } = await assessed(all);

    expect(document.topics.every(({ by }) => by === "company")).toBe(true);
    expect(result.figures).toMatchObject({ material: 10, concluded_by_company: 10 });
    expect(result.status).toBe("ok");
  });

  test("holds the scores against the thresholds that were set", async () => {
    const { document } = await assessed({}, { impact_threshold: 0 });

    expect(document.topics.every(({ material, impact }) => material && impact.threshold === 0)).toBe(true);
  });
});
