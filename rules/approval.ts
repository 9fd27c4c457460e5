import { z } from "zod";
import { isDuration, toMs, type Duration } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import { risks } from "#kit/plan.ts";
import type { PolicyQuestion } from "#kit/policy.ts";
import type { ApprovalNeed } from "#kit/timeline.ts";
import { momentOf, type Calendar } from "./calendar.ts";

const severities = ["P0", "P1", "P2", "P3"] as const;
const count = z.int().min(0).max(5);
const duration = z.custom<Duration>(isDuration, { error: 'is not a duration like "5m"' });

const Rule = z.strictObject({
  count,
  requester: z.boolean(),
  type: z.enum(["none", "yes", "environment", "target"]),
  /** How many instead, by severity, when nobody is at work. */
  offHours: z.partialRecord(z.enum(severities), count).default({}),
});

/** The content of rules/approval.yaml: how long silence lasts by severity, and tier → risk → rule. Every tier names every risk. */
const ApprovalRules = z.strictObject({
  silence: z.record(z.enum(severities), duration),
  tiers: z.record(z.string(), z.record(z.enum(risks), Rule)),
});

/** Who must say yes, as data. */
export type ApprovalRules = z.infer<typeof ApprovalRules>;

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

/** How a plan must be approved: by tier, risk, severity and the hour where its people are. A tier that no rule names is refused. */
export function approvalNeed(
  rules: ApprovalRules,
  calendar: Calendar,
  { tier, risk, severity, at, zone, onCall, word }: PolicyQuestion,
): ApprovalNeed {
  const rule = rules.tiers[tier]?.[risk];
  if (rule === undefined)
    throw new OpsError("guard-refused", {
      summary: `No approval rule covers ${risk} steps in a ${tier} environment.`,
      hint: "Add it to rules/approval.yaml.",
    });
  const instead = rule.offHours[severity];
  const moment = instead === undefined ? undefined : momentOf(calendar, at, zone);
  const isOff = moment !== undefined && !moment.atWork;
  return {
    count: Math.max(word === undefined ? 0 : 1, isOff && instead !== undefined ? instead : rule.count),
    // A word given to oneself is none.
    requesterMay: rule.requester && word === undefined,
    strength: rule.type,
    ...(word === undefined ? {} : { word }),
    rule: `rules/approval.yaml: ${tier}, ${risk}${word === undefined ? "" : `, ${word.of}`}${isOff ? `, ${severity} off hours` : ""}`,
    ...(moment === undefined ? {} : { calendar: moment.says }),
    ...(withWord(onCall, word).length === 0 || (rule.count === 0 && word === undefined)
      ? {}
      : { ladder: { everyMs: toMs(rules.silence[severity]), rungs: withWord(onCall, word) } }),
  };
}

/** Those whose word is needed are asked with the first on call. */
function withWord(
  onCall: readonly (readonly string[])[],
  word: PolicyQuestion["word"],
): readonly (readonly string[])[] {
  if (word === undefined || word.names.length === 0) return onCall;
  const [first = [], ...later] = onCall;
  return [[...new Set([...first, ...word.names])], ...later];
}

function toothless({ tiers }: ApprovalRules): string | undefined {
  for (const [tier, byRisk] of Object.entries(tiers))
    for (const risk of risks) {
      const { count: least, offHours } = byRisk[risk];
      if ((risk === "disruptive" || risk === "destructive") && least === 0)
        return `${tier}: ${risk} steps need at least one approval`;
      if (Object.values(offHours).some((instead) => instead < least))
        return `${tier}: ${risk} steps need no fewer approvals when nobody is at work`;
    }
  return undefined;
}
