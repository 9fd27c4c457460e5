import { formatMs } from "../duration.ts";
import { closureText } from "../freeze.ts";
import { foldRun, step as fold, type RunState } from "../fold.ts";
import { shortDigest } from "../plan.ts";
import { timeSplit } from "../postmortem/time.ts";
import type { JournalEntry, Outcome } from "../timeline.ts";
import { band, environmentName } from "./environment.ts";
import { honestLines } from "./failure.ts";
import { failedText, shownTitle, stepOfKey } from "./items.ts";
import { paint, type Tone } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { isStory, storyOf, type Story } from "./story.ts";
import { resumedBy, takenOver } from "./taken-over.ts";
import { between, clockTime, dayOf, roughly, stopwatch } from "./times.ts";
import { clean, hang, withRight } from "./width.ts";

/** How a run ended, in one word or two that fit the column. */
const endWords: Readonly<Record<Outcome, string>> = {
  solved: "SOLVED",
  "all-clear": "ALL CLEAR",
  planned: "PLANNED",
  escalated: "ESCALATED",
  "handed-over": "HANDED ON",
  "not-verified": "UNPROVEN",
  "step-failed": "FAILED",
  "approval-refused": "REFUSED",
  "approval-expired": "EXPIRED",
  guarded: "GUARDED",
  unknown: "UNKNOWN",
  interrupted: "STOPPED",
  undone: "UNDONE",
  defect: "DEFECT",
};

/** One line of a timeline, before it is text. */
type TimelineRow = {
  readonly at: string;
  readonly verb: string;
  readonly text: string;
  /** How long, or what was waited for; at the right edge. */
  readonly right: string;
  readonly tone?: Tone;
  /** Key of the step it belongs to. */
  readonly step?: string;
  readonly failed: boolean;
};

/** Which rows are wanted. */
export type TimelineFilter = {
  readonly failed?: boolean;
  readonly step?: string;
  /** ISO instant; earlier rows are left out. */
  readonly since?: string;
};

const longGapMs = 60_000;

/** The rows of a run: every event of note, gaps over a minute with who or what was waited for. */
export function timelineRows(
  entries: readonly JournalEntry[],
  filter: TimelineFilter = {},
): readonly TimelineRow[] {
  const rows: TimelineRow[] = [];
  let state: RunState | undefined;
  let last: string | undefined;
  for (const entry of entries) {
    const before = state;
    state = fold(state, entry);
    if (state === undefined) continue;
    if (entry.event.type === "run.asked" && entry.event.alert !== undefined) {
      const { alert } = entry.event;
      rows.push({
        at: alert.since,
        verb: "alert",
        text: `${clean(alert.summary)} (${clean(alert.name, 80)})`,
        right: "",
        failed: false,
      });
      last = alert.since;
    }
    const row = rowOf(entry, state);
    if (row === undefined) continue;
    const gap = last === undefined ? 0 : between(last, entry.at);
    const waited = waitText(entry, before, gap);
    rows.push(
      row.right === "" && waited !== ""
        ? { ...row, right: waited }
        : { ...row, right: [row.right, waited].filter(Boolean).join("  ") },
    );
    last = entry.at;
  }
  return rows.filter((row) => wanted(row, filter));
}

function wanted(row: TimelineRow, { failed, step, since }: TimelineFilter): boolean {
  if (failed === true && !row.failed) return false;
  if (step !== undefined && row.step !== step) return false;
  return since === undefined || Date.parse(row.at) >= Date.parse(since);
}

/** Who or what the time before this row was spent on. */
function waitText(entry: JournalEntry, before: RunState | undefined, gap: number): string {
  const { event } = entry;
  const decided = event.type === "approval.given" || event.type === "approval.refused";
  if (decided && before?.approvalAsked !== undefined)
    return `waited ${roughly(between(before.approvalAsked.at, entry.at))} for ${clean(event.by.name, 40)}`;
  if (gap <= longGapMs) return "";
  if (event.type === "signal.received") {
    const step = before?.steps.find((one) => one.state === "waiting");
    if (step !== undefined)
      return `waited ${roughly(between(step.startedAt ?? entry.at, entry.at))} for ${clean(event.by.name, 40)}`;
  }
  if (event.type === "watch.judged" || event.type === "step.skipped") return "";
  if (event.type === "lock.kept") return `${roughly(gap)} without an answer`;
  if (event.type === "approval.expired") return `waited ${roughly(gap)} for an approver`;
  if (event.type === "run.asked") return `${roughly(gap)} until somebody asked`;
  if (event.type === "run.resumed") return `${roughly(gap)} without an owner`;
  if (event.type === "child.ended") return roughly(gap);
  if (event.type === "step.done" || event.type === "step.failed") return "";
  if (event.type === "verify.held" || event.type === "verify.failed") return "";
  return `${roughly(gap)} idle`;
}

function rowOf({ event, at }: JournalEntry, state: RunState): TimelineRow | undefined {
  const row = (verb: string, text: string, more: Partial<TimelineRow> = {}): TimelineRow => ({
    at,
    verb,
    text,
    right: "",
    failed: false,
    ...more,
  });
  const title = (key: string) => shownTitle(stepOfKey(state, key));
  if (isStory(event)) return storyRow(storyOf(event, state), row);
  switch (event.type) {
    case "run.asked":
      return row(
        "asked",
        `${clean(event.title, 120)} by ${clean(event.by.name, 60)}${event.reason === undefined ? "" : `: ${clean(event.reason, 200)}`}`,
      );
    case "run.decided": {
      const answers = state.probes.map((probe) => {
        const { finding } = probe;
        const word =
          finding === undefined || !finding.known
            ? "?"
            : { fine: "fine", bad: "bad", note: "noted" }[finding.reading.state];
        return `${clean(probe.name, 30)} ${word}`;
      });
      return row(
        "looked",
        `${state.probes.length} ${state.probes.length === 1 ? "question" : "questions"}: ${answers.join(", ")}; ${event.decision}, because ${clean(event.because, 400)}`,
        {
          right: formatMs(event.tookMs),
          failed: event.decision === "escalate",
        },
      );
    }
    case "plan.made":
      return row(
        "planned",
        `${shortDigest(event.plan.digest)}, ${event.plan.steps.length} ${event.plan.steps.length === 1 ? "step" : "steps"}, ${event.plan.strictest}${event.closed === undefined ? "" : `; not now: ${clean(closureText(event.closed), 300)}`}`,
      );
    case "approval.given":
      return row("approved", `by ${clean(event.by.name, 60)} (${event.by.via})`);
    case "approval.refused":
      return row("refused", `by ${clean(event.by.name, 60)}: ${clean(event.reason)}`, {
        failed: true,
        tone: "failed",
      });
    case "approval.expired":
      return row("expired", "nobody approved in time", { failed: true, tone: "failed" });
    case "lock.lost":
      return row("lost", `lock ${clean(event.lock, 80)}: ${clean(event.reason)}`, {
        failed: true,
        tone: "failed",
      });
    case "run.resumed":
      return row("resumed", resumedBy(event));
    case "lock.taken": {
      const from = takenOver(event);
      return from === undefined ? undefined : row("took over", `lock ${clean(event.lock, 80)}: ${from}`);
    }
    case "plan.checked":
      return event.same
        ? undefined
        : row("differs", event.differences.map((one) => clean(one, 200)).join("; "), {
            failed: true,
            tone: "failed",
          });
    case "step.done":
      return row("did", `${title(event.key)}: ${clean(event.effect)}`, {
        right: formatMs(event.tookMs),
        step: event.key,
      });
    case "step.failed":
      return row(
        "failed",
        `${failedText(stepOfKey(state, event.key), event.fault)}${event.fault.summary.includes(event.lastSaw) ? "" : ` Last seen: ${clean(event.lastSaw)}`}`,
        {
          right: formatMs(event.tookMs),
          step: event.key,
          failed: true,
          tone: "failed",
        },
      );
    case "step.interrupted":
      return row("unknown", `${title(event.key)}: ${clean(event.why)}`, {
        step: event.key,
        failed: true,
        tone: "unknown",
      });
    case "step.settled":
      return row("settled", `${title(event.key)}: ${event.outcome}, ${clean(event.because)}`, {
        step: event.key,
        failed: event.outcome !== "done",
        ...(event.outcome === "unknown" ? { tone: "unknown" as const } : {}),
      });
    case "verify.held":
      return row("held", `${clean(event.says)}, steady for ${formatMs(event.steadyMs)}`);
    case "verify.failed":
      return row("failed", `${clean(event.check, 60)}: ${clean(event.health.says)}`, {
        failed: true,
        tone: "failed",
      });
    case "undo.asked":
      return row(
        "undo",
        `${event.because === undefined ? `asked by ${clean(event.by.name, 60)}` : `by the plan itself, because ${clean(event.because, 240).replace(/\.$/, "")}`}: ${event.steps.map((step) => clean(step.title, 120)).join("; ")}`,
      );
    case "run.interrupted":
      return row("stopped", `by ${clean(event.signal, 20)}`, { failed: true });
    case "note.added":
      return row("note", `${clean(event.by.name, 60)}: ${clean(event.text)}`);
    case "run.ended": {
      const good = event.exit === 0 || event.outcome === "planned" || event.outcome === "undone";
      return row(endWords[event.outcome], clean(event.verdict, 800), {
        failed: !good,
        tone: good ? "done" : event.outcome === "unknown" ? "unknown" : "failed",
      });
    }
    case "step.started":
      if (stepOfKey(state, event.key)?.kind === "wait")
        return row("waits", `for you: ${title(event.key)}`, { step: event.key });
      return event.attempt > 1
        ? row("again", `${title(event.key)}, attempt ${event.attempt}`, { step: event.key })
        : undefined;
    case "look.started":
    case "probe.answered":
    case "approval.asked":
    case "lock.released":
    case "step.saw":
    case "vital.sampled":
    case "verify.started":
    case "verify.sampled":
    case "refused":
      return undefined;
  }
}

function storyRow(
  { verb, text, tone, notable }: Story,
  row: (verb: string, text: string, more?: Partial<TimelineRow>) => TimelineRow,
): TimelineRow | undefined {
  if (!notable) return undefined;
  return row(verb, text, { failed: tone === "failed", ...(tone === "plain" ? {} : { tone }) });
}

/** Where the time went: `detect 8:00 · decide 0:03 · wait 2:51 · act 1:20 · verify 5:01`. Parts that did not happen are left out. */
function splitText(entries: readonly JournalEntry[]): string {
  const { detecting, looking, deciding, waiting, executing, verifying, unattended } =
    timeSplit(entries).parts;
  const parts = [
    ["detect", detecting],
    ["decide", looking + deciding],
    ["wait", waiting],
    ["act", executing],
    ["verify", verifying],
    ["unattended", unattended],
  ] as const;
  return parts.flatMap(([name, ms]) => (ms < 500 ? [] : [`${name} ${stopwatch(ms)}`])).join(" · ");
}

/** The run as a post-mortem needs it, for a terminal. */
export function renderTimeline(
  screen: Screen,
  entries: readonly JournalEntry[],
  filter: TimelineFilter = {},
): readonly string[] {
  const state = foldRun(entries);
  if (state === undefined) return [];
  const split = splitText(entries);
  const rows = timelineRows(entries, filter);
  return [
    ...band(screen, state, `${state.run}  ${dayOf(state.askedAt)} UTC`),
    ...rows.flatMap((row) => {
      const verb = row.verb.padEnd(9);
      const first = `${clockTime(row.at)}  ${row.tone === undefined ? verb : paint(screen, row.tone, verb)} `;
      const narrow = screen.columns < 60;
      const lines = narrow
        ? [first.trimEnd(), ...hang(screen, "  ", row.text)]
        : hang(screen, first, row.text);
      return withRight(screen, lines, row.right);
    }),
    ...(rows.length === 0 ? ["Nothing in this run matches."] : []),
    ...(split === "" ? [] : hang(screen, narrowIndent(screen), split, "strong")),
    ...(state.ended === undefined
      ? [paint(screen, "muted", `It has not ended; last entry ${clockTime(state.lastAt)}.`)]
      : []),
  ];
}

function narrowIndent(screen: Screen): string {
  return screen.columns < 60 ? "" : " ".repeat(20);
}

/** The same as markdown that pastes clean into Slack, GitHub and a post-mortem: a verdict, a list, the honest lines. */
export function timelineMarkdown(entries: readonly JournalEntry[], filter: TimelineFilter = {}): string {
  const state = foldRun(entries);
  if (state === undefined) return "";
  const honest = honestLines(state);
  const bad = state.ended === undefined || !["solved", "all-clear", "planned"].includes(state.ended.outcome);
  const split = splitText(entries);
  const lines = [
    `**${inert(state.title)}** · ${inert(environmentName(state).toUpperCase())} · ${state.run} · ${dayOf(state.askedAt)}, times in UTC`,
    "",
    inert(state.ended?.verdict ?? "It has not ended."),
    "",
    ...timelineRows(entries, filter).map(
      (row) =>
        `- \`${clockTime(row.at)}\` **${inert(row.verb)}** ${inert(row.text)}${row.right === "" ? "" : ` _(${inert(row.right)})_`}`,
    ),
    ...(split === "" ? [] : ["", `Time: ${split}`]),
    ...(bad
      ? [
          "",
          `- State now: ${inert(honest.stateNow)}`,
          `- Half done: ${inert(honest.halfDone)}`,
          `- Not done: ${inert(honest.notDone)}`,
          `- Held: ${inert(honest.held)}`,
        ]
      : []),
    ...(state.ended === undefined || state.afterwards.length === 0
      ? []
      : ["", "Left to do:", ...state.afterwards.map((task) => `- [ ] ${inert(clean(task))}`)]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Foreign text that markdown and Slack take literally: no formatting, no mention, no link, no HTML. */
function inert(text: string): string {
  return clean(text, 1_000)
    .replace(/[\\`*_~[\]<>|#]/g, (character) =>
      character === "<" ? "&lt;" : character === ">" ? "&gt;" : `\\${character}`,
    )
    .replace(/@(?=\w)/g, "@\u2060");
}
