import type { RunState, StepState } from "../fold.ts";
import { suggestionLines } from "./command.ts";
import { glassLines } from "./broken-glass.ts";
import { shownTitle } from "./items.ts";
import { exitLine } from "./exits.ts";
import { nextCommands } from "./next.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { clockMinute } from "./times.ts";
import { vitalText } from "./vitals.ts";
import { clean, hang, labelled } from "./width.ts";

/** The four honest lines, on every surface and in every failure. */
export type Honest = {
  readonly stateNow: string;
  readonly halfDone: string;
  readonly notDone: string;
  readonly held: string;
};

/** What is true after a run stopped: state now, half done, not done, held. */
export function honestLines(state: RunState): Honest {
  const all = [...state.earlier, ...state.steps];
  const done = all.filter((step) => step.state === "done");
  const half = all.filter((step) => isHalfDone(step));
  const measured = state.vitals.filter((vital) => vital.values.length > 0);
  const left = state.steps.filter((step) => step.state === "next" || step.state === "skipped");
  return {
    stateNow: [
      ...(measured.length === 0
        ? []
        : [`last measured ${measured.map((vital) => vitalText(vital)).join(", ")}`]),
      ...(state.verify?.checks ?? []).flatMap(({ title, health }) =>
        health === undefined
          ? []
          : [`${lower(clean(title, 80))}: ${health.state}, ${clean(health.says, 160)}`],
      ),
      ...(done.length + half.length === 0
        ? ["Nothing was changed"]
        : [
            `${done.length} of ${all.length} steps done${state.round === 1 ? "" : ` in ${state.round} rounds`}`,
          ]),
      ...state.during.flatMap(({ title, health }) =>
        health.state === "healthy"
          ? []
          : [`${lower(clean(title, 80))}: ${health.state}, ${clean(health.says, 160)}`],
      ),
    ].join("; "),
    halfDone:
      half.length === 0
        ? "Nothing is half done"
        : half.map((step) => `${shownTitle(step)}: ${howHalf(step)}`).join("; "),
    notDone:
      [
        ...state.steps
          .filter((step) => step.state === "waiting")
          .map((step) => `${shownTitle(step)}: ${unanswered(step)}`),
        ...left.map((step) => shownTitle(step)),
        ...(state.plan !== undefined && state.verify === undefined
          ? ["the proof of recovery did not start"]
          : []),
        ...(state.plan === undefined ? ["nothing was planned"] : []),
      ].join("; ") || "Every step was done",
    held: heldText(state),
  };
}

/** A run that did not end well: what happened, the four honest lines, what to type, the code, the exit status. */
export function failureLines(screen: Screen, state: RunState): readonly string[] {
  const { ended } = state;
  const fault = ended?.fault ?? state.steps.find((step) => step.fault !== undefined)?.fault;
  const honest = honestLines(state);
  const details = clean(fault?.details ?? "", 300);
  return [
    ...labelled(screen, "What happened", clean(ended?.verdict ?? fault?.summary ?? "it has not ended", 800)),
    ...(details === "" || fault?.code === "defect" ? [] : labelled(screen, "It said", details)),
    ...labelled(screen, "State now", `${upper(honest.stateNow)}.`),
    ...labelled(screen, "Half done", `${honest.halfDone}.`, 15, isHalf(state) ? "unknown" : undefined),
    ...labelled(screen, "Not done", `${upper(honest.notDone)}.`),
    ...labelled(screen, "Held", honest.held),
    ...glassLines(screen, state),
    "",
    paint(screen, "strong", "Next"),
    ...suggestionLines(screen, nextCommands(screen, state)),
    ...(fault === undefined
      ? []
      : hang(screen, "", `${clean(fault.code, 40)}   ops explain ${clean(fault.code, 40)}`, "muted")),
    ...(ended === undefined || ended.exit === 0 ? [] : hang(screen, "", exitLine(ended.exit), "muted")),
  ];
}

function isHalf(state: RunState): boolean {
  return state.steps.some((step) => isHalfDone(step));
}

function isHalfDone(step: StepState): boolean {
  return (
    step.kind === "step" && (step.state === "failed" || step.state === "unknown" || step.state === "running")
  );
}

function howHalf(step: StepState): string {
  const saw =
    step.lastSaw === undefined || step.lastSaw === "" ? "nothing was seen of it" : clean(step.lastSaw, 200);
  if (step.state === "unknown") return `it may have happened; ${saw}`;
  if (step.state === "running") return `it was under way; last seen: ${saw}`;
  return `it was tried and did not come true; last seen: ${saw}`;
}

/** What was waited for when the run stopped. */
function unanswered(step: StepState): string {
  if (step.judged !== undefined) return `nobody said go on or undo; ${clean(step.judged.because, 200)}`;
  return "waited for, and nobody said that it is done";
}

function heldText({ lock, lockMissing }: RunState): string {
  if (lock?.held === true && lock.kept !== undefined)
    return `lock ${clean(lock.name, 80)} is kept until ${clockMinute(lock.kept.until)} UTC, because ${clean(lock.kept.reason, 160)}; give it back with "ops locks free"`;
  if (lock === undefined && lockMissing !== undefined) return `No lock was held: ${clean(lockMissing, 200)}.`;
  if (lock?.lost !== undefined)
    return `No lock any more: ${clean(lock.name, 80)} was lost, ${clean(lock.lost, 160).replace(/[.]$/, "")}.`;
  if (lock?.held === true)
    return `lock ${clean(lock.name, 80)}, until ${clockMinute(lock.until)} UTC at most`;
  return "No lock is held.";
}

function lower(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
