import { z } from "zod";
import { OpsError } from "#kit/errors.ts";
import { risks, type Risk } from "#kit/plan.ts";
import type { ApprovalNeed } from "#kit/timeline.ts";

const Rule = z.strictObject({
  count: z.int().min(0).max(5),
  requester: z.boolean(),
  type: z.enum(["none", "yes", "environment", "target"]),
});

/** The content of rules/approval.yaml: tier → risk → rule. Every tier names every risk. */
const ApprovalRules = z.record(z.string(), z.record(z.enum(risks), Rule));
type ApprovalRules = z.infer<typeof ApprovalRules>;

/** Checks the parsed YAML; throws `definition-invalid`. A disruptive or destructive plan without any approval is no rule. */
export function parseApprovalRules(parsed: unknown): ApprovalRules {
  const result = ApprovalRules.safeParse(parsed);
  const fault = result.success ? toothless(result.data) : z.prettifyError(result.error);
  if (result.success && fault === undefined) return result.data;
  throw new OpsError("definition-invalid", {
    summary: `rules/approval.yaml is not usable: ${fault}.`,
    hint: "Mend the file; until then nothing can be approved.",
  });
}

/** How a plan of this risk must be approved in this tier. A tier that no rule names is refused. */
export function approvalNeed(rules: ApprovalRules, tier: string, risk: Risk): ApprovalNeed {
  const rule = rules[tier]?.[risk];
  if (rule === undefined)
    throw new OpsError("guard-refused", {
      summary: `No approval rule covers ${risk} steps in a ${tier} environment.`,
      hint: "Add it to rules/approval.yaml.",
    });
  return {
    count: rule.count,
    requesterMay: rule.requester,
    strength: rule.type,
    rule: `rules/approval.yaml: ${tier}, ${risk}`,
  };
}

function toothless(rules: ApprovalRules): string | undefined {
  for (const [tier, byRisk] of Object.entries(rules))
    for (const risk of ["disruptive", "destructive"] as const)
      if (byRisk[risk].count === 0) return `${tier}: ${risk} steps need at least one approval`;
  return undefined;
}
