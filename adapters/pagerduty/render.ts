import { createHash } from "node:crypto";
import { formatMs } from "#kit/duration.ts";
import { step as fold, type RunState } from "#kit/fold.ts";
import { shortDigest, type Plan } from "#kit/plan.ts";
import { environmentName } from "#kit/render/environment.ts";
import { honestLines } from "#kit/render/failure.ts";
import { askedText } from "#kit/run/ladder.ts";
import { clockTime } from "#kit/render/times.ts";
import {
  failedText,
  leftOutText,
  openQuestion,
  planTexts,
  runOf,
  shownTitle,
  stepOfKey,
  triedText,
} from "#kit/render/items.ts";
import { isStory, storyOf, type Story } from "#kit/render/story.ts";
import type { Severity } from "#kit/severity.ts";
import type { JournalEntry, Outcome } from "#kit/timeline.ts";
import { cut, plainText } from "../foreign-text.ts";
import { commandFor, nextSteps } from "../next-steps.ts";
import type { PagerEvent } from "./events.ts";

/** PagerDuty's own limits; source: PagerDuty developer docs, "Events API v2". */
export const limits = { dedupKey: 255, summary: 1_024, note: 8_000 } as const;

const severities = { P0: "critical", P1: "error", P2: "warning", P3: "info" } as const satisfies Record<
  Severity,
  string
>;

/** Ends that a person must take up, whatever the severity. */
const needsPerson = new Set<Outcome>(["escalated", "not-verified", "step-failed", "unknown", "defect"]);

/** What PagerDuty should know about a run by now. */
export type Standing = {
  readonly triggered: boolean;
  readonly acknowledged: boolean;
  readonly resolved: boolean;
};

/**
 * Paged: a P0 or P1 run once an alert stands behind it or looking found something to do, any run whose glass was broken, and any run
 * that ended needing a person.
 * Acknowledged: once a person approved or the first step began. Resolved: only when it was verified solved.
 */
export function standing(state: RunState): Standing {
  const urgent = state.severity === "P0" || state.severity === "P1";
  const real =
    state.alert !== undefined || (state.decision !== undefined && state.decision.kind !== "all-clear");
  const ended = state.ended?.outcome;
  const alone = state.glass !== undefined;
  const triggered =
    !state.planOnly && (alone || (urgent && real) || (ended !== undefined && needsPerson.has(ended)));
  const taken = state.approvals.length > 0 || state.steps.some((step) => step.state !== "next");
  return {
    triggered,
    acknowledged: triggered && taken,
    resolved: triggered && ended === "solved" && state.verify?.state === "held",
  };
}

/** One incident per episode of an alert, else one per run; PagerDuty folds repeats of the same key into one incident. */
export function dedupKey(state: RunState): string {
  const key =
    state.alert === undefined
      ? state.run
      : `${environmentName(state)}/${state.alert.name}/${state.alert.since}`;
  const plain = plainText(key, 2_000);
  if (plain.length <= limits.dedupKey) return plain;
  return `${plain.slice(0, limits.dedupKey - 17)}-${createHash("sha256").update(key).digest("hex").slice(0, 16)}`;
}

/** The event that opens the incident. */
export function renderTrigger(state: RunState): PagerEvent {
  const name = environmentName(state).toUpperCase();
  const about =
    state.ended !== undefined && needsPerson.has(state.ended.outcome)
      ? state.ended.verdict
      : (state.alert?.summary ?? state.title);
  return {
    event_action: "trigger",
    dedup_key: dedupKey(state),
    client: "csrd-ops",
    payload: {
      summary: plainText(`${state.severity} ${name} ${state.runbook}: ${about}`, limits.summary),
      source: plainText(Object.values(state.environment).join(" "), 200),
      severity: severities[state.severity],
      timestamp: state.alert?.since ?? state.askedAt,
      component: plainText(state.runbook, 80),
      group: plainText(environmentName(state), 80),
      class: plainText(state.alert?.name ?? "run", 80),
      custom_details: {
        run: state.run,
        asked_by: plainText(state.askedBy.name, 80),
        ...(state.decision === undefined ? {} : { because: plainText(state.decision.because, 500) }),
        ...(state.plan === undefined
          ? {}
          : {
              plan: shortDigest(state.plan.digest),
              steps: state.plan.steps.slice(0, 20).map((step) => plainText(step.title, 120)),
            }),
        timeline: commandFor(state, "timeline", state.run),
        ...(state.phase === "waiting" ? { approve: commandFor(state, "approve", state.run) } : {}),
        journal: state.lastHash.slice(0, 8),
      },
    },
  };
}

/** A note that tells entries up to `seq`; its last line says so, which is how a repeated delivery is recognised. */
export type Note = { readonly seq: number; readonly content: string };

/** The notes that tell entries above `cursor`: what happened meanwhile in one, the end in one of its own that begins with the verdict. */
export function renderNotes(entries: readonly JournalEntry[], cursor: number): readonly Note[] {
  const notes: Note[] = [];
  let state: RunState | undefined;
  let lines: string[] = [];
  let last: JournalEntry | undefined;
  const flush = () => {
    if (last !== undefined && lines.length > 0) notes.push(note(lines, last));
    lines = [];
  };
  for (const entry of entries) {
    state = fold(state, entry);
    if (entry.seq <= cursor || state === undefined) continue;
    if (entry.event.type === "run.ended") {
      flush();
      notes.push(
        note([plainText(entry.event.verdict, 1_200), ...afterLines(state, entry.event.outcome)], entry),
      );
      continue;
    }
    const line = lineOf(entry, state);
    if (line === undefined) continue;
    lines.push(`${clockTime(entry.at)} UTC  ${line}`);
    last = entry;
  }
  flush();
  return notes;
}

/** After a bad end: what is true now, and what can be typed. */
function afterLines(state: RunState, outcome: Outcome): readonly string[] {
  if (outcome === "solved" || outcome === "all-clear" || outcome === "planned") return [];
  const { stateNow, halfDone, notDone, held } = honestLines(state);
  return [
    `State now: ${plainText(stateNow, 400)}`,
    `Half done: ${plainText(halfDone, 400)}`,
    `Not done: ${plainText(notDone, 400)}`,
    `Held: ${plainText(held, 200)}`,
    ...nextSteps(state).map(({ command, effect }) => plainText(`${command}  (${effect})`, 400)),
  ];
}

function note(lines: readonly string[], entry: JournalEntry): Note {
  const mark = `${entry.run} #${entry.seq} ${entry.hash.slice(0, 8)}`;
  return { seq: entry.seq, content: `${cut(lines.join("\n"), limits.note - mark.length - 1)}\n${mark}` };
}

/** Highest entry of a run that these notes tell; 0 for none. */
export function lastNoted(notes: readonly string[], run: string): number {
  return Math.max(
    0,
    ...notes.map((content) => {
      const [, of, seq] = /^(\S+) #(\d+) [0-9a-f]{8}$/.exec(content.trimEnd().split("\n").at(-1) ?? "") ?? [];
      return of === run ? Number(seq) : 0;
    }),
  );
}

function lineOf({ event }: JournalEntry, state: RunState): string | undefined {
  const title = (key: string) => plainText(shownTitle(stepOfKey(state, key), 80), 80);
  if (isStory(event) && event.type !== "watch.judged") return storyLine(storyOf(event, state));
  switch (event.type) {
    case "run.decided":
      return `Decided: ${event.decision}, because ${plainText(event.because)}`;
    case "plan.made":
      return planText(state, event.plan);
    case "approval.asked":
      return `Waits for approval until ${clockTime(event.expiresAt)} UTC${onCall(state)}: ${commandFor(state, "approve", state.run)}`;
    case "approval.given":
      return `Approved by ${plainText(event.by.name, 40)}`;
    case "approval.refused":
      return `Refused by ${plainText(event.by.name, 40)}: ${plainText(event.reason)}`;
    case "approval.expired":
      return "Approval expired; nobody answered";
    case "step.done":
      return `Done: ${title(event.key)}: ${plainText(event.effect)} (${formatMs(event.tookMs)})`;
    case "step.failed":
      return `Failed: ${plainText(failedText(stepOfKey(state, event.key), event.fault))}`;
    case "step.interrupted":
      return `Unknown: ${title(event.key)}: ${plainText(event.why)}`;
    case "step.settled":
      return `Looked whether it happened: ${title(event.key)}: ${event.outcome}, because ${plainText(event.because)}`;
    case "verify.held":
      return `Recovered: ${plainText(event.says)}, steady for ${formatMs(event.steadyMs)}`;
    case "verify.failed":
      return `Not recovered: ${plainText(event.health.says)}`;
    case "note.added":
      return `Note by ${plainText(event.by.name, 40)}: ${plainText(event.text, 500)}`;
    case "undo.asked":
      return `${event.because === undefined ? `Undo asked by ${plainText(event.by.name, 40)}` : `Takes back what was done, because ${plainText(event.because.replace(/[.]$/, ""))}`}: ${event.steps.map((step) => plainText(step.title, 80)).join("; ")}`;
    case "run.interrupted":
      return `Stopped by ${plainText(event.signal, 40)}`;
    case "run.resumed":
      return `Resumed by ${plainText(event.by.name, 40)}`;
    case "watch.judged":
    case "step.started":
      return questionText(state, event.key);
    case "run.asked":
    case "look.started":
    case "probe.answered":
    case "lock.taken":
    case "lock.released":
    case "lock.lost":
    case "plan.checked":
    case "step.saw":
    case "vital.sampled":
    case "verify.started":
    case "verify.sampled":
    case "refused":
    case "run.ended":
      return undefined;
  }
}

/** Whom the question goes to, and to whom next. */
function onCall(state: RunState): string {
  const asked = state.need === undefined ? "" : askedText(state.need, state.askedBy.name);
  return asked === "" ? "" : `, asked: ${plainText(asked)}`;
}

/** The plan with what runs together, what is watched and waited for, what was tried and left out. */
function planText(state: RunState, plan: Plan): string {
  const tried = triedText(state);
  const leftOut = leftOutText(plan);
  const texts = planTexts(plan, (name) => commandFor(state, "signal", runOf(state), name));
  return [
    `Plan ${shortDigest(plan.digest)}:`,
    ...(tried === undefined ? [] : [`tried so far: ${plainText(tried, 600)}`]),
    ...texts.map((text) => plainText(text, 400)),
    ...(leftOut === undefined ? [] : [`left out: ${plainText(leftOut, 400)}`]),
  ].join("\n  ");
}

/** What a person is asked, where this step asks one. */
function questionText(state: RunState, key: string): string | undefined {
  const step = openQuestion(state);
  if (step === undefined || step.key !== key) return undefined;
  const commands = nextSteps(state)
    .map(({ command }) => command)
    .filter((command) => command.startsWith("ops signal"));
  const asked =
    step.kind === "wait"
      ? `you: ${plainText(shownTitle(step))}`
      : `a decision; ${plainText(shownTitle(step))} is unclear: ${plainText(step.judged?.because ?? "")}`;
  return `Waits for ${asked}. ${commands.join(" or ")}`;
}

function storyLine({ verb, text, notable }: Story): string | undefined {
  return notable ? `${verb.charAt(0).toUpperCase()}${verb.slice(1)}: ${plainText(text)}` : undefined;
}
