import type { AnyAction } from "../action.ts";
import type { Risk } from "../plan.ts";
import type { Runbook } from "../runbook.ts";
import type { ApprovalNeed } from "../timeline.ts";
import { paramFacts } from "./params.ts";
import { actionsOf, questionsOf, watchesOf } from "./show.ts";

/** A runbook's page in docs/manual/, generated from its definition and production's approval rule: nothing in it is written twice. */
export function renderManual(runbook: Runbook, approval: (risk: Risk, at: Date) => ApprovalNeed): string {
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
        `| ${text(action.title)} | ${action.risk} | ${action.undo === undefined ? (action.risk === "safe" ? "not needed" : "cannot be undone") : "yes"} | ${action.within} | ${approvalAtAnyHour((at) => approval(action.risk, at))}${wordText(action)} |`,
    ),
    "",
    "```sh",
    `ops run ${runbook.id}`,
    "```",
    "",
    ...watchTable(runbook),
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

const inHours = new Date("2026-11-24T12:00:00Z");
const offHours = new Date("2026-11-28T12:00:00Z");

/** Whose word a step needs besides. */
function wordText({ wordOf }: AnyAction): string {
  return wordOf === undefined ? "" : `; among them somebody who answers for ${wordOf}, never who asked`;
}

/** A Tuesday noon and a Saturday noon, where they differ. */
function approvalAtAnyHour(approval: (at: Date) => ApprovalNeed): string {
  const [day, night] = [approvalText(approval(inHours)), approvalText(approval(offHours))];
  return day === night ? day : `${day}; outside business hours ${night}`;
}

/** What is watched between steps; a runbook without watches has no such section. What a plan waits for is in the plan alone. */
function watchTable(runbook: Runbook): readonly string[] {
  const watches = watchesOf(runbook);
  if (watches.length === 0) return [];
  return [
    "## Watch",
    "",
    "Looked at again and again between two steps. When one fails, what was done before is taken back; when it cannot tell, everything holds and a person says `go-on` or `undo`.",
    "",
    "| It watches | Every | Longest |",
    "|---|---|---|",
    ...watches.map(([, watch]) => `| ${text(watch.title)} | ${watch.every} | ${watch.within} |`),
    "",
  ];
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
