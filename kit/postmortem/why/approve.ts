import type { RunState } from "../../fold.ts";
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
export function mayApprove(state: RunState, context: WhyContext): boolean {
  return mayNot(state, context) === undefined;
}

/** The first reason why not; the same ones, in the same order, as the engine's own. */
function mayNot(state: RunState, { you, now, approvers }: WhyContext): string | undefined {
  const { ended, plan, need, refusal } = state;
  if (ended !== undefined) return `it ended. ${ended.verdict.replace(/\.$/, "")}`;
  if (state.planOnly || plan === undefined || need === undefined) return "it has no plan that waits";
  if (refusal !== undefined) return `${refusal.by.name} refused it: ${refusal.reason}`;
  if (Date.parse(plan.expiresAt) <= now.getTime()) return `its plan expired at ${clock(plan.expiresAt)}`;
  if (!need.requesterMay && samePerson(you, state.askedBy))
    return `you asked for it, and ${need.rule} wants somebody else`;
  if (approvers === undefined)
    return "the file of its environment is not on this machine, so nobody here can";
  if (!approvers.includes(you.name))
    return `you are not among the approvers of ${state.environment["name"] ?? "its environment"}`;
  return undefined;
}

/** What its approval asks for, what was given, and who can give the rest. */
export function approvalFacts(state: RunState, context: WhyContext): Answer["facts"] {
  const { need, plan, approvalAsked, revoked, escalations } = state;
  const given = countingApprovals(state);
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
    ...escalations.map(({ to, at }): readonly [string, string] => [
      "Asked next",
      `${to.join(", ")} at ${clock(at)}`,
    ]),
    ...(plan === undefined ? [] : [["Until", clock(plan.expiresAt)] as const]),
    ...(approvalAsked === undefined ? [] : [["Silence", approvalAsked.ifSilent] as const]),
  ];
}

function canApprove(state: RunState, { approvers }: WhyContext): string {
  if (approvers === undefined) return "not known here: the environment's file is not on this machine";
  const given = state.approvals.map(({ by }) => by.name);
  const left = approvers.filter(
    (name) => !given.includes(name) && (state.need?.requesterMay !== false || name !== state.askedBy.name),
  );
  return left.length === 0 ? "nobody else; the environment's file names no other approver" : left.join(", ");
}
