import { formatMs } from "../duration.ts";
import { closureText } from "../freeze.ts";
import type { RunState } from "../fold.ts";
import { shortDigest, type Plan, type PlannedStep } from "../plan.ts";
import type { ApprovalNeed } from "../timeline.ts";
import { commandLines, opsCommand } from "./command.ts";
import { band } from "./environment.ts";
import { failureLines } from "./failure.ts";
import { becauseLines, foundLines } from "./found.ts";
import { paint } from "./palette.ts";
import { inset, type Screen } from "./screen.ts";
import { riskWord } from "./states.ts";
import { clockMinute, clockTime } from "./times.ts";
import { itemNote, itemWord, leftOutText, longestMs, runOf, triedText, unitHead, unitsOf } from "./items.ts";
import { glassLines } from "./broken-glass.ts";
import { clean, hang, labelled, withRight } from "./width.ts";

/** What else a plan may show. */
export type PlanOptions = {
  /** The plan made before this one, for the difference. */
  readonly previous?: Plan | undefined;
  /** Every step's preview and limit, and every question as it was asked. */
  readonly full?: boolean;
  /** Whether the runbook was found ready here, and its last drill. */
  readonly readiness?: string;
};

/** A plan, in the order it is read: found, because, steps, leaves alone, summary, approval, validity, command. */
export function renderPlan(screen: Screen, state: RunState, options: PlanOptions = {}): readonly string[] {
  const head = [
    ...band(screen, state, lookedText(state)),
    ...(options.readiness === undefined ? [] : hang(screen, "", clean(options.readiness, 600), "muted")),
  ];
  const found = [
    paint(screen, "strong", "Found"),
    ...foundLines(inset(screen, 2), state).map((line) => `  ${line}`),
  ];
  if (options.full) found.push(...questionLines(screen, state));
  const { plan } = state;
  if (plan === undefined) return [...head, "", ...found, "", ...withoutPlan(screen, state)];
  return [
    ...head,
    ...differenceLines(screen, options.previous, plan),
    "",
    ...found,
    "",
    ...planBody(screen, state, plan, options),
    ...commandLines(screen, opsCommand(screen, "run", state.runbook, "--plan", shortDigest(plan.digest)), ""),
  ];
}

/** The plan's own part: why, what, what not, who must agree, until when. */
export function planBody(
  screen: Screen,
  state: RunState,
  plan: Plan,
  options: PlanOptions = {},
): readonly string[] {
  const tried = triedText(state);
  const leftOut = leftOutText(plan);
  return [
    ...(tried === undefined ? [] : [...labelled(screen, "Tried so far", `${tried}.`), ""]),
    ...becauseLines(screen, state, ":"),
    "",
    ...itemLines(screen, state, plan.steps, options.full === true),
    "",
    ...(leftOut === undefined ? [] : labelled(screen, "Left out", leftOut, 15, "waiting")),
    ...labelled(
      screen,
      "Leaves alone",
      clean(plan.leavesAlone.join(", ") || "nothing else was considered", 600),
    ),
    ...labelled(screen, "Plan", `${shortDigest(plan.digest)}: ${summaryText(plan)}`),
    ...(state.need === undefined ? [] : labelled(screen, "Approval", needText(state.need))),
    ...(state.closed === undefined
      ? []
      : labelled(screen, "Not now", `${closureText(state.closed)}.`, 15, "failed")),
    ...glassLines(screen, state),
    ...labelled(screen, "Good until", `${clockMinute(plan.expiresAt)} UTC, or until the findings change`),
  ];
}

/** Summary: how many steps change something, how many targets, how long at most. */
export function summaryText(plan: Plan): string {
  const changing = plan.steps.filter((step) => step.risk !== "safe");
  const targets = new Set(changing.flatMap((step) => step.targets));
  const final = changing.filter((step) => !step.undoable).length;
  const { work, wait } = longestMs(plan.steps);
  const steps = `${changing.length} changing ${changing.length === 1 ? "step" : "steps"}`;
  const on = `${targets.size} ${targets.size === 1 ? "target" : "targets"}`;
  const back = final === 0 ? "all can be undone" : `${final} cannot be undone`;
  const people = wait === 0 ? "" : ` and ${formatMs(wait)} of waiting for people`;
  return `${steps}, ${on}, ${back}, at most ${formatMs(work)}${people}`;
}

/** Who must agree, and which rule says so. */
export function needText(need: ApprovalNeed): string {
  const who =
    need.count === 0
      ? "none needed"
      : `${need.count} ${need.count === 1 ? "person" : "people"}${need.requesterMay ? ", you may be one" : " other than you"}`;
  const hour = need.calendar === undefined ? "" : `; ${clean(need.calendar, 160)}`;
  const word =
    need.word === undefined
      ? ""
      : `, among them somebody who answers for ${need.word.of}: ${clean(need.word.names.join(" or "), 80) || "nobody is named"}`;
  return `${who}${word} (${clean(need.rule, 80)}${hour})`;
}

/** Every item of a plan, groups under a line that says what runs at the same time. */
export function itemLines(
  screen: Screen,
  state: Pick<RunState, "planOnly" | "run">,
  steps: readonly PlannedStep[],
  full: boolean,
): readonly string[] {
  const keys = Math.max(3, ...steps.map(({ key }) => clean(key, 12).length));
  const signal = (name: string) => opsCommand(screen, "signal", runOf(state), name);
  return unitsOf(steps).flatMap((unit) => {
    const head = unitHead(unit, steps);
    return [
      ...(head === undefined ? [] : hang(screen, " ".repeat(keys + 2), head)),
      ...unit.steps.flatMap((step) =>
        stepLines(screen, step, { full, keys, note: itemNote(step, signal, steps) }),
      ),
    ];
  });
}

type StepShown = { readonly full: boolean; readonly keys: number; readonly note: string | undefined };

const kindTones = { watch: "running", wait: "waiting" } as const;

/** One item. Its risk, its title and "cannot be undone" are wrapped where they do not fit, never cut. */
function stepLines(screen: Screen, step: PlannedStep, { full, keys, note }: StepShown): readonly string[] {
  const key = clean(step.key, 12).padStart(keys);
  const undo = step.risk === "safe" || step.undoable ? "" : "cannot be undone";
  const title = clean(step.title, 400);
  const narrow = screen.columns < 60;
  const word = (columns: number) =>
    step.kind === "step"
      ? riskWord(screen, step.risk, columns)
      : paint(screen, kindTones[step.kind], itemWord(step).padEnd(columns));
  const indent = " ".repeat(narrow ? keys + 2 : keys + 15);
  const head = narrow
    ? [`${key}  ${word(0)}`, ...hang(screen, indent, title)]
    : hang(screen, `${key}  ${word(11)}  `, title);
  const more = full
    ? [
        ...hang(screen, indent, clean(step.preview, 1_000), "muted"),
        ...hang(screen, indent, `at most ${formatMs(step.withinMs)}`, "muted"),
      ]
    : [];
  return [
    ...withRight(screen, head, undo, step.risk === "destructive" ? "failed" : "waiting"),
    ...(note === undefined ? [] : hang(screen, indent, note, step.kind === "wait" ? "waiting" : "muted")),
    ...more,
  ];
}

function lookedText(state: RunState): string {
  const at = state.lookedAt ?? state.askedAt;
  const took = state.lookTookMs === undefined ? "" : `, took ${formatMs(state.lookTookMs)}`;
  return `looked at ${clockTime(at)} UTC${took}`;
}

function questionLines(screen: Screen, state: RunState): readonly string[] {
  return [
    "",
    paint(screen, "strong", "Asked"),
    ...state.probes.flatMap((probe) =>
      hang(
        screen,
        "  ",
        `${clean(probe.ask)} (${clean(probe.name, 30)}${probe.tookMs === undefined ? "" : `, ${formatMs(probe.tookMs)}`}${probe.optional ? ", optional" : ""})`,
        "muted",
      ),
    ),
  ];
}

/** What differs from the plan made before, first of all; nothing when there was none or it is the same. */
function differenceLines(screen: Screen, previous: Plan | undefined, plan: Plan): readonly string[] {
  if (previous === undefined || previous.digest === plan.digest) return [];
  const before = new Set(previous.steps.map((step) => step.title));
  const now = new Set(plan.steps.map((step) => step.title));
  const lines = [
    ...plan.steps.filter((step) => !before.has(step.title)).map((step) => `+ ${clean(step.title)}`),
    ...previous.steps.filter((step) => !now.has(step.title)).map((step) => `- ${clean(step.title)}`),
  ];
  const title = `Differs from plan ${shortDigest(previous.digest)} made at ${clockTime(previous.madeAt)}`;
  const detail =
    lines.length > 0 ? lines : ["~ same steps; the runbook, its parameters or their order changed"];
  return ["", paint(screen, "strong", title), ...detail.flatMap((line) => hang(screen, "  ", line))];
}

/** A decision that plans nothing: nothing to do, a person, or another runbook. */
function withoutPlan(screen: Screen, state: RunState): readonly string[] {
  if (state.decision?.kind !== "all-clear")
    return [...becauseLines(screen, state), "", ...failureLines(screen, state)];
  const unknown = state.probes.filter((probe) => probe.finding?.known !== true);
  const passed = state.probes.length - unknown.length;
  const names = unknown.map((probe) => clean(probe.name, 30)).join(", ");
  return [
    ...becauseLines(screen, state),
    ...hang(
      screen,
      "",
      `Nothing to do. ${passed} ${passed === 1 ? "question" : "questions"} answered, ${unknown.length} unknown${unknown.length === 0 ? "" : ` (${names})`}. Nothing was changed.`,
    ),
  ];
}
