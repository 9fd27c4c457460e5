import type { RunState } from "../../fold.ts";
import { shortDigest } from "../../plan.ts";
import type { JournalEntry } from "../../timeline.ts";
import type { Answer, WhyContext } from "./context.ts";
import { clock } from "./words.ts";

/** Who or what refused it. */
export function whyRefused(state: RunState, context: WhyContext, entries: readonly JournalEntry[]): Answer {
  const tried = context.refusals
    .slice(-3)
    .map(({ at, tried, by, fault }): readonly [string, string] => [
      `${clock(at)} ${by.name}`,
      `${tried}: ${fault.summary} ${fault.hint}`,
    ]);
  if (state.refusal !== undefined) {
    const { by, at, reason } = state.refusal;
    return {
      answer: `${by.name} refused the plan at ${clock(at)}: ${reason}.`,
      facts: [["Plan", shortDigest(state.plan?.digest ?? "")], ...tried],
    };
  }
  if (state.ended?.outcome === "guarded" && state.ended.fault !== undefined) {
    const { summary, hint, code } = state.ended.fault;
    return {
      answer: `A guard refused it: ${summary}`,
      facts: [["Guard", code], ["Hint", hint], ...staleFacts(entries), ...tried],
    };
  }
  if (tried.length > 0)
    return { answer: `The last command that was refused for it: ${tried.at(-1)?.[1] ?? ""}`, facts: tried };
  return { answer: "Nothing about it was refused, as far as the record goes.", facts: [] };
}

/** What moved between the plan and its first act. */
export function whyChanged(state: RunState, context: WhyContext, entries: readonly JournalEntry[]): Answer {
  const differences = staleFacts(entries);
  const { plan } = state;
  if (differences.length > 0)
    return {
      answer:
        "The world moved between the plan and its first act: a fresh look asked for something else, so nothing was done.",
      facts: [...differences, ["Read as", "+ is what would be done now and was not approved"]],
    };
  if (
    state.expired ||
    (state.ended === undefined &&
      plan !== undefined &&
      state.steps.every(({ attempts }) => attempts === 0) &&
      Date.parse(plan.expiresAt) <= context.now.getTime())
  )
    return {
      answer: `The plan was good until ${clock(plan?.expiresAt ?? "")} and had not begun by then; a plan that old may no longer fit.`,
      facts: [
        ["Made", clock(plan?.madeAt ?? "")],
        ["Asked", state.approvalAsked === undefined ? "nobody" : `at ${clock(state.approvalAsked.at)}`],
        ["Silence", state.approvalAsked?.ifSilent ?? "nothing is done"],
      ],
    };
  const stale = context.refusals.findLast(({ fault }) => fault.code === "plan-stale");
  if (stale !== undefined)
    return { answer: stale.fault.summary, facts: [[`${clock(stale.at)} ${stale.by.name}`, stale.tried]] };
  if (plan === undefined) return { answer: "No plan was made, so none could become stale.", facts: [] };
  const checked = entries.findLast(({ event }) => event.type === "plan.checked");
  return {
    answer: "Nothing in the record says that its plan became stale.",
    facts:
      checked === undefined
        ? [["Looked again", "not in the record"]]
        : [["Looked again", `at ${clock(checked.at)}: the findings still asked for it`]],
  };
}

function staleFacts(entries: readonly JournalEntry[]): Answer["facts"] {
  return entries.flatMap(({ event, at }): Answer["facts"] =>
    event.type === "plan.checked" && !event.same
      ? event.differences.map((difference): readonly [string, string] => [`At ${clock(at)}`, difference])
      : [],
  );
}
