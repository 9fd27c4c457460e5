import { judgeClimate } from "#rules/materiality.ts";
import type { Agent } from "../agent.ts";
import { files, IntakeDocument, type MaterialityDocument, readDocument, writeDocument } from "./documents.ts";

const notAssessed = ["E2", "E3", "E4", "E5", "S1", "S2", "S3", "S4", "G1"];

/** Is climate change material to this company, and which passages say why? Offline rules decide, and say so; a person always confirms. */
export const materiality: Agent = {
  name: "materiality",
  purpose: "Is climate change material to this company, and which passages say why?",
  reads: [files.intake],
  writes: [files.materiality],
  async run({ artifacts, reportId, log }) {
    const { company, records } = await readDocument(artifacts, files.intake, IntakeDocument);
    const judgement = judgeClimate({
      nace: company.nace,
      employees: company.employees,
      scope1Records: records.filter(({ scope }) => scope === 1).length,
      scope3Categories: new Set(records.flatMap(({ scope, category }) => (scope === 3 ? [category] : [])))
        .size,
      underEmissionTrading: records.some(({ ets }) => ets),
    });
    const score = ({ reasons, ...rest }: typeof judgement.impact) => ({ ...rest, reasons: [...reasons] });
    const document: MaterialityDocument = {
      report_id: reportId,
      provider: "offline-rules",
      requires_human_review: true,
      notice:
        "Assessed by fixed rules without a language model. It is a proposal; a person decides (ESRS 2 paragraph 53).",
      topics: [
        {
          standard: "E1",
          topic: "Climate change",
          impact: score(judgement.impact),
          financial: score(judgement.financial),
          material: judgement.material,
          review_status: "pending",
          citations: [...judgement.citations],
        },
      ],
      not_assessed: notAssessed,
    };
    await writeDocument(artifacts, files.materiality, document);
    const { impact, financial, material } = judgement;
    log("INFO", "Materiality assessment completed", {
      provider: "offline-rules",
      e1_material: material,
      impact: impact.score,
      financial: financial.score,
    });
    return {
      status: material ? "ok" : "warnings",
      summary: `climate change ${material ? "is" : "is not"} material (impact ${impact.score}, financial ${financial.score}, threshold ${impact.threshold}), by offline rules; a person confirms`,
      figures: {
        provider: "offline-rules",
        e1_material: material,
        impact: impact.score,
        financial: financial.score,
      },
      warnings: material
        ? []
        : [
            "The rules find climate change not material; E1-6 is reported all the same, and a detailed explanation would be needed to leave it out (ESRS 1 paragraph 32).",
          ],
      wrote: [files.materiality],
    };
  },
  async health() {
    return { provider: "offline-rules", llm_api_reachable: false, topics: 1 };
  },
};
