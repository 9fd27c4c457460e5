import type { Agent } from "../agent.ts";
import { CsrdError } from "../errors.ts";

/** How many tonnes of CO2 equivalent follow from each activity, by scope, category and method? */
export const calculator: Agent = {
  name: "calculator",
  purpose: "How many tonnes of CO2 equivalent follow from each activity, by scope, category and method?",
  reads: ["company.json", "intermediate/01_intake_validated.json"],
  writes: ["intermediate/03_calculated_metrics.json"],
  run() {
    throw new CsrdError("csrd-defect", {
      summary: "The calculator stage cannot run yet.",
      hint: "Update to a later version.",
    });
  },
  async health() {
    return {};
  },
};
