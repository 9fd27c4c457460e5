import type { Clock } from "../clock.ts";
import { consentOf, couldApprove, lacksWord } from "../consent.ts";
import { toMs } from "../duration.ts";
import type { Ask } from "../engine.ts";
import { OpsError } from "../errors.ts";
import { hasActed, type RunState } from "../fold.ts";
import type { Identity } from "../identity.ts";
import { shortDigest } from "../plan.ts";
import type { Readers } from "../ports.ts";
import { glassExpired, glassHolds } from "./glass.ts";
import { nextAsked } from "./ladder.ts";
import type { Recorder } from "./recorder.ts";

/** What waiting for approval came to. */
export type Approval = "granted" | "refused" | "expired" | "left";

/** What waiting needs. */
export type Awaiting = {
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly readers: Readers;
  readonly approvers: readonly string[];
  readonly requester: Identity;
  readonly ask: Ask | undefined;
  /** False: do not wait for other people. */
  readonly wait: boolean;
  readonly leaving: () => boolean;
  /** Throws when a check that must hold meanwhile does not. */
  readonly mustHold: () => void;
  readonly signal: AbortSignal;
};

/** Waits until the plan is approved, refused or expired, and asks the next on call when nobody answers. Silence is never yes. */
export async function awaitApproval(awaiting: Awaiting): Promise<Approval> {
  const { recorder, clock, readers, approvers } = awaiting;
  const { plan, need } = recorder.state;
  if (plan === undefined || need === undefined) throw new Error("no plan to approve");
  if (need.count === 0) return "granted";
  mustBePossible(recorder.state, approvers);
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
    if (consentOf(recorder.state, approvers).missing === 0) return "granted";
    if (clock.now().getTime() >= Date.parse(plan.expiresAt)) {
      await recorder.record({ type: "approval.expired", digest: plan.digest });
      return "expired";
    }
    const next = nextAsked(recorder.state, clock.now());
    if (next !== undefined) {
      await recorder.record({ type: "approval.escalated", digest: plan.digest, to: next });
      continue;
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

/** Better said at once than after everybody waited: more approvals are asked for than there are people who may give one. */
function mustBePossible(state: RunState, approvers: readonly string[]) {
  const { missing } = consentOf(state, approvers);
  const left = couldApprove(state, approvers);
  const { need, askedBy } = state;
  const { word } = need ?? {};
  if (
    word !== undefined &&
    lacksWord(state, consentOf(state, approvers).given) &&
    !left.some((name) => word.names.includes(name))
  )
    throw new OpsError("guard-refused", {
      summary: `${need?.rule ?? "The policy"} asks for the word of somebody who answers for ${word.of}, and ${word.names.length === 0 ? "nobody is named" : `only ${word.names.join(" and ")} could give it, who asked`}.`,
      hint: `Name somebody under answersFor.${word.of} in the environment file.`,
    });
  if (left.length >= missing) return;
  throw new OpsError("guard-refused", {
    summary: `${need?.rule ?? "The policy"} asks for ${need?.count ?? 1} ${need?.count === 1 ? "approval" : "approvals"}${need?.requesterMay === true ? "" : ` by others than ${askedBy.name}`}, and ${left.length === 0 ? "nobody else" : `only ${left.join(" and ")}`} may approve here.`,
    hint: "Name more approvers in the environment file.",
  });
}

/**
 * Before every step: throws unless what was agreed still stands. Until the first act an approval can be taken back and a plan refused;
 * from the first act on the approvals of that moment stand, whoever is named an approver later.
 */
export function mustBeAgreed(state: RunState, approvers: readonly string[], now: Date): void {
  const { run, runbook, plan, refusal, revoked, glass } = state;
  if (refusal !== undefined)
    throw new OpsError("approval-refused", {
      summary: `${run} was refused by ${refusal.by.name}: ${refusal.reason}.`,
      hint: `Plan again: ops plan ${runbook}`,
    });
  const counted = hasActed(state) ? state.approvals.map(({ by }) => by.name) : approvers;
  if (consentOf(state, counted).missing === 0 || glassHolds(state, now)) return;
  if (glass !== undefined) throw glassExpired(state, glass);
  const last = revoked.at(-1);
  const why =
    last === undefined
      ? "some who approved it may not approve here any more"
      : `${last.by.name} took approval back, because: ${last.reason}`;
  throw new OpsError("approval-revoked", {
    summary: `Plan ${shortDigest(plan?.digest ?? "")} no longer has the approvals it needs: ${why}.`,
    hint: `Nothing was done. Plan again: ops run ${runbook}`,
  });
}
