import { z } from "zod";
import type { Within } from "../action.ts";
import type { Decision } from "../decision.ts";
import { isDuration, toMs } from "../duration.ts";
import { OpsError } from "../errors.ts";
import { canonicalJson } from "../canonical.ts";
import { planDigest, strictestRisk, type Plan, type PlannedStep, type StepCall } from "../plan.ts";
import type { Times } from "../ports.ts";
import type { Runbook } from "../runbook.ts";

/** A limit in milliseconds, by the environment's time constants where it names one. */
export function limitMs(within: Within, times: Times): number {
  return toMs(isDuration(within) ? within : times[within]);
}

/** Turns decided items into a plan people can read, approve and hash. Throws `definition-invalid` for an input its action refuses. */
export function makePlan(
  runbook: Runbook,
  content: string,
  environment: Readonly<Record<string, string>>,
  params: Readonly<Record<string, unknown>>,
  decision: Extract<Decision, { kind: "plan" }>,
  times: Times,
  now: Date,
): Plan {
  if (decision.items.length === 0)
    throw new OpsError("selector-empty", {
      summary: `${runbook.title} decided to act (${decision.rule}) but named nothing to act on.`,
      hint: 'Nothing is ever "all"; look at the findings and the inventory.',
    });
  const steps = decision.items.map((item, index) => plannedStep(runbook, item, String(index + 1), times));
  const calls = steps.map(({ kind, action, input }): StepCall => ({ kind, action, input }));
  return {
    digest: planDigest({ runbook: runbook.id, content, environment, params, steps: calls }),
    steps,
    leavesAlone: decision.leavesAlone,
    madeAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + toMs(times.planExpiry)).toISOString(),
    strictest: strictestRisk(steps),
  };
}

/** One item with what people need to read. Throws `definition-invalid` for an input its action refuses, `selector-empty` without a target. */
export function plannedStep(runbook: Runbook, call: StepCall, key: string, times: Times): PlannedStep {
  const action = runbook.mitigate[call.action];
  if (action === undefined)
    throw new OpsError("definition-invalid", {
      summary: `${runbook.id} planned "${call.action}", which is not among its actions.`,
      hint: `Its actions are: ${Object.keys(runbook.mitigate).join(", ")}.`,
    });
  const parsed = action.input.safeParse(call.input);
  if (!parsed.success)
    throw new OpsError("definition-invalid", {
      summary: `${runbook.id} planned "${call.action}" with an input it refuses.`,
      hint: z.prettifyError(parsed.error),
    });
  const input: unknown = parsed.data;
  const targets = action.targets(input);
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
    title: action.label(input),
    risk: action.risk,
    preview: action.preview(input),
    targets,
    undoable: action.undo !== undefined,
    withinMs: limitMs(action.within, times),
  };
}

/**
 * What differs between an approved plan and what a fresh look would plan. Nothing differs when the same actions come in the same
 * order; targets may have become fewer, never other or more.
 */
export function planDifferences(plan: Plan, fresh: Decision): readonly string[] {
  if (fresh.kind === "all-clear") return [`the trouble is gone: ${fresh.because}`];
  if (fresh.kind !== "plan")
    return [`it would now ${fresh.kind === "escalate" ? "escalate" : "hand over"}: ${fresh.because}`];
  const approved = plan.steps.map((step) => signature(step));
  const now = fresh.items.map((step) => signature(step));
  const differences: string[] = [];
  let at = 0;
  for (const step of now) {
    const found = approved.indexOf(step, at);
    if (found < 0) differences.push(`+ ${step}`);
    else at = found + 1;
  }
  return differences;
}

function signature(call: StepCall): string {
  return `${call.action} ${canonicalJson(call.input)}`;
}
