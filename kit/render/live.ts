import { stillMissing } from "../consent.ts";
import { askedText } from "../run/ladder.ts";
import { formatMs } from "../duration.ts";
import type { RunState, StepState } from "../fold.ts";
import { shortDigest } from "../plan.ts";
import type { JournalEntry, RunEvent } from "../timeline.ts";
import { opsCommand } from "./command.ts";
import { endLines } from "./end.ts";
import { band } from "./environment.ts";
import { foundLines, lookingLines, probeLines } from "./found.ts";
import { paint, type TerminalEnv } from "./palette.ts";
import { doingLines } from "./doing.ts";
import { glassText, glassWord } from "./broken-glass.ts";
import { failedText, failureMeans, openQuestion, shownTitle, stepOfKey } from "./items.ts";
import { planBody } from "./plan.ts";
import { inset, type Screen } from "./screen.ts";
import { mark, markWidth } from "./states.ts";
import { isStory, storyOf, type Story } from "./story.ts";
import { resumedBy, takenOver } from "./taken-over.ts";
import { clockMinute, clockTime, roughly } from "./times.ts";
import { vitalLines } from "./vitals.ts";
import { clean, displayWidth, hang, pad, withRight } from "./width.ts";

/**
 * Lines that an entry finishes: printed once, above the tail, never touched again. With all of them the scrollback is the whole record.
 * `state` is the run after the entry.
 */
export function finishedLines(screen: Screen, entry: JournalEntry, state: RunState): readonly string[] {
  const { event, at } = entry;
  const row = (shape: Parameters<typeof mark>[1], text: string, right = "") =>
    withRight(screen, hang(screen, `${mark(screen, shape)}${clockTime(at)}  `, text), right);
  const step = (key: string) => stepOfKey(state, key);
  if (isStory(event)) return storyRow(storyOf(event, state), row);
  switch (event.type) {
    case "run.asked":
      return [...band(screen, state, `${entry.run}  ${clockTime(at)} UTC`), ...askedLines(screen, state), ""];
    case "run.decided":
      return [
        paint(screen, "strong", "Found"),
        ...foundLines(inset(screen, 2), state).map((line) => `  ${line}`),
        "",
      ];
    case "plan.made":
      return [...planBody(screen, state, event.plan), ""];
    case "approval.given":
      return row(
        "done",
        `Approved by ${clean(event.by.name, 60)} (${event.by.via}), plan ${shortDigest(event.digest)}`,
      );
    case "approval.refused":
      return row("failed", `Refused by ${clean(event.by.name, 60)}: ${clean(event.reason)}`);
    case "approval.expired":
      return row("failed", "Nobody approved in time");
    case "lock.lost":
      return row("failed", `Lost the lock ${clean(event.lock, 80)}: ${clean(event.reason)}`);
    case "run.resumed":
      return row("running", `Resumed ${resumedBy(event)}; finished steps are not repeated`);
    case "lock.taken": {
      const from = takenOver(event);
      return from === undefined ? [] : row("done", `Took over the lock ${clean(event.lock, 80)}: ${from}`);
    }
    case "plan.checked":
      return event.same
        ? row("done", "Looked again: the findings still ask for this plan")
        : row(
            "failed",
            `Looked again, and it differs: ${event.differences.map((one) => clean(one, 200)).join("; ")}`,
          );
    case "step.done":
      return row("done", doneText(step(event.key), event.effect), formatMs(event.tookMs));
    case "step.failed":
      return row("failed", failedText(step(event.key), event.fault), failureMeans(step(event.key), state));
    case "step.interrupted":
      return row(
        "unknown",
        `${shownTitle(step(event.key))}: ${clean(event.why)} It may have happened. Looking before anything else.`,
      );
    case "step.settled": {
      const words = {
        done: "It had happened",
        "not-done": "It had not happened",
        unknown: "Still not known",
      } as const;
      const shape = { done: "done", "not-done": "next", unknown: "unknown" } as const;
      return row(shape[event.outcome], `${words[event.outcome]}: ${clean(event.because)}`);
    }
    case "verify.held":
      return row("done", `Proven: ${clean(event.says)}`, `steady ${formatMs(event.steadyMs)}`);
    case "verify.failed":
      return row("failed", `Not proven, ${clean(event.check, 60)}: ${clean(event.health.says)}`);
    case "undo.asked":
      return undoRows(event, row);
    case "run.interrupted":
      return row("waiting", `Stopped by ${clean(event.signal, 20)}`);
    case "note.added":
      return row("next", `Note by ${clean(event.by.name, 60)}: ${clean(event.text)}`);
    case "run.ended":
      return [...(state.steps.length > 0 ? [""] : []), ...endLines(screen, state)];
    case "step.started":
      return askRow(step(event.key), row);
    case "look.started":
    case "probe.answered":
    case "approval.asked":
    case "lock.released":
    case "step.saw":
    case "vital.sampled":
    case "verify.started":
    case "verify.sampled":
    case "refused":
      return [];
  }
}

/** Who or what turned the run back, what is taken back, and what cannot be. */
function undoRows(
  { by, steps, stays, because }: RunEvent & { type: "undo.asked" },
  row: (shape: Parameters<typeof mark>[1], text: string) => readonly string[],
): readonly string[] {
  const titles = steps.map((step) => clean(step.title, 120)).join("; ");
  const who =
    because === undefined
      ? `Undo asked by ${clean(by.name, 60)}`
      : `Takes back what was done, because ${clean(because, 240)}`;
  return [
    ...row("undone", `${who}${because === undefined ? ":" : ""} ${titles}`),
    ...stays.flatMap((title) => row("next", `Stays: ${clean(title, 120)} cannot be undone`)),
  ];
}

function storyRow(
  { text, tone, notable }: Story,
  row: (shape: Parameters<typeof mark>[1], text: string) => readonly string[],
): readonly string[] {
  if (!notable) return [];
  return row(tone === "plain" ? "next" : tone, `${text.charAt(0).toUpperCase()}${text.slice(1)}`);
}

/** What the tail may say about keys. */
export type TailOptions = {
  readonly now: Date;
  /** Set once Ctrl-C was pressed: what the run stops after. */
  readonly stopping?: boolean;
  /** Set when another process drives the run and this one only watches. */
  readonly attached?: boolean;
};

/** Rows that lines take on a terminal of that width: one that was made narrower has broken the lines it already showed. */
export function rowsOf(lines: readonly string[], columns: number): number {
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(displayWidth(line) / columns)), 0);
}

/** Whether this terminal breaks lines it already showed when it is made narrower; xterm, rxvt and GNU screen cut them instead. */
export function reflows(env: TerminalEnv): boolean {
  if (env["TMUX"] !== undefined) return true;
  return (
    env["XTERM_VERSION"] === undefined && env["STY"] === undefined && env["TERM"]?.startsWith("rxvt") !== true
  );
}

/** The part that is redrawn: what happens now, since when, how long at most, and whether it gets better. At most min(12, rows − 4) lines. */
export function tailLines(screen: Screen, state: RunState, options: TailOptions): readonly string[] {
  const most = Math.max(1, Math.min(12, screen.rows - 4));
  const keys = most < 3 ? [] : keyLines(screen, state, options).slice(0, most - 2);
  const lines = [...glassTail(screen, state), ...stageLines(screen, state, options.now)];
  return [...lines.slice(0, most - keys.length), ...keys];
}

function stageLines(screen: Screen, state: RunState, now: Date): readonly string[] {
  switch (state.phase) {
    case "looking":
    case "deciding":
      return [
        ...lookingLines(screen, state, now),
        ...state.probes
          .filter((probe) => probe.finding !== undefined)
          .flatMap((probe) => probeLines(inset(screen, 2), probe, 12).map((line) => `  ${line}`)),
      ];
    case "planned":
    case "waiting":
      return waitingLines(screen, state, now);
    case "acting":
      return [...doingLines(screen, state, now), ...vitalLines(screen, state)];
    case "verifying":
      return [...provingLines(screen, state, now), ...vitalLines(screen, state)];
    case "ended":
      return [];
  }
}

function askedLines(screen: Screen, state: RunState): readonly string[] {
  const reason = state.reason === undefined ? "" : `, because: ${clean(state.reason, 200)}`;
  return hang(
    screen,
    "",
    `${clean(state.title, 120)} (${state.severity}), asked by ${clean(state.askedBy.name, 60)}${reason}`,
  );
}

function waitingLines(screen: Screen, state: RunState, now: Date): readonly string[] {
  const { approvalAsked, need } = state;
  if (approvalAsked === undefined || need === undefined) return [`${mark(screen, "running")}Taking the lock`];
  const waited = now.getTime() - Date.parse(approvalAsked.at);
  const missing = stillMissing(state);
  const approvals = `${missing}${missing === need.count ? "" : " more"} ${missing === 1 ? "approval" : "approvals"}`;
  const people = need.requesterMay
    ? approvals
    : `${approvals} by ${missing === 1 ? "somebody" : "people"} other than ${clean(state.askedBy.name, 40)}`;
  const asked = askedText(need, state.askedBy.name);
  return [
    ...hang(
      screen,
      mark(screen, "waiting"),
      `Waits ${roughly(waited)} for ${people}; expires ${clockMinute(approvalAsked.expiresAt)} UTC, then ${clean(approvalAsked.ifSilent, 120)}`,
    ),
    ...(asked === "" ? [] : hang(screen, " ".repeat(markWidth(screen)), `Asked: ${clean(asked, 200)}`)),
    ...hang(screen, " ".repeat(markWidth(screen)), opsCommand(screen, "approve", state.run), "command"),
  ];
}

/** While the glass is broken, the tail begins with it. */
function glassTail(screen: Screen, state: RunState): readonly string[] {
  const text = state.phase === "ended" ? undefined : glassText(state);
  return text === undefined ? [] : hang(screen, "", `${glassWord} ${text}`, "failed").slice(0, 2);
}

function provingLines(screen: Screen, state: RunState, now: Date): readonly string[] {
  const { verify } = state;
  if (verify === undefined) return [];
  const since = now.getTime() - Date.parse(verify.startedAt);
  return [
    ...withRight(
      screen,
      hang(screen, mark(screen, "running"), `Proving: good for ${formatMs(verify.steadyMs)} without a break`),
      `${roughly(since)} of at most ${formatMs(verify.withinMs)}`,
      "running",
    ),
    ...verify.checks.flatMap(({ title, health }) => {
      const shape =
        health === undefined
          ? "next"
          : health.state === "healthy"
            ? "done"
            : health.state === "unknown"
              ? "unknown"
              : "failed";
      const says = health === undefined ? "not looked at yet" : clean(health.says, 160);
      return hang(
        screen,
        `  ${pad(mark(screen, shape), markWidth(screen))}`,
        `${clean(title, 120)}: ${says}`,
      );
    }),
  ];
}

/** What Ctrl-C means here; a tail is never without it while something runs. */
function keyLines(
  screen: Screen,
  state: RunState,
  { now, stopping = false, attached = false }: TailOptions,
): readonly string[] {
  if (state.phase === "ended") return [];
  if (attached) return hang(screen, "   ", "q or Ctrl-C leaves it running", "muted");
  if (state.phase !== "acting" && state.phase !== "verifying") return [];
  const waits = openQuestion(state) !== undefined;
  const several = state.steps.filter((step) => step.state === "running").length > 1;
  const after = several ? "Ctrl-C stops after these steps" : "Ctrl-C stops after this step";
  const leave = waits ? "Ctrl-C stops here; what was done stays" : after;
  const text = stopping ? stoppingText(state, now) : leave;
  return hang(screen, "   ", text, stopping ? "waiting" : "muted");
}

/** What Ctrl-C does, with the step it waits for and its limit. */
export function stoppingText(state: RunState, now: Date): string {
  const running = state.steps.filter((known) => known.state === "running");
  const [step] = running;
  if (step === undefined) return "Stopping at the next boundary. Ctrl-C again: stop now.";
  const left = Math.max(
    0,
    ...running.map((one) => one.withinMs - (now.getTime() - Date.parse(one.startedAt ?? state.lastAt))),
  );
  const names = running.map((one) => `"${shownTitle(one, 80)}"`).join(", ");
  return `Stopping after ${names} (at most ${roughly(left)} more). Again: stop now and leave ${running.length === 1 ? "it" : "them"} unknown.`;
}

/** A wait is an event of its own: from here on somebody else's time passes. */
function askRow(
  step: StepState | undefined,
  row: (shape: Parameters<typeof mark>[1], text: string) => readonly string[],
): readonly string[] {
  return step?.kind === "wait" ? row("waiting", `Waits for you: ${shownTitle(step)}`) : [];
}

function doneText(step: StepState | undefined, effect: string): string {
  const seen = clean(effect, 240);
  return seen === "" || seen === step?.title ? shownTitle(step) : `${shownTitle(step)}: ${seen}`;
}
