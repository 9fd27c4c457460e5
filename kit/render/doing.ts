import { formatMs } from "../duration.ts";
import type { RunState, StepState } from "../fold.ts";
import { commandLines, opsCommand } from "./command.ts";
import { batchText, openQuestion, shownTitle, silenceText, unitHead, unitsOf, type Unit } from "./items.ts";
import { paint, plainly } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark, markWidth } from "./states.ts";
import { clockMinute, clockTime, roughly } from "./times.ts";
import { bar } from "./vitals.ts";
import { clean, hang, truncate, withRight } from "./width.ts";

const mostMembers = 6;
const mostUnits = 4;

/** What is done now and what comes next, groups whole: each member with its state while its group runs, one line each before. */
export function doingLines(screen: Screen, state: RunState, now: Date): readonly string[] {
  const back = state.steps.filter((step) => step.undoes !== undefined);
  const steps = back.length > 0 ? back : state.steps;
  const open = unitsOf(steps).filter((unit) => !unit.steps.every((step) => isOver(step)));
  return open.slice(0, mostUnits).flatMap((unit) => unitLines(screen, state, unit, now));
}

function isOver(step: StepState): boolean {
  return (
    step.state === "done" || step.state === "skipped" || step.state === "undone" || step.state === "failed"
  );
}

function unitLines(screen: Screen, state: RunState, unit: Unit<StepState>, now: Date): readonly string[] {
  const [first] = unit.steps;
  if (first === undefined) return [];
  if (unit.group === undefined) return stepLines(screen, state, first, now);
  if (unit.steps.every((step) => step.state === "next")) {
    const titles = unit.steps.map((step) => shownTitle(step, 80)).join("; ");
    const coming = unitHead({ ...unit, opens: false }, state.steps) ?? "";
    return comingLines(screen, unit.group.kind === "batches" ? coming : `${coming}: ${titles}`);
  }
  const head = unit.group.kind === "batches" ? batchText(unit, state.steps) : unitHead(unit, state.steps);
  // What runs or failed is what matters; finished members give way first.
  const rank = { running: 0, unknown: 0, waiting: 0, failed: 1, next: 2, done: 3 } as Partial<
    Record<StepState["state"], number>
  >;
  const shown = unit.steps
    .toSorted((a, b) => (rank[a.state] ?? 4) - (rank[b.state] ?? 4))
    .slice(0, mostMembers);
  const rest = unit.steps.length - shown.length;
  return [
    ...hang(screen, " ".repeat(markWidth(screen)), head ?? ""),
    ...unit.steps
      .filter((step) => shown.includes(step))
      .flatMap((step) => stepLines(screen, state, step, now)),
    ...(rest === 0
      ? []
      : [paint(screen, "muted", `${" ".repeat(markWidth(screen))}and ${rest} more of them`)]),
  ];
}

function comingLines(screen: Screen, text: string): readonly string[] {
  const cut = truncate(screen, plainly(screen, text), Math.min(screen.columns, 80) - markWidth(screen) - 10);
  return [paint(screen, "muted", `${mark({ ...screen, color: false }, "next")}${" ".repeat(10)}${cut}`)];
}

function stepLines(screen: Screen, state: RunState, step: StepState, now: Date): readonly string[] {
  if (step.state === "waiting" && step.kind === "wait") return waitLines(screen, state, step, now);
  if (step.state === "waiting" && step.kind === "watch") return unclearLines(screen, state, step);
  const at = step.endedAt ?? step.startedAt;
  if (at === undefined || step.state === "next")
    return comingLines(screen, `${step.kind === "wait" ? "you: " : ""}${shownTitle(step)}`);
  const first = `${mark(screen, step.state)}${clockTime(at)}  `;
  if (step.state !== "running") {
    const how = step.state === "done" ? step.effect : (step.fault?.summary ?? step.lastSaw);
    return hang(
      screen,
      first,
      how === undefined ? shownTitle(step) : `${shownTitle(step)}: ${clean(how, 160)}`,
    );
  }
  const started = step.startedAt ?? at;
  const saw = step.lastSaw === undefined ? "" : `: ${clean(step.lastSaw, 160)}`;
  return [
    ...withRight(
      screen,
      hang(screen, first, `${shownTitle(step)}${saw}`),
      `${roughly(now.getTime() - Date.parse(started))} of at most ${formatMs(step.withinMs)}`,
      "running",
    ),
    ...(step.kind === "watch" ? sampleLines(screen, step, now) : []),
  ];
}

const under = (screen: Screen) => " ".repeat(markWidth(screen) + 10);

/** How many looks there were, how many had no answer, how old the newest is, and their course. */
function sampleLines(screen: Screen, step: StepState, now: Date): readonly string[] {
  const text = samplesText(screen, step, now);
  return text === undefined ? [] : hang(screen, under(screen), text, "muted");
}

const mostBars = 24;

/** "6 looks, 1 without an answer, the last 20 s ago  ▁▂?▃█▅"; undefined before the first. */
function samplesText(screen: Screen, { samples = [] }: StepState, now: Date): string | undefined {
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  const unanswered = samples.filter((sample) => !sample.known).length;
  const missing = unanswered === 0 ? "" : `, ${unanswered} without an answer`;
  const values = samples.slice(-mostBars).map((sample) => (sample.known ? numberIn(sample.value) : "?"));
  const numbers = values.filter((value) => typeof value === "number");
  const top = Math.max(...numbers, 0);
  const course =
    numbers.length === 0
      ? ""
      : `  ${values.map((value) => (typeof value === "number" ? bar(screen, value, top) : "?")).join("")}`;
  const count = `${samples.length} ${samples.length === 1 ? "look" : "looks"}`;
  return `${count}${missing}, the last ${roughly(Math.max(0, now.getTime() - Date.parse(last.at)))} ago${course}`;
}

/** The first number of a sample: what a course is drawn of. */
function numberIn(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const member of Object.values(value) as readonly unknown[]) {
    const found = numberIn(member);
    if (found !== undefined) return found;
  }
  return undefined;
}

function waitLines(screen: Screen, state: RunState, step: StepState, now: Date): readonly string[] {
  const started = step.startedAt ?? state.lastAt;
  const until = Date.parse(started) + step.withinMs;
  const left = until - now.getTime();
  const end = clockMinute(new Date(until).toISOString());
  return [
    ...withRight(
      screen,
      hang(screen, `${mark(screen, "waiting")}${clockTime(started)}  `, `You: ${shownTitle(step)}`),
      left > 0 ? `${roughly(left)} left, until ${end} UTC` : `over since ${end} UTC`,
      "waiting",
    ),
    ...commandLines(screen, opsCommand(screen, "signal", state.run, step.action), under(screen)),
    ...hang(screen, under(screen), `silence → ${silenceText(step) ?? ""}`, "muted"),
  ];
}

function unclearLines(screen: Screen, state: RunState, step: StepState): readonly string[] {
  const command = (word: string) => opsCommand(screen, "signal", state.run, step.key, word);
  const because = step.judged?.because ?? step.lastSaw ?? "";
  return [
    ...hang(
      screen,
      `${mark(screen, "waiting")}${clockTime(step.startedAt ?? state.lastAt)}  `,
      `${shownTitle(step)}: unclear, ${clean(because, 200)}. Everything holds until you say:`,
    ),
    ...commandLines(screen, command("go-on"), under(screen)),
    ...commandLines(screen, command("undo"), under(screen)),
  ];
}

/** Whether somebody's word is waited for, as a clause for a line of text: what, how long still, what to type. */
export function questionText(screen: Screen, state: RunState, now: Date): string | undefined {
  const step = openQuestion(state);
  if (step === undefined) return undefined;
  if (step.kind === "watch")
    return `"${shownTitle(step, 160)}" is unclear; say: ${opsCommand(screen, "signal", state.run, step.key, "go-on")}, or undo`;
  const since = now.getTime() - Date.parse(step.startedAt ?? state.lastAt);
  return `you: ${shownTitle(step, 160)}, ${roughly(since)} of at most ${formatMs(step.withinMs)}; say so with: ${opsCommand(screen, "signal", state.run, step.action)}`;
}
