import type { Clock } from "../clock.ts";
import { toMs } from "../duration.ts";
import type { Ask, EngineParts } from "../engine.ts";
import { OpsError } from "../errors.ts";
import { foldRun, type RunState } from "../fold.ts";
import { samePerson, type Identity } from "../identity.ts";
import { digestMatches, shortDigest } from "../plan.ts";
import type { Readers } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import { lookAgain, lookingFor } from "./look.ts";
import { planDifferences } from "./planning.ts";
import type { Recorder } from "./recorder.ts";

/** What waiting for approval came to. */
export type Approval = "granted" | "refused" | "expired" | "left";

/** True when the journal holds enough approvals of this plan, by people the policy allows. */
function isApproved(state: RunState): boolean {
  const { need } = state;
  if (need === undefined) return false;
  const people = new Map(
    state.approvals
      .filter(({ by }) => need.requesterMay || !samePerson(by, state.askedBy))
      .map(({ by }) => [`${by.name}@${by.host}`, by]),
  );
  return people.size >= need.count;
}

/** What waiting needs. */
export type Awaiting = {
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly readers: Readers;
  readonly requester: Identity;
  readonly ask: Ask | undefined;
  /** False: do not wait for other people. */
  readonly wait: boolean;
  readonly leaving: () => boolean;
  /** Throws when a check that must hold meanwhile does not. */
  readonly mustHold: () => void;
  readonly signal: AbortSignal;
};

/** Waits until the plan is approved, refused or expired. Silence is never yes. */
export async function awaitApproval(awaiting: Awaiting): Promise<Approval> {
  const { recorder, clock, readers } = awaiting;
  const { plan, need } = recorder.state;
  if (plan === undefined || need === undefined) throw new Error("no plan to approve");
  if (need.count === 0) return "granted";
  if (recorder.state.approvalAsked === undefined)
    await recorder.record({
      type: "approval.asked",
      digest: plan.digest,
      need,
      expiresAt: plan.expiresAt,
      ifSilent: "nothing is done",
    });
  if (need.requesterMay && awaiting.ask !== undefined)
    await askRequester(awaiting, awaiting.ask, plan.digest);

  for (;;) {
    await recorder.sync();
    awaiting.mustHold();
    if (recorder.state.refusal !== undefined) return "refused";
    if (isApproved(recorder.state)) return "granted";
    if (clock.now().getTime() >= Date.parse(plan.expiresAt)) {
      await recorder.record({ type: "approval.expired", digest: plan.digest });
      return "expired";
    }
    if (!awaiting.wait || awaiting.leaving()) return "left";
    await clock.sleep(Math.min(500, toMs(readers.times.poll)), awaiting.signal);
  }
}

async function askRequester({ recorder, requester }: Awaiting, ask: Ask, digest: string) {
  const answer = await ask(recorder.state);
  if (answer === "given")
    await recorder.record({ type: "approval.given", digest, by: requester, lookedAgain: "not-looked" });
  else if (answer !== undefined)
    await recorder.record({ type: "approval.refused", digest, by: requester, reason: answer.refused });
}

/** Approves a waiting run from another process. Looks again first: an approver approves the world as it is. */
export async function approveRun(
  parts: EngineParts,
  runbook: Runbook,
  state: RunState,
  approval: { readonly digest: string; readonly by: Identity },
): Promise<RunState> {
  const { plan, need } = mustWait(parts, state);
  if (!digestMatches(plan.digest, approval.digest))
    throw new OpsError("plan-altered", {
      summary: `${state.run} waits with plan ${shortDigest(plan.digest)}, not with "${approval.digest.slice(0, 80)}".`,
      hint: `Read it first: ops approve ${state.run}`,
    });
  mustBeAllowed(parts, state, need.requesterMay, approval.by);
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
  const { plan } = mustWait(parts, state);
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
  const { plan } = mustWait(parts, state);
  if (!samePerson(state.askedBy, refusal.by)) mustBeAllowed(parts, state, true, refusal.by);
  await parts.journal.note(state.run, {
    type: "approval.refused",
    digest: plan.digest,
    by: refusal.by,
    reason: refusal.reason,
  });
  return again(parts, state);
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
  if (
    parts.clock.now().getTime() >= Date.parse(plan.expiresAt) &&
    !state.steps.some((step) => step.attempts > 0)
  )
    throw new OpsError("approval-expired", {
      summary: `Plan ${shortDigest(plan.digest)} of ${state.run} expired at ${plan.expiresAt.slice(11, 16)} UTC; nothing was done.`,
      hint: `Plan again: ops run ${state.runbook}`,
    });
  return { plan, need };
}

function mustBeAllowed(parts: EngineParts, state: RunState, requesterMay: boolean, by: Identity) {
  const others = parts.environment.approvers.filter((name) => requesterMay || name !== state.askedBy.name);
  const who = others.length === 0 ? "nobody is named in the environment file" : others.join(" or ");
  if (!requesterMay && samePerson(by, state.askedBy))
    throw new OpsError("approval-forbidden", {
      summary: `You asked for ${state.run}, so you cannot approve it.`,
      hint: `${who} can: ops approve ${state.run}`,
    });
  if (!parts.environment.approvers.includes(by.name))
    throw new OpsError("approval-forbidden", {
      summary: `${by.name} may not approve in ${parts.environment.name}.`,
      hint: `${who} can: ops approve ${state.run}`,
    });
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
