import type { Agent } from "../agent.ts";
import { CsrdError } from "../errors.ts";

/** How does the statement read, for people and for machines? */
export const reporting: Agent = {
  name: "reporting",
  purpose: "How does the statement read, for people and for machines?",
  reads: [
    "company.json",
    "intermediate/01_intake_validated.json",
    "intermediate/02_materiality_assessment.json",
    "intermediate/03_calculated_metrics.json",
    "intermediate/04_aggregated_frameworks.json",
  ],
  writes: ["intermediate/05_report_manifest.json", "report.xhtml", "report.json"],
  run() {
    throw new CsrdError("csrd-defect", {
      summary: "The reporting stage cannot run yet.",
      hint: "Update to a later version.",
    });
  },
  async health() {
    return {};
  },
};
