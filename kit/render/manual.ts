import type { Risk } from "../plan.ts";
import type { Runbook } from "../runbook.ts";
import type { ApprovalNeed } from "../timeline.ts";
import { paramFacts } from "./params.ts";
import { actionsOf, questionsOf } from "./show.ts";

/** A runbook's page in docs/manual/, generated from its definition and production's approval rule: nothing in it is written twice. */
export function renderManual(runbook: Runbook, approval: (risk: Risk) => ApprovalNeed): string {
  const params = paramFacts(runbook);
  const lines = [
    `# ${text(runbook.title)}`,
    "",
    text(runbook.summary),
    "",
    "| | |",
    "|---|---|",
    `| Runbook | \`${runbook.id}\` |`,
    `| Severity | ${runbook.severity} |`,
    `| Owner | ${text(runbook.owner)} |`,
    `| Lock | \`${runbook.lock}\`: one run at a time works on it in an environment |`,
    `| Time limit | ${runbook.within}, waiting for people not counted |`,
    "",
    "## When",
    "",
    ...(runbook.trigger.length === 0
      ? ["A person starts it; no alert names it."]
      : runbook.trigger.map(
          (alert) =>
            `- Alert \`${alert.name}\` (${alert.severity}, lasting ${alert.for ?? "as long as the environment’s `outage` time"}): ${text(alert.title)}`,
        )),
    "",
    "What people see:",
    "",
    ...runbook.symptoms.map((symptom) => `- ${text(symptom)}`),
    "",
    "## Look",
    "",
    "Asked all at once; nothing is changed. A required question without an answer ends in a person being called, never in a guess.",
    "",
    "| Question | Name | Needed |",
    "|---|---|---|",
    ...questionsOf(runbook).map(
      ({ name, ask, optional }) => `| ${text(ask)} | \`${name}\` | ${optional ? "helps" : "yes"} |`,
    ),
    "",
    "```sh",
    `ops plan ${runbook.id}`,
    "```",
    "",
    "## Decide",
    "",
    "The first row that matches decides; nothing else does. One required question without an answer calls a person before any row is read.",
    "",
    "| Rule | When, and what follows |",
    "|---|---|",
    ...Object.entries(runbook.rules).map(([rule, says]) => `| \`${rule}\` | ${text(says)} |`),
    "",
    "## Act",
    "",
    "Only what the findings ask for, only on the targets the plan names, only after the approval that the environment asks for (`rules/approval.yaml`).",
    "",
    "| It may | Risk | Undo | Longest | Approval in production |",
    "|---|---|---|---|---|",
    ...actionsOf(runbook).map(
      ([, action]) =>
        `| ${text(action.title)} | ${action.risk} | ${action.undo === undefined ? (action.risk === "safe" ? "not needed" : "cannot be undone") : "yes"} | ${action.within} | ${approvalText(approval(action.risk))} |`,
    ),
    "",
    "```sh",
    `ops run ${runbook.id}`,
    "```",
    "",
    "## Proof",
    "",
    "It counts as solved only when all of these hold, without a break:",
    "",
    ...runbook.verify.map(
      ({ check, within, steadyFor }) =>
        `- ${text(check.title)} (\`ops check ${check.id}\`), within ${within}, steady for ${steadyFor}`,
    ),
    "",
    "## Parameters",
    "",
    ...(params.length === 0
      ? ["None."]
      : [
          "| Parameter | Meaning | Value | Default |",
          "|---|---|---|---|",
          ...params.map(
            ({ name, kind, about, fallback }) =>
              `| \`--${name}\` | ${text(about)} | ${text(kind)} | ${fallback === undefined ? "must be given" : `\`${fallback}\``} |`,
          ),
        ]),
    "",
    "## Afterwards",
    "",
    ...runbook.afterwards.map((task) => `- [ ] ${text(task)}`),
    "",
    "## Implements",
    "",
    ...(runbook.implements.length === 0
      ? ["No paragraph of the manuals."]
      : runbook.implements.map((id) => `- \`${id}\``)),
    "",
    "---",
    "",
    `Generated from \`runbooks/${runbook.id}.ts\` by \`npm run docs\`. Names of times (\`restart\`, \`steady\`) stand for values in the environment file.`,
  ];
  return `${lines.join("\n")}\n`;
}

function approvalText(need: ApprovalNeed): string {
  if (need.count === 0) return "none";
  const typed = {
    none: "",
    yes: "",
    environment: ", who types the environment's name",
    target: ", who types the targets",
  }[need.strength];
  return `${need.count} ${need.count === 1 ? "person" : "people"}${need.requesterMay ? "" : " other than the one who asked"}${typed}`;
}

/** Text inside a table cell or a list: no line break, no column separator. */
function text(value: string): string {
  return value.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
}
