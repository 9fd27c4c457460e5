import { formatMs } from "#kit/duration.ts";
import type { ProbeState, RunState } from "#kit/fold.ts";
import { step as fold } from "#kit/fold.ts";
import { shortDigest } from "#kit/plan.ts";
import { askedText } from "#kit/run/ladder.ts";
import { clockTime } from "#kit/render/times.ts";
import {
  failedText,
  leftOutText,
  planTexts,
  runOf,
  shownTitle,
  stepOfKey,
  triedText,
} from "#kit/render/items.ts";
import { isStory, storyOf, type Story } from "#kit/render/story.ts";
import { resumedBy, takenOver } from "#kit/render/taken-over.ts";
import { honestLines } from "#kit/render/failure.ts";
import type { Fault, JournalEntry, Outcome } from "#kit/timeline.ts";
import { commandFor, nextSteps } from "../next-steps.ts";
import { code, cutMrkdwn, inert } from "./mrkdwn.ts";
import { emoji, headline, limits, place, section, sentence, shownState, type Message } from "./render.ts";

/** One reply in the thread: up to which entry it tells, and whether the channel must see it because a person has to act or it is over. */
export type Reply = Message & { readonly seq: number; readonly broadcast: boolean };

/** What a channel must see at once: a person is needed, something was skipped, or it is over. */
const callsOut: ReadonlySet<JournalEntry["event"]["type"]> = new Set([
  "approval.asked",
  "approval.escalated",
  "glass.broken",
  "run.ended",
]);

/** Most lines that go into one reply; what happened while Slack was away arrives in few messages. */
const mostLines = 30;

/** The replies that tell entries above `cursor`. Quiet ones share a reply; a call to act and the end stand alone. */
export function renderThread(entries: readonly JournalEntry[], cursor: number): readonly Reply[] {
  const replies: Reply[] = [];
  let state: RunState | undefined;
  let quiet: { readonly lines: string[]; seq: number } | undefined;
  const flush = () => {
    if (quiet !== undefined) replies.push(reply(quiet.lines, quiet.seq, false));
    quiet = undefined;
  };
  for (const entry of entries) {
    state = fold(state, entry);
    if (entry.seq <= cursor || state === undefined) continue;
    const lines = linesOf(entry, state);
    if (lines.length === 0) continue;
    if (callsOut.has(entry.event.type) || asksNow(entry, state)) {
      flush();
      replies.push(reply(lines, entry.seq, true));
      continue;
    }
    if (!fits(lines)) {
      flush();
      replies.push(...several(lines, entry.seq));
      continue;
    }
    if (quiet !== undefined && !fits([...quiet.lines, ...lines])) flush();
    quiet ??= { lines: [], seq: entry.seq };
    quiet.lines.push(...lines);
    quiet.seq = entry.seq;
  }
  flush();
  return replies;
}

/** From this entry on a person's word is waited for. */
function asksNow({ event }: JournalEntry, state: RunState): boolean {
  if (event.type === "watch.judged") return event.verdict === "inconclusive";
  return event.type === "step.started" && stepOfKey(state, event.key)?.kind === "wait";
}

/** What a person is asked, with what to type. */
function questionLines(state: RunState): readonly string[] {
  return [
    `${emoji.waiting} *${headline(state)}* · ${inert(state.runbook, 60)} · *${place(state)}*`,
    sentence(state),
    ...nextSteps(state)
      .filter(({ command }) => command.startsWith("ops signal"))
      .map(({ command, effect }) => `•  ${code(command)}  ${inert(effect, 200)}`),
  ];
}

function fits(lines: readonly string[]): boolean {
  return lines.length <= mostLines && lines.join("\n").length <= limits.section;
}

function reply(lines: readonly string[], seq: number, broadcast: boolean): Reply {
  return { text: cutMrkdwn(lines.join("\n"), limits.text), blocks: sections(lines), seq, broadcast };
}

/** Lines in as many sections as they need, so that no step of a long plan is lost. */
function sections(lines: readonly string[]): Message["blocks"] {
  return packed(lines, limits.section).map((part) => section(part));
}

/** One entry that is too long for one reply, in several; only the last says that the entry was told, so a repeat begins with the first. */
function several(lines: readonly string[], seq: number): readonly Reply[] {
  const parts = packed(lines, limits.message);
  return parts.map((part, index) => reply(part, index === parts.length - 1 ? seq : seq - 1, false));
}

/** Lines in parts of at most so many characters. */
function packed(lines: readonly string[], most: number): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let size = 0;
  for (const line of lines) {
    const last = parts.at(-1);
    if (last === undefined || size + line.length + 1 > most) parts.push([line]);
    else last.push(line);
    size = parts.at(-1)?.length === 1 ? line.length : size + line.length + 1;
  }
  return parts;
}

/** What one entry adds to the thread: nothing, a line, or a line with its details under it. */
function linesOf(entry: JournalEntry, state: RunState): readonly string[] {
  const { event } = entry;
  const at = clockTime(entry.at);
  if (
    isStory(event) &&
    event.type !== "approval.escalated" &&
    event.type !== "glass.broken" &&
    event.type !== "watch.judged"
  ) {
    return storyLines(at, storyOf(event, state));
  }
  switch (event.type) {
    case "run.asked":
      return [
        ...(event.alert === undefined
          ? []
          : [
              `${clockTime(event.alert.since)}  alert ${inert(event.alert.name, 60)}: ${inert(event.alert.summary)}`,
            ]),
        `${at}  asked by ${inert(event.by.name, 40)}${event.reason === undefined ? "" : `: ${inert(event.reason)}`}`,
      ];
    case "run.decided":
      return [
        `${at}  looked at ${counted(state.probes.length, "thing")} in ${formatMs(event.tookMs)}`,
        ...state.probes.flatMap(probeLine),
        `${at}  decided: ${event.decision}, because ${inert(event.because)} (rule ${inert(event.rule, 60)})`,
      ];
    case "plan.made":
      return [
        `${at}  plan \`${shortDigest(event.plan.digest)}\`: ${counted(event.plan.steps.length, "step")}, good until ${clockTime(event.plan.expiresAt)}`,
        ...more("tried so far: ", triedText(state)),
        ...planTexts(event.plan, (name) => commandFor(state, "signal", runOf(state), name)).map(
          (text) => `      ${inert(text, 400)}`,
        ),
        ...more("left out: ", leftOutText(event.plan)),
        ...(event.plan.leavesAlone.length === 0
          ? []
          : [`      leaves alone ${event.plan.leavesAlone.map((name) => inert(name, 60)).join(", ")}`]),
      ];
    case "approval.asked":
      return [
        `${emoji.waiting} *${headline(state)}* · ${inert(state.runbook, 60)} · *${place(state)}*`,
        `Plan ${code(shortDigest(event.digest))} until ${clockTime(event.expiresAt)} UTC; if nobody answers: ${inert(event.ifSilent)}.`,
        ...onCall(state),
        code(commandFor(state, "approve", entry.run, "--plan", shortDigest(event.digest))),
      ];
    case "approval.given":
      return [
        `${at}  approved by ${inert(event.by.name, 40)} (${event.by.via})${event.lookedAgain === "same" ? ", looked again: same findings" : ""}`,
      ];
    case "approval.refused":
      return [`${at}  refused by ${inert(event.by.name, 40)}: ${inert(event.reason)}`];
    case "approval.expired":
      return [`${at}  approval expired; nobody answered`];
    case "plan.checked":
      return event.same ? [] : [`${at}  the findings changed: ${inert(event.differences.join("; "))}`];
    case "run.resumed":
      return [`${at}  resumed ${inert(resumedBy(event), 300)}`];
    case "lock.taken": {
      const from = takenOver(event);
      return from === undefined
        ? []
        : [`${at}  took over the lock ${inert(event.lock, 60)}: ${inert(from, 300)}`];
    }
    case "step.done":
      return [
        `${at}  ${emoji.done} Done ${event.key}  ${titleOf(state, event.key)}: ${inert(event.effect)} (${formatMs(event.tookMs)})`,
      ];
    case "step.failed":
      return [
        `${at}  ${emoji.failed} Failed ${event.key}  ${inert(failedText(stepOfKey(state, event.key), event.fault))}${lastSeen(event)}`,
      ];
    case "step.interrupted":
      return [
        `${at}  ${emoji.unknown} Unknown ${event.key}  ${titleOf(state, event.key)}: ${inert(event.why)}`,
      ];
    case "step.settled":
      return [
        `${at}  looked whether ${event.key} happened: ${event.outcome}, because ${inert(event.because)}`,
      ];
    case "verify.started":
      return [
        `${at}  verifying: ${event.checks.map((check) => inert(check.title, 80)).join("; ")}, for ${formatMs(event.steadyMs)}`,
      ];
    case "verify.held":
      return [`${at}  ${emoji.done} Recovered: ${inert(event.says)}, steady for ${formatMs(event.steadyMs)}`];
    case "verify.failed":
      return [`${at}  ${emoji.failed} Not recovered: ${inert(event.health.says)}`];
    case "lock.lost":
      return [`${at}  lock ${inert(event.lock, 60)} lost: ${inert(event.reason)}`];
    case "undo.asked":
      return [
        `${at}  ${event.because === undefined ? `undo asked by ${inert(event.by.name, 40)}` : `takes back what was done, because ${inert(event.because.replace(/[.]$/, ""))}`}: ${event.steps.map((step) => inert(step.title, 80)).join("; ")}`,
        ...event.stays.map((title) => `      stays: ${inert(title, 80)}`),
      ];
    case "run.interrupted":
      return [`${at}  stopped by ${inert(event.signal, 40)}`];
    case "note.added":
      return [`${at}  note by ${inert(event.by.name, 40)}: ${inert(event.text, 500)}`];
    case "refused":
      return [`${at}  refused for ${inert(event.by.name, 40)}: ${inert(event.fault.summary)}`];
    case "run.ended":
      return [
        `${emoji[shownState(state)]} *${headline(state)}* · ${inert(state.runbook, 60)} · *${place(state)}*`,
        sentence(state),
        ...afterLines(state, event.outcome),
        `${endedWell(event.outcome) ? code(commandFor(state, "timeline", entry.run)) : entry.run} · ${code(entry.hash.slice(0, 8))}`,
      ];
    case "approval.escalated":
      return [
        `${emoji.waiting} *${headline(state)}* · ${inert(state.runbook, 60)} · *${place(state)}*`,
        `Nobody answered; now also asked: *${event.to.map((name) => inert(name, 40)).join(", ")}*.`,
        code(commandFor(state, "approve", entry.run, "--plan", shortDigest(event.digest))),
      ];
    case "glass.broken":
      return [
        `${emoji.failed} *BREAK-GLASS* · ${inert(state.runbook, 60)} · *${place(state)}*`,
        `${inert(event.by.name, 40)} goes without ${event.skips.map((one) => inert(one, 40)).join(" and ")} until ${clockTime(event.expiresAt)} UTC, because: ${inert(event.reason)}`,
        `Somebody else has to review it afterwards: ${code(commandFor(state, "review", entry.run, "..."))}`,
      ];
    case "watch.judged":
    case "step.started":
      return asksNow(entry, state) ? questionLines(state) : [];
    case "look.started":
    case "probe.answered":
    case "lock.released":
    case "step.saw":
    case "vital.sampled":
    case "verify.sampled":
      return [];
  }
}

/** Whom the question goes to, and to whom next. */
function onCall(state: RunState): readonly string[] {
  const asked = state.need === undefined ? "" : askedText(state.need, state.askedBy.name);
  return asked === "" ? [] : [`Asked: ${inert(asked)}.`];
}

function more(before: string, text: string | undefined): readonly string[] {
  return text === undefined ? [] : [`      ${before}${inert(text, 600)}`];
}

function storyLines(at: string, { verb, text, notable }: Story): readonly string[] {
  return notable ? [`${at}  ${verb}: ${inert(text, 500)}`] : [];
}

function endedWell(outcome: Outcome): boolean {
  return outcome === "solved" || outcome === "all-clear" || outcome === "planned";
}

/** What is left for people: tasks after a good end, the four honest lines and what can be typed after a bad one. */
function afterLines(state: RunState, outcome: Outcome): readonly string[] {
  if (endedWell(outcome))
    return outcome === "solved" ? state.afterwards.slice(0, 5).map((task) => `•  ${inert(task)}`) : [];
  const { stateNow, halfDone, notDone, held } = honestLines(state);
  return [
    `State now: ${inert(stateNow, 400)}`,
    `Half done: ${inert(halfDone, 400)}`,
    `Not done: ${inert(notDone, 400)}`,
    `Held: ${inert(held, 200)}`,
    ...nextSteps(state).map(({ command, effect }) => `•  ${code(command)}  ${inert(effect, 120)}`),
  ];
}

/** Bad and unknown answers in full; good ones are only counted. */
function probeLine(probe: ProbeState): readonly string[] {
  const { finding } = probe;
  if (finding === undefined) return [];
  if (!finding.known)
    return [`      ${emoji.unknown} Unknown  ${inert(probe.ask, 80)} ${inert(finding.reason, 160)}`];
  if (finding.reading.state === "fine") return [];
  const shape = finding.reading.state === "bad" ? `${emoji.failed} Bad` : "•  Note";
  return [`      ${shape}  ${inert(finding.reading.says, 200)}`];
}

/** What was last seen of a failed step, unless its sentence says so already. */
function lastSeen({ fault, lastSaw }: { readonly fault: Fault; readonly lastSaw: string }): string {
  return lastSaw === "" || fault.summary.includes("last seen") ? "" : ` (last seen: ${inert(lastSaw, 120)})`;
}

function titleOf(state: RunState, key: string): string {
  return inert(shownTitle(stepOfKey(state, key), 80), 80);
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
