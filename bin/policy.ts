import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { PolicyQuestion } from "#kit/policy.ts";
import type { ApprovalNeed } from "#kit/timeline.ts";
import { approvalNeed, parseApprovalRules } from "#rules/approval.ts";
import { parseCalendar } from "#rules/calendar.ts";

const rulesDir = join(import.meta.dirname, "../rules");

/** The house's approval policy, from its files; throws `definition-invalid` when one of them is not usable. */
export function loadPolicy(): (question: PolicyQuestion) => ApprovalNeed {
  const read = (file: string): unknown => parse(readFileSync(join(rulesDir, file), "utf8"));
  const rules = parseApprovalRules(read("approval.yaml"));
  const calendar = parseCalendar(read("calendar.yaml"));
  return (question) => approvalNeed(rules, calendar, question);
}
