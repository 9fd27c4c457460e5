import type { AnyAction } from "../action.ts";
import { OpsError } from "../errors.ts";
import { escalate, type Decision } from "../decision.ts";
import type { PlanCall } from "../plan.ts";
import { pure } from "../pure.ts";
import type { DecideContext, Runbook } from "../runbook.ts";
import type { AnyWatch } from "../watch.ts";
import type { Findings } from "./diagnose.ts";

/**
 * Puts the findings before the runbook's own pure `decide`. A required question without an answer never reaches it:
 * unknown is not healthy, so the run escalates with what was learned.
 */
export function decide(
  runbook: Runbook,
  params: Readonly<Record<string, unknown>>,
  findings: Findings,
  context: DecideContext,
): Decision {
  const known: Record<string, unknown> = {};
  const missing: string[] = [];
  for (const name of Object.keys(runbook.diagnose)) {
    const finding = findings[name];
    if (finding?.known) known[name] = finding.value;
    else missing.push(`${name} (${finding?.reason ?? "not asked"})`);
  }
  if (missing.length > 0)
    return escalate({
      rule: "not-known",
      because: `what the decision needs is not known: ${missing.join("; ")}`,
    });
  for (const name of Object.keys((runbook.optional ?? {}) as object)) known[name] = findings[name];
  const decision = pure(`The decide of ${runbook.id}`, () =>
    runbook.decide(known, params, callsOf(runbook), context),
  );
  mustBeDeclared(runbook, decision);
  return decision;
}

/** A hand-over that the definition does not name was never checked for cycles, so it is refused. */
function mustBeDeclared(runbook: Runbook, decision: Decision): void {
  if (decision.kind !== "hand-over" || runbook.handsOverTo?.includes(decision.runbook) === true) return;
  throw new OpsError("definition-invalid", {
    summary: `${runbook.id} decided to hand over to ${decision.runbook}, which its handsOverTo does not name.`,
    hint: `Nothing was done. Add "${decision.runbook}" to handsOverTo in the runbook's file, so that a cycle is found when it is loaded.`,
  });
}

/** The runbook's actions and watches as `decide` sees them: calling one makes data, and nothing happens. */
function callsOf(runbook: Runbook): Readonly<Record<string, (input: unknown) => PlanCall>> {
  const calls = (names: readonly string[], kind: "step" | "watch") =>
    names.map((action) => [action, (input: unknown): PlanCall => ({ kind, action, input })] as const);
  const watches: Readonly<Record<string, AnyWatch>> = runbook.watches ?? {};
  const actions: Readonly<Record<string, AnyAction>> = runbook.mitigate;
  return Object.fromEntries([
    ...calls(Object.keys(watches), "watch"),
    ...calls(Object.keys(actions), "step"),
  ]);
}

/** For table tests: what a runbook decides on plain values, without tools or clock. */
export function decideWith(
  runbook: Runbook,
  findings: Readonly<Record<string, unknown>>,
  params: Readonly<Record<string, unknown>>,
  context: DecideContext,
): Decision {
  const required = Object.keys(runbook.diagnose);
  const absent = required.find((name) => !(name in findings));
  if (absent !== undefined)
    throw new OpsError("definition-invalid", {
      summary: `The finding "${absent}" is missing.`,
      hint: "Give every required finding.",
    });
  return runbook.decide(findings, params, callsOf(runbook), context);
}
