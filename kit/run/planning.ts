import { z } from "zod";
import type { AnyAction, Within } from "../action.ts";
import { canonicalJson } from "../canonical.ts";
import type { Decision } from "../decision.ts";
import { isDuration, toMs } from "../duration.ts";
import { OpsError } from "../errors.ts";
import { callsOf } from "../items.ts";
import {
  planDigest,
  strictestRisk,
  type Plan,
  type PlanCall,
  type PlannedStep,
  type StepCall,
  type StepGroup,
  type WaitCall,
  type WatchCall,
} from "../plan.ts";
import type { Times } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import type { AnyWatch } from "../watch.ts";
import { expand, type Placed } from "./expand.ts";
import { hasRef, shownInput } from "./refs.ts";

/** A limit in milliseconds, by the environment's time constants where it names one. */
export function limitMs(within: Within, times: Times): number {
  return toMs(isDuration(within) ? within : times[within]);
}

/** What a plan is made from. */
export type Planning = {
  readonly runbook: Runbook;
  /** Hash of the runbook's content. */
  readonly content: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly times: Times;
  readonly now: Date;
  readonly round: number;
  /** What earlier rounds did. */
  readonly tried: readonly PlanCall[];
  /** Keys to leave out. */
  readonly without: readonly string[];
};

/**
 * Turns decided items into a plan people can read, approve and hash. Throws `definition-invalid` for an input its action refuses,
 * `selector-empty` for nothing to act on, `guard-refused` for a step that an earlier round did already, `usage` for a key to leave
 * out that the plan has not.
 */
export function makePlan(planning: Planning, decision: Extract<Decision, { kind: "plan" }>): Plan {
  const { runbook, content, environment, params, times, now, round, tried } = planning;
  if (decision.items.flatMap((item) => callsOf(item)).length === 0) throw emptyPlan(runbook, decision.rule);
  const { kept, left } = leaveOut(expand(decision.items, round), planning.without);
  const steps = kept.map(({ key, call, group }) => plannedStep(runbook, call, key, times, group));
  refuseRepeats(runbook, steps, tried);
  const identity = {
    runbook: runbook.id,
    content,
    environment,
    params,
    ...(round === 1 ? {} : { round }),
  };
  const calls = steps.map(({ kind, action, input, group }) => ({
    kind,
    action,
    input,
    ...(group === undefined ? {} : { group }),
  }));
  return {
    digest: planDigest({ ...identity, steps: calls }),
    steps,
    leavesAlone: decision.leavesAlone,
    madeAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + toMs(times.planExpiry)).toISOString(),
    strictest: strictestRisk(steps),
    ...wordOf(runbook, steps),
    ...(left.length === 0
      ? {}
      : {
          without: left.map(({ key, call, group }) => ({
            title: plannedStep(runbook, call, key, times, group).title,
            call,
          })),
        }),
  };
}

/** Whose word the plan needs: of the first step that says so. */
function wordOf(runbook: Runbook, steps: readonly PlannedStep[]): Pick<Plan, "wordOf"> {
  const actions: Readonly<Record<string, AnyAction>> = runbook.mitigate;
  const [found] = steps.flatMap(({ kind, action }) =>
    kind === "step" ? (actions[action]?.wordOf ?? []) : [],
  );
  return found === undefined ? {} : { wordOf: found };
}

function emptyPlan(runbook: Runbook, rule: string): OpsError {
  return new OpsError("selector-empty", {
    summary: `${runbook.title} decided to act (${rule}) but named nothing to act on.`,
    hint: 'Nothing is ever "all"; look at the findings and the inventory.',
  });
}

/** What stays and what is left out on request; a key names one step or a whole group. */
function leaveOut(placed: readonly Placed[], without: readonly string[]) {
  const isLeft = ({ key, group }: Placed) => without.includes(key) || without.includes(group?.key ?? "");
  const strange = without.find((key) => placed.every((one) => one.key !== key && one.group?.key !== key));
  if (strange !== undefined)
    throw new OpsError("usage", {
      summary: `The plan has no step "${strange.slice(0, 20)}" to leave out.`,
      hint: `Its steps are: ${placed.map(({ key }) => key).join(", ")}.`,
    });
  const left = placed.filter((one) => isLeft(one));
  const kept = placed.filter((one) => !isLeft(one));
  if (kept.length === 0)
    throw new OpsError("usage", {
      summary: "With that left out, nothing of the plan remains.",
      hint: "Reject it instead.",
    });
  const keys = new Set(left.map(({ key }) => key));
  const lost = kept.find(({ call }) => [...keys].some((key) => hasRef(call.input, key)));
  if (lost !== undefined)
    throw new OpsError("usage", {
      summary: `Step ${lost.key} needs what ${[...keys].join(", ")} gives, so that cannot be left out alone.`,
      hint: `Leave out ${lost.key} too.`,
    });
  return { kept, left };
}

/** What was done once and did not help is not planned again: repeating it is how a small outage becomes a large one. */
function refuseRepeats(runbook: Runbook, steps: readonly PlannedStep[], tried: readonly PlanCall[]) {
  const before = new Set(tried.filter(({ kind }) => kind === "step").map((call) => signature(call)));
  const again = steps.find((step) => step.kind === "step" && before.has(signature(step)));
  if (again === undefined) return;
  throw new OpsError("guard-refused", {
    summary: `${runbook.title} wants to repeat "${again.title}", which an earlier round did without success.`,
    hint: "A person must take it from here.",
  });
}

/** One item with what people need to read. Throws `definition-invalid` for an input its action refuses, `selector-empty` without a target. */
export function plannedStep(
  runbook: Runbook,
  call: PlanCall,
  key: string,
  times: Times,
  group?: StepGroup,
): PlannedStep {
  const grouped = group === undefined ? {} : { group };
  if (call.kind === "watch") return { ...plannedWatch(runbook, call, key, times), ...grouped };
  if (call.kind === "wait") return { ...plannedWait(call, key), ...grouped };
  return { ...plannedAction(runbook, call, key, times), ...grouped };
}

function plannedAction(runbook: Runbook, call: StepCall, key: string, times: Times): PlannedStep {
  const actions: Readonly<Record<string, AnyAction>> = runbook.mitigate;
  const action = actions[call.action];
  if (action === undefined)
    throw new OpsError("definition-invalid", {
      summary: `${runbook.id} planned "${call.action}", which is not among its actions.`,
      hint: `Its actions are: ${Object.keys(actions).join(", ")}.`,
    });
  // An input with a hole is checked when the hole is filled; until then people read what will be filled in.
  const hole = hasRef(call.input);
  const input: unknown = hole ? call.input : checkedInput(runbook, call, action.input);
  const shown = hole ? shownInput(call.input) : input;
  const targets = action.targets(shown);
  if (action.risk !== "safe" && targets.length === 0)
    throw new OpsError("selector-empty", {
      summary: `"${action.title}" names no target.`,
      hint: 'Nothing is ever "all"; look at the findings and the inventory.',
    });
  return {
    kind: "step",
    action: call.action,
    input,
    key,
    title: action.label(shown),
    risk: action.risk,
    preview: action.preview(shown),
    targets,
    undoable: action.undo !== undefined,
    withinMs: limitMs(action.within, times),
  };
}

function plannedWatch(runbook: Runbook, call: WatchCall, key: string, times: Times): PlannedStep {
  const watches: Readonly<Record<string, AnyWatch>> = runbook.watches ?? {};
  const watch = watches[call.action];
  if (watch === undefined)
    throw new OpsError("definition-invalid", {
      summary: `${runbook.id} planned to watch "${call.action}", which is not among its watches.`,
      hint: `Its watches are: ${Object.keys(watches).join(", ") || "none"}.`,
    });
  const input: unknown = checkedInput(runbook, call, watch.input);
  return {
    kind: "watch",
    action: call.action,
    input,
    key,
    title: watch.label(input),
    risk: "safe",
    preview: watch.preview(input),
    targets: [],
    undoable: true,
    withinMs: limitMs(watch.within, times),
  };
}

const silence = {
  stop: "then the run stops with everything as it is",
  undo: "then what was done is taken back",
  "go-on": "then it goes on without",
} as const;

function plannedWait(call: WaitCall, key: string): PlannedStep {
  const { ask, within, ifSilent, lock } = call.input;
  return {
    kind: "wait",
    action: call.action,
    input: call.input,
    key,
    title: ask,
    risk: "safe",
    preview: `wait for "${call.action}" for at most ${within}, ${silence[ifSilent]}; the lock is ${lock === "hold" ? "held" : "released"} meanwhile`,
    targets: [],
    undoable: true,
    withinMs: toMs(within),
  };
}

function checkedInput(runbook: Runbook, call: PlanCall, schema: z.ZodType): unknown {
  const parsed = schema.safeParse(call.input);
  if (parsed.success) return parsed.data;
  throw new OpsError("definition-invalid", {
    summary: `${runbook.id} planned "${call.action}" with an input it refuses.`,
    hint: z.prettifyError(parsed.error),
  });
}

/**
 * What differs between an approved plan and what a fresh look would plan. Nothing differs when the same actions come in the same
 * order; targets may have become fewer, never other or more.
 */
export function planDifferences(plan: Plan, fresh: Decision, round = 1): readonly string[] {
  if (fresh.kind === "all-clear") return [`the trouble is gone: ${fresh.because}`];
  if (fresh.kind !== "plan")
    return [`it would now ${fresh.kind === "escalate" ? "escalate" : "hand over"}: ${fresh.because}`];
  const approved = plan.steps.map((step) => signature(step));
  const left = new Set((plan.without ?? []).map(({ call }) => signature(call)));
  const now = expand(fresh.items, round)
    .map(({ call }) => signature(call))
    .filter((step) => !left.has(step));
  const differences: string[] = [];
  let at = 0;
  for (const step of now) {
    const found = approved.indexOf(step, at);
    if (found < 0) differences.push(`+ ${step}`);
    else at = found + 1;
  }
  return differences;
}

function signature(call: PlanCall): string {
  return `${call.action} ${canonicalJson(call.input)}`;
}
