import { hasActed, type RunState } from "../../fold.ts";
import { couldApprove, mayApprove } from "../../consent.ts";
import { samePerson } from "../../identity.ts";
import { countingApprovals } from "../approvals.ts";
import type { Answer, WhyContext } from "./context.ts";
import { clock, people } from "./words.ts";

/** Whether the person who asks may approve it, and if not, why. */
export function whyApprove(state: RunState, context: WhyContext): Answer {
  const { you } = context;
  const facts = state.plan === undefined ? [] : approvalFacts(state, context);
  if (state.need?.count === 0) return { answer: `Nobody has to approve it (${state.need.rule}).`, facts };
  const mine = state.approvals.find(({ by }) => samePerson(by, you));
  if (mine !== undefined && state.ended === undefined)
    return { answer: `You (${you.name}) approved it at ${clock(mine.at)} already.`, facts };
  const because = mayNot(state, context);
  return {
    answer:
      because === undefined
        ? `You (${you.name}) may approve it.`
        : `You (${you.name}) cannot approve it: ${because}.`,
    facts,
  };
}

/** True when the engine would take this person's approval now, as far as the record and the environment's file tell. */
export function couldBeApprovedBy(state: RunState, context: WhyContext): boolean {
  return mayNot(state, context) === undefined;
}

/** The first reason why not; the same ones, in the same order, as the engine's own. */
function mayNot(state: RunState, { you, now, approvers }: WhyContext): string | undefined {
  const { ended, plan, need, refusal } = state;
  if (ended !== undefined) return `it ended. ${ended.verdict.replace(/\.$/, "")}`;
  if (state.planOnly || plan === undefined || need === undefined) return "it has no plan that waits";
  if (refusal !== undefined) return `${refusal.by.name} refused it: ${refusal.reason}`;
  if (hasActed(state)) return "it has begun to act, and what was agreed before stands";
  if (Date.parse(plan.expiresAt) <= now.getTime()) return `its plan expired at ${clock(plan.expiresAt)}`;
  if (samePerson(you, state.askedBy) && !need.requesterMay)
    return `you asked for it, and ${need.rule} wants somebody else`;
  if (!approvers.known) return `who may is not known here: ${approvers.because}`;
  return mayApprove(state, approvers.names, you)
    ? undefined
    : `you are not among the approvers of ${state.environment["name"] ?? "its environment"}`;
}

/** What its approval asks for, what was given, and who can give the rest. */
export function approvalFacts(state: RunState, context: WhyContext): Answer["facts"] {
  const { need, plan, approvalAsked, revoked, escalations, glass } = state;
  const given = givenTo(state, context);
  return [
    ["Rule", need?.rule ?? "no plan was made"],
    ...(need === undefined
      ? []
      : [
          [
            "Needs",
            `${people(need.count)}${need.requesterMay ? "" : `, not ${state.askedBy.name}, who asked`}`,
          ] as const,
        ]),
    [
      "Given",
      given.length === 0
        ? "by nobody yet"
        : given.map(({ by, at }) => `by ${by.name} at ${clock(at)}`).join(", "),
    ],
    ...revoked.map(({ by, at, reason }): readonly [string, string] => [
      "Taken back",
      `by ${by.name} at ${clock(at)}: ${reason}`,
    ]),
    ["Can approve", canApprove(state, context)],
    ...(glass === undefined
      ? []
      : [
          [
            "Broken glass",
            `by ${glass.by.name} at ${clock(glass.at)}, skipping ${glass.skips.join(", ")}: ${glass.reason}`,
          ] as const,
        ]),
    ...escalations.map(({ to, at }): readonly [string, string] => [
      "Asked next",
      `${to.join(", ")} at ${clock(at)}`,
    ]),
    ...(plan === undefined ? [] : [["Until", clock(plan.expiresAt)] as const]),
    ...(approvalAsked === undefined ? [] : [["Silence", approvalAsked.ifSilent] as const]),
  ];
}

/** The approvals that count: by the record, and by the environment's file where that is here. */
export function givenTo(state: RunState, { approvers }: WhyContext): RunState["approvals"] {
  const counting = countingApprovals(state);
  return approvers.known ? counting.filter(({ by }) => mayApprove(state, approvers.names, by)) : counting;
}

function canApprove(state: RunState, { approvers }: WhyContext): string {
  if (!approvers.known) return `not known here: ${approvers.because}`;
  const left = couldApprove(state, approvers.names);
  return left.length === 0 ? "nobody else; the environment's file names no other approver" : left.join(", ");
}
