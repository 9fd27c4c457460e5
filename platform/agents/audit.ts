import type { Agent } from "../agent.ts";
import { CsrdError } from "../errors.ts";

/** Does the statement hold against the rules that concern it? */
export const audit: Agent = {
  name: "audit",
  purpose: "Does the statement hold against the rules that concern it?",
  reads: [
    "intermediate/01_intake_validated.json",
    "intermediate/02_materiality_assessment.json",
    "intermediate/03_calculated_metrics.json",
    "report.xhtml",
  ],
  writes: ["intermediate/06_compliance_audit.json", "compliance_audit.md"],
  run() {
    throw new CsrdError("csrd-defect", {
      summary: "The audit stage cannot run yet.",
      hint: "Update to a later version.",
    });
  },
  async health() {
    return {};
  },
};
