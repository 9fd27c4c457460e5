import { lacksWord, stillMissing } from "../consent.ts";
import { askedText } from "../run/ladder.ts";
import type { ApprovalNeed } from "../timeline.ts";
import { formatMs } from "../duration.ts";
import type { RunState } from "../fold.ts";
import type { Identity } from "../identity.ts";
import { shortDigest } from "../plan.ts";
import { opsCommand } from "./command.ts";
import { band, environmentName } from "./environment.ts";
import { becauseLines, foundLines } from "./found.ts";
import { paint } from "./palette.ts";
import { itemLines, summaryText } from "./plan.ts";
import { inset, type Screen } from "./screen.ts";
import { ago, clockMinute } from "./times.ts";
import { clean, hang, labelled } from "./width.ts";

/** What an approver reads before the question: who asked, what, the worst of it, how old the picture is, until when. */
export function renderApproval(
  screen: Screen,
  state: RunState,
  you: Identity,
  now: Date,
  lookedAgain: Date,
): readonly string[] {
  const { plan, need, approvalAsked } = state;
  if (plan === undefined || need === undefined) return [];
  const asked = `asked by ${clean(state.askedBy.name, 60)} ${ago(approvalAsked?.at ?? state.askedAt, now)}`;
  const expires = clockMinute(approvalAsked?.expiresAt ?? plan.expiresAt);
  const final = plan.steps.filter((step) => step.risk !== "safe" && !step.undoable);
  const reason = state.reason === undefined ? "" : `, because: ${clean(state.reason, 200)}`;
  return [
    ...band(screen, state, `you: ${clean(you.name, 40)}`),
    ...hang(screen, "", `${state.run}, ${clean(state.title, 120)}: ${asked}${reason}`),
    "",
    paint(screen, "strong", "Found"),
    ...foundLines(inset(screen, 2), state).map((line) => `  ${line}`),
    "",
    ...becauseLines(screen, state, ":"),
    "",
    ...itemLines(screen, state, plan.steps, true),
    "",
    ...labelled(screen, "Worst case", worstCase(state)),
    ...labelled(
      screen,
      "No way back",
      final.length === 0
        ? "Every step can be undone."
        : `${final.map((step) => clean(step.title, 200)).join("; ")}: cannot be undone.`,
      15,
      final.length === 0 ? undefined : "waiting",
    ),
    ...labelled(
      screen,
      "Leaves alone",
      clean(plan.leavesAlone.join(", ") || "nothing else was considered", 600),
    ),
    ...approvalLines(screen, state, need),
    ...labelled(screen, "Plan", `${shortDigest(plan.digest)}: ${summaryText(plan)}`),
    ...labelled(
      screen,
      "Looked",
      `${ago(state.lookedAt ?? state.askedAt, now)}, and again at ${lookedAgain.toISOString().slice(11, 19)} UTC: same findings; once more when you answer`,
    ),
    ...labelled(
      screen,
      "Silence",
      `expires ${expires} UTC: ${clean(approvalAsked?.ifSilent ?? "nothing is done", 160)}`,
    ),
  ];
}

/** How many say yes, who did already, whom silence asks next, and what the hour has to do with it. */
function approvalLines(screen: Screen, state: RunState, need: ApprovalNeed): readonly string[] {
  const given = state.approvals.map(({ by }) => clean(by.name, 40));
  const asked = askedText(need, state.askedBy.name);
  const lines = [
    ...(need.count > 1
      ? [
          `${need.count - stillMissing(state)} of ${need.count} so far${given.length === 0 ? "" : `, by ${given.join(" and ")}`}.`,
        ]
      : []),
    ...(need.word !== undefined &&
    lacksWord(
      state,
      state.approvals.map(({ by }) => by),
    )
      ? [
          `Needs the word of somebody who answers for ${need.word.of}: ${clean(need.word.names.join(" or "), 80)}.`,
        ]
      : []),
    ...(need.calendar === undefined ? [] : [`${clean(need.calendar, 160)}.`]),
    ...state.revoked.map(
      ({ by, reason }) => `${clean(by.name, 40)} took approval back: ${clean(reason, 200)}.`,
    ),
    ...(asked === "" ? [] : [`Asked: ${clean(asked, 200)}.`]),
  ];
  return lines.flatMap((line, index) => labelled(screen, index === 0 ? "Approvals" : "", line));
}

/** What has to be typed, exactly; anything else, and Enter alone, is no. */
export function answerNeeded(state: RunState): string {
  const strength = state.need?.strength ?? "environment";
  if (strength === "target")
    return [...new Set(state.plan?.steps.flatMap((step) => step.targets) ?? [])].join(",");
  if (strength === "environment") return environmentName(state);
  return "y";
}

/** The question itself, with the environment named again right beside it. */
export function approvalQuestion(screen: Screen, state: RunState): string {
  const place = paint(screen, "strong", clean(environmentName(state), 30).toUpperCase());
  return `${place} >  Type ${paint(screen, "strong", clean(answerNeeded(state), 200))} to approve, n to refuse, Enter for neither: `;
}

/** Said where nobody can be asked: the exact command that approves this plan and no other. */
export function approvalCommand(screen: Screen, state: RunState): string {
  const digest = state.plan === undefined ? "" : shortDigest(state.plan.digest);
  return opsCommand(screen, "approve", state.run, "--plan", digest, "--yes");
}

function worstCase({ plan }: RunState): string {
  const disruptive = (plan?.steps ?? []).filter(
    (step) => step.risk === "disruptive" || step.risk === "destructive",
  );
  const most = disruptive.reduce((sum, step) => sum + step.withinMs, 0);
  if (disruptive.length === 0) return "no step disturbs anybody.";
  const targets = new Set(disruptive.flatMap((step) => step.targets));
  return `${targets.size} ${targets.size === 1 ? "target is" : "targets are"} disturbed, one step after the other, for at most ${formatMs(most)}.`;
}
