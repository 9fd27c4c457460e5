import type { Agent } from "../agent.ts";
import { CsrdError } from "../errors.ts";

/** Which other EU laws ask for the same figures? */
export const aggregator: Agent = {
  name: "aggregator",
  purpose: "Which other EU laws ask for the same figures?",
  reads: ["intermediate/03_calculated_metrics.json"],
  writes: ["intermediate/04_aggregated.json"],
  run() {
    throw new CsrdError("csrd-defect", {
      summary: "The aggregator stage cannot run yet.",
      hint: "Update to a later version.",
    });
  },
  async health() {
    return {};
  },
};
