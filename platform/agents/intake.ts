import type { Agent } from "../agent.ts";
import { CsrdError } from "../errors.ts";

/** Is this activity data fit to report from? */
export const intake: Agent = {
  name: "intake",
  purpose: "Is this activity data fit to report from?",
  reads: ["input.csv", "company.json"],
  writes: ["intermediate/01_intake_validated.json"],
  run() {
    throw new CsrdError("csrd-defect", {
      summary: "The intake stage cannot run yet.",
      hint: "Update to a later version.",
    });
  },
  async health() {
    return {};
  },
};
