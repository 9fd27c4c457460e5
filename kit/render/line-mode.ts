import { stillMissing } from "../consent.ts";
import { askedText } from "../run/ladder.ts";
import type { ApprovalNeed } from "../timeline.ts";
import { formatMs } from "../duration.ts";
import type { RunState, StepState } from "../fold.ts";
import { shortDigest } from "../plan.ts";
import type { JournalEntry, RunEvent } from "../timeline.ts";
import { opsCommand } from "./command.ts";
import { environmentName } from "./environment.ts";
import { exitLine } from "./exits.ts";
import { honestLines } from "./failure.ts";
import { questionText } from "./doing.ts";
import { glassText, glassWord } from "./broken-glass.ts";
import {
  failedText,
  leftOutText,
  planTexts,
  runOf,
  shownTitle,
  silenceText,
  stepOfKey,
  triedText,
} from "./items.ts";
import { nextCommands } from "./next.ts";
import { needText, summaryText } from "./plan.ts";
import { plainly } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { states } from "./states.ts";
import { isStory, storyOf } from "./story.ts";
import { resumedBy, takenOver } from "./taken-over.ts";
import { clockMinute, clockTime, roughly } from "./times.ts";
import { vitalText } from "./vitals.ts";
import { clean } from "./width.ts";

/**
 * One timestamped line per thing that happened: for pipes, CI and screen readers. No colour, no cursor code, no shape, never cut.
 * The word in the second column is the state, the same word as everywhere else.
 */
export function eventLines(screen: Screen, entry: JournalEntry, state: RunState): readonly string[] {
  return words(screen, entry, state).map(([word, text]) => lineOf(screen, entry.at, word, text));
}

/** Said when nothing else was for 30 s: what is waited for, since when, how long at most. */
export function heartbeatLine(screen: Screen, state: RunState, now: Date): string {
  return lineOf(screen, now.toISOString(), states.running.word, heartbeatText(screen, state, now));
}

/** A remark of the command itself, in the same shape. */
export function remarkLine(screen: Screen, now: Date, word: string, text: string): string {
  return lineOf(screen, now.toISOString(), word, text);
}

function lineOf(screen: Screen, at: string, word: string, text: string): string {
  return plainly(screen, `${clockTime(at)}  ${word.padEnd(9)} ${text}`);
}

function heartbeatText(screen: Screen, state: RunState, now: Date): string {
  const since = (at: string) => roughly(now.getTime() - Date.parse(at));
  const running = state.steps.filter((known) => known.state === "running");
  const [step] = running;
  const question = questionText(screen, state, now);
  if (question !== undefined) return `still waits for ${question}${vitals(state)}`;
  if (state.phase === "waiting")
    return `still waits for approval, ${since(state.approvalAsked?.at ?? state.lastAt)}; expires ${clockMinute(state.approvalAsked?.expiresAt ?? state.lastAt)}`;
  if (state.phase === "verifying" && state.verify !== undefined)
    return `still proving recovery, ${since(state.verify.startedAt)} of at most ${formatMs(state.verify.withinMs)}${vitals(state)}`;
  if (step !== undefined) {
    const names = running.map((one) => `"${shownTitle(one, 160)}"`).join(", ");
    const samples =
      step.samples === undefined
        ? ""
        : `; ${step.samples.length} looks, the last: ${clean(step.lastSaw ?? "", 120)}`;
    return `still at ${names}, ${since(step.startedAt ?? state.lastAt)} of at most ${formatMs(step.withinMs)}${samples}${vitals(state)}`;
  }
  const open = state.probes.filter((probe) => probe.finding === undefined);
  return open.length > 0
    ? `still looking: ${open.map((probe) => clean(probe.name, 30)).join(", ")}`
    : "still at work";
}

function vitals(state: RunState): string {
  const shown = state.vitals.filter((vital) => vital.values.length > 0).map((vital) => vitalText(vital));
  return shown.length === 0 ? "" : `; ${shown.join("; ")}`;
}

type Words = readonly (readonly [word: string, text: string])[];

function words(screen: Screen, entry: JournalEntry, state: RunState): Words {
  const { event } = entry;
  const step = (key: string) => stepOfKey(state, key);
  const title = (key: string) => shownTitle(step(key));
  const { done, running, waiting, failed, unknown, next } = states;
  if (isStory(event) && event.type !== "watch.judged")
    return [[storyOf(event, state).word, storyOf(event, state).text]];
  switch (event.type) {
    case "run.asked":
      return [
        [
          "Asked",
          `${environmentName(state)}: ${clean(event.title, 120)} (${event.severity}), ${entry.run}, by ${clean(event.by.name, 60)}; times are UTC, ${entry.at.slice(0, 10)}`,
        ],
      ];
    case "look.started":
      return event.again
        ? []
        : [
            [
              running.word,
              `looking, ${event.probes.length} ${event.probes.length === 1 ? "question" : "questions"}`,
            ],
          ];
    case "probe.answered": {
      const { finding } = event;
      if (!finding.known) return [[unknown.word, `${clean(event.probe, 30)}: ${clean(finding.reason)}`]];
      const word = { fine: "Fine", bad: "Bad", note: "Note" }[finding.reading.state];
      return [[word, `${clean(event.probe, 30)}: ${clean(finding.reading.says)}`]];
    }
    case "run.decided":
      return [
        [
          "Decided",
          `${event.decision}, because ${clean(event.because, 600)} (rule ${clean(event.rule, 60)})`,
        ],
      ];
    case "plan.made":
      return [
        ...several("Planned", "tried so far: ", triedText(state)),
        ...planTexts(event.plan, (name) => opsCommand(screen, "signal", runOf(state), name)).map(
          (text): Words[number] => [next.word, text],
        ),
        ...several("Planned", "left out: ", leftOutText(event.plan)),
        [
          "Planned",
          `leaves alone: ${clean(event.plan.leavesAlone.join(", ") || "nothing else was considered", 600)}`,
        ],
        ["Planned", `plan ${shortDigest(event.plan.digest)}: ${summaryText(event.plan)}`],
        ["Planned", `approval: ${needText(event.need)}; good until ${clockMinute(event.plan.expiresAt)}`],
      ];
    case "approval.asked":
      return [
        [
          waiting.word,
          `for approval until ${clockMinute(event.expiresAt)}, then ${clean(event.ifSilent, 120)}${asked(event.need, state)}; approve with: ${opsCommand(screen, "approve", entry.run, "--plan", shortDigest(event.digest), "--yes")}`,
        ],
      ];
    case "approval.given":
      return [
        [
          "Approved",
          `by ${clean(event.by.name, 60)} (${event.by.via}), plan ${shortDigest(event.digest)}${howMany(state)}`,
        ],
      ];
    case "approval.refused":
      return [["Refused", `by ${clean(event.by.name, 60)}: ${clean(event.reason)}`]];
    case "approval.expired":
      return [["Expired", "nobody approved in time"]];
    case "lock.taken":
      return [
        ["Locked", `${clean(event.lock, 80)}, fence ${event.fence}`],
        ...[takenOver(event)].flatMap((from): [string, string][] =>
          from === undefined ? [] : [["Took over", from]],
        ),
      ];
    case "lock.released":
      return [
        [
          "Unlocked",
          `${clean(event.lock, 80)}${event.why === undefined ? "" : `, ${clean(event.why, 120)}`}`,
        ],
      ];
    case "lock.lost":
      return [[failed.word, `lost the lock ${clean(event.lock, 80)}: ${clean(event.reason)}`]];
    case "run.resumed":
      return [["Resumed", `${resumedBy(event)}; finished steps are not repeated`]];
    case "plan.checked":
      return event.same
        ? [[done.word, "looked again: the findings still ask for this plan"]]
        : [
            [
              failed.word,
              `looked again, and it differs: ${event.differences.map((one) => clean(one, 200)).join("; ")}`,
            ],
          ];
    case "step.started":
      if (step(event.key)?.kind === "wait")
        return [
          [
            waiting.word,
            `for ${questionText(screen, state, new Date(entry.at)) ?? title(event.key)}${afterSilence(step(event.key), entry.at)}`,
          ],
        ];
      return [
        [
          running.word,
          `${title(event.key)}, at most ${formatMs(event.withinMs)}${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`,
        ],
      ];
    case "step.saw":
      return [[running.word, `${title(event.key)}: ${clean(event.saw)}`]];
    case "step.done":
      return [[done.word, `${title(event.key)}: ${clean(event.effect)}, ${formatMs(event.tookMs)}`]];
    case "step.failed":
      return [[failed.word, `${failedText(step(event.key), event.fault)}${lastSeen(event)}`]];
    case "step.interrupted":
      return [
        [
          unknown.word,
          `${title(event.key)}: ${clean(event.why)} It may have happened; looking before anything else`,
        ],
      ];
    case "step.settled": {
      const word = { done: done.word, "not-done": next.word, unknown: unknown.word }[event.outcome];
      return [
        [
          word,
          `${title(event.key)}: ${event.outcome === "not-done" ? "it had not happened" : event.outcome === "done" ? "it had happened" : "still not known"}, ${clean(event.because)}`,
        ],
      ];
    }
    case "verify.started":
      return [
        [
          running.word,
          `proving: ${event.checks.map((check) => clean(check.title, 120)).join("; ")}; good for ${formatMs(event.steadyMs)} within ${formatMs(event.withinMs)}`,
        ],
      ];
    case "verify.sampled":
      return [
        [
          { healthy: "Fine", degraded: "Bad", unhealthy: "Bad", unknown: unknown.word }[event.health.state],
          `${clean(event.check, 60)}: ${clean(event.health.says)}`,
        ],
      ];
    case "verify.held":
      return [[done.word, `proven, steady for ${formatMs(event.steadyMs)}: ${clean(event.says)}`]];
    case "verify.failed":
      return [[failed.word, `not proven, ${clean(event.check, 60)}: ${clean(event.health.says)}`]];
    case "undo.asked":
      return [
        [
          "Undo",
          `${event.because === undefined ? `asked by ${clean(event.by.name, 60)}` : `by the plan itself, because ${clean(event.because, 240).replace(/\.$/, "")}`}: ${event.steps.map((step) => clean(step.title, 120)).join("; ")}`,
        ],
        ...event.stays.map((title): [string, string] => ["Stays", `${clean(title, 120)}: cannot be undone`]),
      ];
    case "run.interrupted":
      return [["Stopped", `by ${clean(event.signal, 20)}`]];
    case "note.added":
      return [["Note", `${clean(event.by.name, 60)}: ${clean(event.text)}`]];
    case "refused":
      return [
        ["Refused", `${clean(event.tried, 120)}, ${clean(event.by.name, 60)}: ${clean(event.fault.summary)}`],
      ];
    case "watch.judged": {
      const { word, text, notable } = storyOf(event, state);
      const say = questionText(screen, state, new Date(entry.at));
      if (!notable) return [];
      return [[word, text], ...several(waiting.word, "for you: ", say)];
    }
    case "vital.sampled":
      return [];
    case "run.ended":
      return endWords(screen, state, event.verdict, event.exit);
  }
}

/** One more line, where there is something to say. */
function several(word: string, before: string, text: string | undefined): Words {
  return text === undefined ? [] : [[word, `${before}${text}`]];
}

/** When silence counts as an answer, and as which. */
function afterSilence(step: StepState | undefined, at: string): string {
  if (step?.kind !== "wait") return "";
  const end = new Date(Date.parse(at) + step.withinMs).toISOString();
  return `; silence until ${clockMinute(end)}: ${silenceText(step) ?? ""}`;
}

/** What was last seen, unless the sentence says so already. */
function lastSeen({ fault, lastSaw }: RunEvent & { type: "step.failed" }): string {
  const saw = clean(lastSaw);
  return saw === "" || clean(fault.summary).includes(saw) ? "" : `; last seen: ${saw}`;
}

/** Whom the question goes to, and to whom next. */
function asked(need: ApprovalNeed, state: RunState): string {
  const text = askedText(need, state.askedBy.name);
  return text === "" ? "" : `; asked: ${clean(text, 200)}`;
}

/** How far that brings a plan that needs several. */
function howMany(state: RunState): string {
  const count = state.need?.count ?? 1;
  return count === 1 ? "" : `, ${count - stillMissing(state)} of ${count}`;
}

function endWords(screen: Screen, state: RunState, verdict: string, exit: number): Words {
  const outcome = state.ended?.outcome;
  if (outcome === "planned" || outcome === "all-clear" || outcome === "undone")
    return [["Ended", clean(verdict, 800)]];
  const next: Words = nextCommands(screen, state).map(
    ({ command, effect }) => ["Next", `${command}   ${effect}`] as const,
  );
  if (outcome === "solved")
    return [
      ["Solved", clean(verdict, 800)],
      ...several("GLASS", `${glassWord} `, glassText(state)),
      ...state.afterwards.map((task): Words[number] => ["To do", clean(task, 300)]),
      ...next,
    ];
  const honest = honestLines(state);
  const code = state.ended?.fault?.code;
  return [
    ["Ended", clean(verdict, 800)],
    ["State", honest.stateNow],
    ["Half done", honest.halfDone],
    ["Not done", honest.notDone],
    ["Held", honest.held],
    ...several("GLASS", `${glassWord} `, glassText(state)),
    ...next,
    ...(code === undefined
      ? []
      : ([["Code", `${clean(code, 40)}   ops explain ${clean(code, 40)}`]] as const)),
    ["Ended", exitLine(exit)],
  ];
}
