import { mayApprove } from "../consent.ts";
import type { EngineParts } from "../engine.ts";
import { OpsError } from "../errors.ts";
import { foldRun, hasActed, type RunState } from "../fold.ts";
import { samePerson, type Identity } from "../identity.ts";
import { digestMatches, shortDigest } from "../plan.ts";
import type { Runbook } from "../runbook.ts";
import { lookAgain, lookingFor } from "./look.ts";
import { planDifferences } from "./planning.ts";

/** Approves a waiting run from another process. Looks again first: an approver approves the world as it is. */
export async function approveRun(
  parts: EngineParts,
  runbook: Runbook,
  state: RunState,
  approval: { readonly digest: string; readonly by: Identity },
): Promise<RunState> {
  if (state.ended === undefined && hasActed(state))
    throw new OpsError("run-over", {
      summary: `${state.run} does not wait for approval any more: it has begun.`,
      hint: `Watch it: ops attach ${state.run}`,
    });
  const plan = mustWait(parts, state);
  if (!digestMatches(plan.digest, approval.digest))
    throw new OpsError("plan-altered", {
      summary: `${state.run} waits with plan ${shortDigest(plan.digest)}, not with "${approval.digest.slice(0, 80)}".`,
      hint: `Read it first: ops approve ${state.run}`,
    });
  mustBeAllowed(parts, state, approval.by);
  if (state.approvals.some(({ by }) => samePerson(by, approval.by))) return state;

  await mustStillHold(parts, runbook, state);
  await parts.journal.note(state.run, {
    type: "approval.given",
    digest: plan.digest,
    by: approval.by,
    lookedAgain: "same",
  });
  return again(parts, state);
}

/** Looks again at what a waiting plan was made for; throws `plan-stale` with the differences when the world moved. */
export async function mustStillHold(parts: EngineParts, runbook: Runbook, state: RunState): Promise<void> {
  const plan = mustWait(parts, state);
  const differences = planDifferences(
    plan,
    await lookAgain(lookingFor(state, runbook, parts.readers, parts.clock)),
    state.round,
  );
  if (differences.length === 0) return;
  throw new OpsError("plan-stale", {
    summary: `The world moved since plan ${shortDigest(plan.digest)} was made: ${differences.join("; ")}.`,
    hint: `Nothing was approved. Plan again: ops plan ${state.runbook}`,
  });
}

/** Refuses a waiting run, with a reason. Anybody who may approve may refuse, and so may the person who asked. */
export async function rejectRun(
  parts: EngineParts,
  state: RunState,
  refusal: { readonly by: Identity; readonly reason: string },
): Promise<RunState> {
  const plan = mustWait(parts, state);
  mustBeInvolved(parts, state, refusal.by);
  return noteBeforeAct(parts, state, {
    type: "approval.refused",
    digest: plan.digest,
    by: refusal.by,
    reason: refusal.reason,
  });
}

/** Takes an approval back before the first act: one's own, or every one of them as somebody who may approve and did not. */
export async function revokeRun(
  parts: EngineParts,
  state: RunState,
  { by, reason }: { readonly by: Identity; readonly reason: string },
): Promise<RunState> {
  if (hasActed(state)) throw tooLate(state);
  const plan = mustWait(parts, state);
  const own = state.approvals.some((approval) => samePerson(approval.by, by));
  if (!own && !parts.environment.approvers.includes(by.name))
    throw new OpsError("approval-forbidden", {
      summary: `${by.name} did not approve ${state.run} and may not approve in ${parts.environment.name}.`,
      hint: `${namesOr(parts.environment.approvers)} can: ops revoke ${state.run} --reason "..."`,
    });
  if (state.approvals.length === 0)
    throw new OpsError("usage", {
      summary: `${state.run} has no approval that could be taken back.`,
      hint: `To refuse it: ops reject ${state.run} --reason "..."`,
    });
  const of = [...new Set(state.approvals.map((approval) => approval.by.name))];
  return noteBeforeAct(parts, state, {
    type: "approval.revoked",
    digest: plan.digest,
    by,
    reason,
    ...(own ? {} : { of }),
  });
}

/** Writes a no down and makes sure that it came in time: the journal's order decides, not who was asked first. */
async function noteBeforeAct(
  parts: EngineParts,
  state: RunState,
  event: Parameters<EngineParts["journal"]["note"]>[1],
): Promise<RunState> {
  if ("reason" in event && event.reason?.trim() === "")
    throw new OpsError("usage", {
      summary: "The reason is empty.",
      hint: 'Say why not, for the person who asked: --reason "..."',
    });
  const { seq } = await parts.journal.note(state.run, event);
  const entries = await parts.journal.read(state.run);
  const before = foldRun(entries.filter((entry) => entry.seq < seq));
  if (before !== undefined && hasActed(before)) throw tooLate(before);
  return foldRun(entries) ?? state;
}

function tooLate(state: RunState): OpsError {
  const first = state.steps.find((step) => step.kind === "step" && step.attempts > 0);
  return new OpsError("revoke-late", {
    summary: `Too late: ${state.run} began "${first?.title ?? "its first step"}" at ${(first?.startedAt ?? state.lastAt).slice(11, 19)} UTC. An approval counts until the first act.`,
    hint: `${state.ended === undefined ? "Stop it where it runs (Ctrl-C), then take" : "Take"} back what it did: ops undo ${state.run}`,
  });
}

function mustWait(parts: EngineParts, state: RunState) {
  const { plan, need } = state;
  if (state.ended !== undefined || plan === undefined || need === undefined || state.planOnly)
    throw new OpsError("run-over", {
      summary: `${state.run} does not wait for approval${state.ended === undefined ? "" : `: ${state.ended.verdict}`}`,
      hint: `See "ops timeline ${state.run}".`,
    });
  if (state.refusal !== undefined)
    throw new OpsError("approval-refused", {
      summary: `${state.run} was already refused by ${state.refusal.by.name}: ${state.refusal.reason}.`,
      hint: `Plan again: ops plan ${state.runbook}`,
    });
  if (hasActed(state)) throw tooLate(state);
  if (
    parts.clock.now().getTime() >= Date.parse(plan.expiresAt) &&
    !state.steps.some((step) => step.attempts > 0)
  )
    throw new OpsError("approval-expired", {
      summary: `Plan ${shortDigest(plan.digest)} of ${state.run} expired at ${plan.expiresAt.slice(11, 16)} UTC; nothing was done.`,
      hint: `Plan again: ops run ${state.runbook}`,
    });
  return plan;
}

function mustBeAllowed(parts: EngineParts, state: RunState, by: Identity) {
  const { approvers, name } = parts.environment;
  if (mayApprove(state, approvers, by)) return;
  const others = approvers.filter((one) => state.need?.requesterMay === true || one !== state.askedBy.name);
  throw new OpsError("approval-forbidden", {
    summary: samePerson(by, state.askedBy)
      ? `You asked for ${state.run}, so you cannot approve it.`
      : `${by.name} may not approve in ${name}.`,
    hint: `${namesOr(others)} can: ops approve ${state.run}`,
  });
}

function namesOr(names: readonly string[]): string {
  return names.length === 0 ? "Nobody is named in the environment file, so nobody" : names.join(" or ");
}

/** Throws `approval-forbidden` for somebody who neither asked for the run nor may approve in its environment. */
export function mustBeInvolved(parts: EngineParts, state: RunState, by: Identity): void {
  const { approvers, name } = parts.environment;
  if (samePerson(by, state.askedBy) || approvers.includes(by.name)) return;
  throw new OpsError("approval-forbidden", {
    summary: `${by.name} neither asked for ${state.run} nor may approve in ${name}.`,
    hint: `${[state.askedBy.name, ...approvers].join(" or ")} can.`,
  });
}

async function again(parts: EngineParts, state: RunState): Promise<RunState> {
  return foldRun(await parts.journal.read(state.run)) ?? state;
}
