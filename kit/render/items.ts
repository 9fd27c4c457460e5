import { formatMs } from "../duration.ts";
import type { RunState, ShownState, StepState } from "../fold.ts";
import type { Plan, PlannedStep, StepGroup } from "../plan.ts";
import type { Fault } from "../timeline.ts";
import { clean } from "./width.ts";

/** What runs at the same time: one item alone, the steps of a group, or one batch of several. */
export type Unit<Step extends PlannedStep = PlannedStep> = {
  readonly steps: readonly Step[];
  readonly group?: StepGroup;
  /** True for the first batch that is shown; it says the rules of all. */
  readonly opens: boolean;
};

/** A plan's items as they run, in order. */
export function unitsOf<Step extends PlannedStep>(steps: readonly Step[]): readonly Unit<Step>[] {
  const units: { steps: Step[]; group?: StepGroup; opens: boolean }[] = [];
  for (const step of steps) {
    const { group } = step;
    const last = units.at(-1);
    const known = group !== undefined && last?.group?.key === group.key;
    if (known && last.group?.batch === group.batch) last.steps.push(step);
    else units.push({ steps: [step], opens: !known, ...(group === undefined ? {} : { group }) });
  }
  return units;
}

/** What stands above the steps of a group: "2.1–2.3 at the same time", "batch 2 of 4: api-3, api-4". Undefined for an item alone. */
export function unitHead({ steps, group, opens }: Unit, all: readonly PlannedStep[]): string | undefined {
  if (group === undefined) return undefined;
  if (group.kind === "together") return `${keysOf(steps)} at the same time`;
  const batch = `batch ${group.batch} of ${group.of}: ${targetsOf(steps)}`;
  return opens ? `${batch}; ${batchRules(group, all)}` : batch;
}

/** The whole sentence about one batch, for a surface that shows nothing else of its group. */
export function batchText(unit: Unit, all: readonly PlannedStep[]): string {
  return unitHead({ ...unit, opens: true }, all) ?? "";
}

function batchRules({ key, floor, mayFail }: StepGroup, all: readonly PlannedStep[]): string {
  const count = all.filter((step) => step.group?.key === key).length;
  const stop =
    mayFail === 0 ? "stops after the first failure" : `up to ${mayFail} of ${count} may fail, then it stops`;
  return floor === 0 ? stop : `at least ${floor} stay in service; ${stop}`;
}

function keysOf(steps: readonly PlannedStep[]): string {
  const keys = steps.map(({ key }) => clean(key, 12));
  return keys.length < 2 ? keys.join("") : `${keys[0] ?? ""}–${keys.at(-1) ?? ""}`;
}

function targetsOf(steps: readonly PlannedStep[]): string {
  const targets = [...new Set(steps.flatMap((step) => step.targets))].map((target) => clean(target, 80));
  return targets.join(", ") || keysOf(steps);
}

/** What kind of item it is, in the place where a step has its risk. */
export function itemWord(step: PlannedStep): string {
  if (step.kind === "watch") return "watch";
  return step.kind === "wait" ? "you" : step.risk;
}

const silence = {
  stop: "stops as it is",
  undo: "what was done is taken back",
  "go-on": "goes on without",
} as const;

/** What silence means while this is waited for; undefined for anything else. */
export function silenceText(step: PlannedStep): string | undefined {
  return step.kind === "wait" ? silence[step.input.ifSilent] : undefined;
}

/** The command that says of a wait that it has happened, as the surface writes commands. */
export type SignalCommand = (name: string) => string;

/** What must be known of an item beside its title: how a watch ends, how a wait is answered, what is filled in from a step before. */
export function itemNote(
  step: PlannedStep,
  signal: SignalCommand,
  all: readonly PlannedStep[],
): string | undefined {
  if (step.kind === "watch")
    return `fails → what was done before is taken back${withoutWayBack(step, all)}; unclear → it waits for a person`;
  if (step.kind === "wait") {
    const { ifSilent, lock } = step.input;
    const free = lock === "release" ? "; the lock is released meanwhile" : "";
    return `say so with: ${signal(step.action)}; silence for ${formatMs(step.withinMs)} → ${silence[ifSilent]}${free}`;
  }
  if (step.title.includes("‹")) return undefined;
  const holes = holesOf(step.input).map(({ text }) => clean(text, 80));
  return holes.length === 0 ? undefined : `needs ${[...new Set(holes)].join(", ")}`;
}

function withoutWayBack(watch: PlannedStep, all: readonly PlannedStep[]): string {
  const before = all.slice(0, Math.max(0, all.indexOf(watch)));
  const stays = before.filter((step) => step.risk !== "safe" && !step.undoable);
  return stays.length === 0 ? "" : `, but not ${stays.map(({ key }) => clean(key, 12)).join(", ")}`;
}

/** Every item of a plan as a line of text, groups with their heads: for surfaces without columns. */
export function planTexts(plan: Plan, signal: SignalCommand): readonly string[] {
  return unitsOf(plan.steps).flatMap((unit) => {
    const head = unitHead(unit, plan.steps);
    return [
      ...(head === undefined ? [] : [head]),
      ...unit.steps.map((step) => {
        const note = itemNote(step, signal, plan.steps);
        const final = step.risk === "safe" || step.undoable ? "" : "; cannot be undone";
        return `step ${clean(step.key, 12)}, ${itemWord(step)}: ${clean(step.title)}${final}${note === undefined ? "" : `; ${note}`}`;
      }),
    ];
  });
}

/** How the run is named in a command that belongs to a plan: a plan alone has no run yet that could be answered. */
export function runOf({ planOnly, run }: Pick<RunState, "planOnly" | "run">): string {
  return planOnly ? "RUN" : run;
}

/** What was left out on request, as titles; undefined when nothing was. */
export function leftOutText({ without }: Plan): string | undefined {
  if (without === undefined || without.length === 0) return undefined;
  return `${without.map(({ title }) => clean(title)).join("; ")} (on request)`;
}

const tries: Partial<Record<ShownState, string>> = {
  done: "done",
  failed: "failed",
  undone: "undone",
  skipped: "skipped",
};

/** What earlier rounds tried and how each ended; undefined in a first round. */
export function triedText({ earlier, round }: RunState): string | undefined {
  if (round === 1) return undefined;
  const all = earlier.map((step) => {
    const word = tries[step.state] ?? "not done";
    return `${clean(step.title, 160)} (${word})`;
  });
  return `${all.join("; ") || "nothing"}. This is round ${round}`;
}

/** Longest time of working, steps of one batch side by side; and of waiting for people. Milliseconds. */
export function longestMs(steps: readonly PlannedStep[]): { readonly work: number; readonly wait: number } {
  let work = 0;
  let wait = 0;
  for (const unit of unitsOf(steps)) {
    const longest = Math.max(...unit.steps.map((step) => step.withinMs));
    if (unit.steps[0]?.kind === "wait") wait += longest;
    else work += longest;
  }
  return { work, wait };
}

/** A step's title with every reference filled in, once it is known what was referred to. */
export function shownTitle(step: StepState | undefined, cap = 240): string {
  if (step === undefined) return "a step that the plan does not have";
  let { title } = step;
  if (step.filled !== undefined)
    for (const { text, path } of holesOf(step.input)) {
      const value = at(step.filled, path);
      if (typeof value === "string" || typeof value === "number")
        title = title.replaceAll(`‹${text}›`, String(value));
    }
  return clean(title, cap);
}

type Hole = { readonly text: string; readonly path: readonly string[] };

/** References in an input: what each is called in texts, and where it stands. */
function holesOf(input: unknown, path: readonly string[] = []): readonly Hole[] {
  if (typeof input !== "object" || input === null) return [];
  const members = Object.entries(input);
  const [only] = members;
  if (members.length === 1 && only?.[0] === "$ref") {
    const ref: unknown = only[1];
    if (typeof ref !== "object" || ref === null) return [];
    const { step, field } = Object.fromEntries(Object.entries(ref));
    return [{ text: `${String(field)} of step ${String(step)}`, path }];
  }
  return members.flatMap(([name, member]) => holesOf(member, [...path, name]));
}

function at(value: unknown, path: readonly string[]): unknown {
  let now = value;
  for (const name of path) {
    if (typeof now !== "object" || now === null) return undefined;
    now = new Map(Object.entries(now)).get(name);
  }
  return now;
}

/** The step of that key, in this round or an earlier one. */
export function stepOfKey({ steps, earlier }: RunState, key: string): StepState | undefined {
  return steps.find((step) => step.key === key) ?? earlier.find((step) => step.key === key);
}

/** What failed, with its title once. */
export function failedText(step: StepState | undefined, fault: Fault): string {
  const summary = clean(fault.summary);
  const title = shownTitle(step);
  return summary.includes(title) ? summary : `${title}: ${summary}`;
}

/** What a failure means for the run: it turns back, it goes on within its budget, or it stops. */
export function failureMeans(step: StepState | undefined, { steps }: RunState): string {
  if (step?.kind === "watch") return "turns back";
  const { group } = step ?? {};
  if (group === undefined) return "stopped here";
  const failed = steps.filter((one) => one.group?.key === group.key && one.state === "failed").length;
  return failed > group.mayFail ? "stopped here" : `${failed} of at most ${group.mayFail} failures`;
}

/** True while a person must say something before the run goes on: an open wait, or a watch that could not tell. */
export function asks(step: StepState): boolean {
  return step.state === "waiting" && (step.kind === "wait" || step.judged?.verdict === "inconclusive");
}

/** The item that a person must answer now; undefined when none is. */
export function openQuestion({ steps, ended }: RunState): StepState | undefined {
  return ended === undefined ? steps.find((step) => asks(step)) : undefined;
}
