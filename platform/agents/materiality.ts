import type { Agent } from "../agent.ts";
import { CsrdError } from "../errors.ts";

/** Is climate change material to this company, and which passages say why? */
export const materiality: Agent = {
  name: "materiality",
  purpose: "Is climate change material to this company, and which passages say why?",
  reads: ["company.json", "intermediate/01_intake_validated.json"],
  writes: ["intermediate/02_materiality.json"],
  run() {
    throw new CsrdError("csrd-defect", {
      summary: "The materiality stage cannot run yet.",
      hint: "Update to a later version.",
    });
  },
  async health() {
    return {};
  },
};
