import { allClear, defineRunbook, escalate, eventually, plan } from "#kit";
import { csrdComplianceFailure } from "#alerts/report-quality.ts";
import { auditsKey, compliance, lookAtAudits } from "#checks/compliance.ts";
import { type AuditsLately, hitsMost, rulesText } from "#rules/report-quality.ts";
import { telling, tellPeople } from "./actions/telling.ts";
import { audiencesNamed } from "./probes/audiences.ts";
import { buildsOf, readBuilds, versionsText } from "./probes/builds.ts";
import { apiDeploys, freshIn } from "./probes/deploys.ts";

/**
 * Finds out whether reports fail their audit because of their data or because we changed something, and tells those who answer for them. A verdict
 * is never taken back or held back. Source: csrd-operations-manual "Alert Rules", CSRDComplianceFailure, whose counter never stops alarming.
 */
export const complianceFailure = defineRunbook({
  id: "compliance-failure",
  title: "Reports fail their compliance audit",
  summary:
    "Reports were completed and do not meet the rules. Says which rules, tells a changed platform from data that are not compliant, and tells the compliance manager; no verdict is changed.",
  severity: "P1",
  owner: "platform-oncall",
  implements: ["OM/alerting-configuration/alert-rules"],
  symptoms: [
    "compliance validation failures detected",
    "reports end with FAIL",
    "compliance always failing",
    "audit agent says failed",
  ],
  trigger: [csrdComplianceFailure],
  params: {},
  lock: "reports-compliance",
  within: "15m",

  diagnose: {
    audits: {
      ask: "How many reports failed their audit, and by which rules?",
      look: ({ metrics }) => lookAtAudits({ metrics }),
      read: ({ failed, ended, rules }: AuditsLately) =>
        failed === 0
          ? { state: "fine", says: `none of ${ended} in 15 min` }
          : { state: "bad", says: `${failed} of ${Math.max(ended, failed)} in 15 min: ${rulesText(rules)}` },
    },
  },
  optional: {
    versions: {
      ask: "Which builds audit reports?",
      look: ({ metrics }) => buildsOf(metrics, "audit"),
      read: readBuilds,
    },
    deploys: apiDeploys,
    audiences: audiencesNamed,
  },

  rules: {
    none: "no report failed its audit of late: all clear",
    "two-builds": "builds that differ audit side by side: a person finishes or takes back the change",
    "fresh-deploy":
      "most reports fail since a deploy: what all have in common has changed, a person takes it back",
    "nobody-to-tell": "the environment names no compliance manager: a person tells them",
    "not-compliant": "reports do not meet the rules: the compliance manager is told, the verdicts stand",
  },
  decide({ audits, versions, deploys, audiences }, _params, { tell }, { now, times }) {
    const { failed, rules } = audits;
    const ended = Math.max(audits.ended, failed);
    const what = `${failed} of ${ended} reports failed their audit in 15 min (${rulesText(rules)})`;

    if (failed === 0) return allClear({ rule: "none", because: "no report failed its audit in 15 min" });
    if (versions.known && versions.value.length > 1)
      return escalate({
        rule: "two-builds",
        because: `${what}, and they are audited by ${versionsText(versions.value)}; finish that change or take it back, then have the reports audited again`,
      });
    const fresh = freshIn(deploys, now, times.freshDeploy);
    if (fresh !== undefined && hitsMost(failed, ended))
      return escalate({
        rule: "fresh-deploy",
        because: `${what} since ${fresh.version} was deployed at ${fresh.at.slice(11, 16)} UTC; compare rules/ of both versions, deploy ${fresh.previous ?? "the version before"} again (ops run rollback flips the API alone, never the agents), and have the reports audited again`,
      });
    const told = telling(tell, audiences.known ? audiences.value : undefined, [
      { audience: "compliance-manager", key: auditsKey, text: toldText },
    ]);
    if (told.items.length === 0)
      return escalate({ rule: "nobody-to-tell", because: `${what}${told.byHand}` });
    return plan(
      {
        rule: "not-compliant",
        because: `${what}, and nothing of ours has changed that would explain it; the verdicts stand, and those who answer for them have to know`,
        leavesAlone: ["the verdicts", "the reports", "the rules"],
      },
      told.items,
    );
  },

  mitigate: { tell: tellPeople },

  vitals: [
    {
      label: "failed audits",
      look: async ({ metrics }) => ({ value: (await lookAtAudits({ metrics })).failed }),
    },
  ],

  verify: [eventually(compliance, { within: "verify", steadyFor: "steady" })],
  notVerified: "escalate",
  afterwards: [
    "Which reports they are: ops logs query compliance-failures",
    "Each report's audit page names rule, evidence and remedy; its company gets them with the report",
    "A rule that is wrong is corrected in rules/, reviewed, deployed, and the reports are audited again: never switched off here",
  ],
});

/** Nothing foreign and no figure in it: the same state is told in the same words. */
const toldText = [
  "Reports failed their compliance audit in the last 15 minutes.",
  "Nothing of ours has changed that would explain it, so the verdicts stand: these reports do not meet the rules.",
  "Each report's audit page names the rules that are not met, the evidence and the remedy; its company sees the same with the report. Please see that the companies' teams know.",
  "Which reports: ops logs query compliance-failures. Nothing was held back, and nothing will be changed without you.",
].join("\n");
