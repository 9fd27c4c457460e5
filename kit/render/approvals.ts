import type { ApprovalCount } from "../approval-counts.ts";
import { formatMs } from "../duration.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark, markWidth } from "./states.ts";
import { tsv } from "./table.ts";
import { clean, hang } from "./width.ts";

/** How often people were asked, runbook by runbook: many questions and quick answers are how approval becomes a habit. */
export function renderApprovals(
  screen: Screen,
  counts: readonly ApprovalCount[],
  days: number,
): readonly string[] {
  if (counts.length === 0) return [`Nobody was asked for approval in the last ${days} days.`];
  return [
    paint(screen, "strong", `Approvals of the last ${days} days`),
    ...counts.flatMap((count) => [
      ...hang(screen, mark(screen, count.unreviewed > 0 ? "waiting" : "done"), sentence(count)),
      ...hang(screen, " ".repeat(markWidth(screen)), answers(count), "muted"),
    ]),
  ];
}

function sentence({ runbook, asked, given, refused, expired }: ApprovalCount): string {
  const rest = [
    [given, "given"],
    [refused, "refused"],
    [expired, "expired"],
  ] as const;
  return `${clean(runbook, 60)}: asked ${times(asked)}${rest.map(([count, word]) => `, ${count} ${word}`).join("")}`;
}

function answers(count: ApprovalCount): string {
  const { medianMs, hasty, revoked, escalated, glass, unreviewed } = count;
  return [
    medianMs === undefined ? "nobody answered" : `answered after ${formatMs(medianMs)} (the middle one)`,
    ...(hasty === 0 ? [] : [`${hasty} in less than 10 s: was the plan read?`]),
    ...(revoked === 0 ? [] : [`${revoked} taken back`]),
    ...(escalated === 0 ? [] : [`${times(escalated)} the next on call had to be asked`]),
    ...(glass === 0 ? [] : [`glass broken ${times(glass)}, ${unreviewed} not reviewed`]),
  ].join("; ");
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** The same for pipes. */
export function approvalsTsv(counts: readonly ApprovalCount[], withHeader: boolean): readonly string[] {
  return tsv(
    [
      "runbook",
      "asked",
      "given",
      "refused",
      "revoked",
      "expired",
      "escalated",
      "hasty",
      "median-ms",
      "glass",
      "unreviewed",
    ],
    counts.map((one) => [
      one.runbook,
      ...[one.asked, one.given, one.refused, one.revoked, one.expired, one.escalated, one.hasty].map(String),
      one.medianMs === undefined ? "" : String(one.medianMs),
      String(one.glass),
      String(one.unreviewed),
    ]),
    withHeader,
  );
}
