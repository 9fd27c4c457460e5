import { stillMissing } from "#kit/consent.ts";
import { formatMs } from "#kit/duration.ts";
import type { RunState, ShownState, StepState } from "#kit/fold.ts";
import { shortDigest } from "#kit/plan.ts";
import { glassText, glassWord } from "#kit/render/broken-glass.ts";
import { environmentName } from "#kit/render/environment.ts";
import { openQuestion, shownTitle, silenceText, unitHead, unitsOf } from "#kit/render/items.ts";
import { states } from "#kit/render/states.ts";
import { clockTime } from "#kit/render/times.ts";
import { commandFor } from "../next-steps.ts";
import { code, cutMrkdwn, inert } from "./mrkdwn.ts";

/** Slack's own limits, kept by the renderers with a visible cut. */
export const limits = { section: 3_000, message: 11_000, text: 4_000, parentLines: 6 } as const;

/** A block as far as we use them. */
export type Block =
  | { readonly type: "section"; readonly text: Mrkdwn }
  | { readonly type: "context"; readonly elements: readonly [Mrkdwn] };

type Mrkdwn = { readonly type: "mrkdwn"; readonly text: string; readonly verbatim: true };

/** A message ready to send: `text` alone carries the verdict, for notifications and screen readers. */
export type Message = { readonly text: string; readonly blocks: readonly Block[] };

/** Slack's shape for each of the nine states; the word always stands beside it. */
export const emoji: Readonly<Record<ShownState, string>> = {
  done: ":white_check_mark:",
  running: ":large_blue_circle:",
  waiting: ":hourglass_flowing_sand:",
  failed: ":x:",
  unknown: ":grey_question:",
  next: ":white_circle:",
  skipped: ":heavy_minus_sign:",
  undone: ":leftwards_arrow_with_hook:",
  stale: ":zzz:",
};

/** Which of the nine states a run is in as a whole. */
export function shownState(state: RunState): ShownState {
  const { ended } = state;
  if (ended === undefined) return waits(state) || openQuestion(state) !== undefined ? "waiting" : "running";
  switch (ended.outcome) {
    case "solved":
    case "all-clear":
    case "planned":
      return "done";
    case "escalated":
      return "waiting";
    case "handed-over":
      return ended.exit === 0 ? "done" : "waiting";
    case "not-verified":
    case "step-failed":
    case "defect":
      return "failed";
    case "approval-refused":
    case "approval-expired":
    case "guarded":
      return "skipped";
    case "unknown":
      return "unknown";
    case "undone":
      return "undone";
    case "interrupted":
      return state.steps.some((step) => step.state === "unknown" || step.state === "running")
        ? "unknown"
        : "skipped";
  }
}

/** True while somebody still has to approve; the journal's phase lasts until the first step. */
function waits(state: RunState): boolean {
  return state.phase === "waiting" && stillMissing(state) > 0;
}

/** The state's word with what it is about: "Waits for approval", "Running, step 2 of 2". */
export function headline(state: RunState): string {
  const shown = shownState(state);
  const { word } = states[shown];
  if (state.ended !== undefined) return shown === "waiting" ? `${word} for a person` : word;
  switch (state.phase) {
    case "waiting":
      return waits(state) ? `${word} for approval` : `${word}, approved`;
    case "acting": {
      const question = openQuestion(state);
      if (question !== undefined)
        return question.kind === "wait" ? `${word} for you` : `${word} for a decision`;
      return `${word}${whereText(state)}`;
    }
    case "verifying":
      return `${word}, verifying`;
    case "looking":
    case "deciding":
    case "planned":
    case "ended":
      return `${word}, looking`;
  }
}

/** Which step, or which steps at once; on the way back, how far. */
function whereText(state: RunState): string {
  const back = state.steps.filter((step) => step.undoes !== undefined);
  const steps = back.length > 0 ? back : state.steps;
  const at = steps.findIndex((step) => step.state === "running");
  if (at === -1) return "";
  const count = steps.filter((step) => step.state === "running").length;
  const these = count === 1 ? `step ${at + 1}` : `steps ${at + 1}–${at + count}`;
  const round = state.round === 1 ? "" : `, round ${state.round}`;
  return `, ${back.length > 0 ? "taking back, " : ""}${these} of ${steps.length}${round}`;
}

/** Where the run is, in capitals, because that is what must not be mistaken. */
export function place(state: RunState): string {
  return inert(environmentName(state).toUpperCase(), 40);
}

/** The sentence of the moment: the verdict once there is one, before it what is known so far. */
export function sentence(state: RunState): string {
  if (state.ended !== undefined) return inert(state.ended.verdict, 1_200);
  const question = openQuestion(state);
  if (question?.kind === "wait") return `You: ${inert(shownTitle(question))}.`;
  if (question !== undefined)
    return `${inert(shownTitle(question))} is unclear: ${inert(question.judged?.because ?? "")}. Everything holds.`;
  if (state.decision !== undefined) return `Because ${inert(state.decision.because)}.`;
  return inert(state.alert?.summary ?? state.summary);
}

/** The one message a run has in the channel, at most six lines, state word first; updated in place. */
export function renderParent(
  state: RunState,
  silent?: { readonly from: string; readonly to: string },
): Message {
  const lines = [
    `${emoji[shownState(state)]} *${headline(state)}* · ${inert(state.runbook, 60)} · *${place(state)}*`,
    glassLine(state),
    sentence(state),
    progress(state),
    command(state),
  ].filter((line) => line !== undefined);
  return {
    text: cutMrkdwn(summaryText(state), limits.text),
    blocks: [section(lines), context(footer(state, silent))],
  };
}

/** Broken glass is said before anything else, with its own sign. */
function glassLine(state: RunState): string | undefined {
  const text = glassText(state);
  return text === undefined ? undefined : `:rotating_light: *${glassWord}* ${inert(text, 600)}`;
}

/** Said in place of a message that Slack refuses: nothing in it can be refused, and the command shows what is missing. */
export function renderRefused(state: RunState, seq: number, why: string): Message {
  const line = `${headline(state)}: ${inert(state.runbook, 60)} on ${place(state)}. Slack refused the message up to entry ${seq} (${inert(why, 60)}); all of it: ${code(commandFor(state, "timeline", state.run))}`;
  return { text: cutMrkdwn(line, limits.text), blocks: [section([line])] };
}

/** What a lock screen shows: everything in one line. */
function summaryText(state: RunState): string {
  const glass = state.glass === undefined ? "" : `${glassWord}, `;
  const about = `${glass}${headline(state)}: ${inert(state.runbook, 60)} on ${place(state)}.`;
  const until =
    waits(state) && state.approvalAsked !== undefined
      ? ` ${stepsOf(state)}. Expires ${clockTime(state.approvalAsked.expiresAt)} UTC.`
      : "";
  return `${about} ${sentence(state)}${until}`;
}

/** The plan, or how far it got. */
function progress(state: RunState): string | undefined {
  const { plan } = state;
  if (plan === undefined) return undefined;
  const done = state.steps.filter((step) => step.state === "done").length;
  const running = state.steps.filter((step) => step.state === "running");
  const started = state.steps.some((step) => step.state !== "next");
  const name = `Plan \`${shortDigest(plan.digest)}\``;
  if (!started) return `${name}, ${plan.strictest}: ${stepsOf(state)}`;
  const [first] = running;
  const saw = first === undefined || running.length > 1 ? "" : `: ${inert(first.lastSaw ?? "started", 120)}`;
  const titles = running.map((step) => inert(shownTitle(step, 80), 80)).join("; ");
  return `${name}: ${done} of ${state.steps.length} done${titles === "" ? "" : ` · ${cutMrkdwn(titles, 400)}${saw}`}`;
}

function stepsOf(state: RunState): string {
  const parts = unitsOf(state.steps).map((unit) => {
    const head = unitHead({ ...unit, opens: false }, state.steps);
    const [first] = unit.steps;
    if (head !== undefined) return `${head}: ${first?.title.replace(first.targets[0] ?? "", "…") ?? ""}`;
    return `${first?.kind === "wait" ? "you: " : ""}${first?.title ?? ""}`;
  });
  const titles = parts.slice(0, 5).map((part) => inert(part, 120));
  const rest = parts.length - titles.length;
  return `${titles.join("; ")}${rest > 0 ? `; and ${rest} more` : ""}`;
}

/** What a person can type next, where there is something. */
function command(state: RunState): string | undefined {
  const question = openQuestion(state);
  if (question?.kind === "wait")
    return `Once it is done: ${code(commandFor(state, "signal", state.run, question.action))}; silence until ${silentAt(question, state)}: ${silenceText(question) ?? ""}`;
  if (question !== undefined)
    return `Go on: ${code(commandFor(state, "signal", state.run, question.key, "go-on"))} or take back: ${code(commandFor(state, "signal", state.run, question.key, "undo"))}`;
  if (waits(state)) return `Review and approve: ${code(commandFor(state, "approve", state.run))}`;
  if (state.ended !== undefined)
    return `Everything that happened: ${code(commandFor(state, "timeline", state.run))}`;
  return undefined;
}

function silentAt({ startedAt, withinMs }: StepState, { lastAt }: RunState): string {
  return clockTime(new Date(Date.parse(startedAt ?? lastAt) + withinMs).toISOString());
}

/** Who asked, until when, how old this is, and which journal entry it shows. */
function footer(state: RunState, silent?: { readonly from: string; readonly to: string }): string {
  return [
    `asked by ${inert(state.askedBy.name, 40)}`,
    waits(state) && state.approvalAsked !== undefined
      ? `expires ${clockTime(state.approvalAsked.expiresAt)}`
      : undefined,
    state.ended === undefined
      ? undefined
      : `took ${formatMs(Date.parse(state.ended.at) - Date.parse(state.askedAt))}`,
    silent === undefined ? undefined : `silent ${clockTime(silent.from)}–${clockTime(silent.to)}`,
    `updated ${clockTime(state.lastAt)} UTC`,
    `${state.run} \`${state.lastHash.slice(0, 8)}\``,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

/** Lines as one section, cut where Slack would refuse it. */
export function section(lines: readonly string[]): Block {
  return { type: "section", text: mrkdwn(cutMrkdwn(lines.join("\n"), limits.section)) };
}

function context(text: string): Block {
  return { type: "context", elements: [mrkdwn(text)] };
}

function mrkdwn(text: string): Mrkdwn {
  return { type: "mrkdwn", text, verbatim: true };
}
