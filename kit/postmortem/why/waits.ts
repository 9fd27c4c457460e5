import { formatMs } from "../../duration.ts";
import type { RunState, StepState } from "../../fold.ts";
import type { RunRow } from "../../journal.ts";
import { shortDigest } from "../../plan.ts";
import type { JournalEntry } from "../../timeline.ts";
import { approvalFacts, givenTo } from "./approve.ts";
import type { Answer, WhyContext } from "./context.ts";
import { findingsOf } from "./decided.ts";
import { clock, people } from "./words.ts";

/** Why it does not go on: for whom or what it waits, or that nobody works on it. */
export function whyWaits(state: RunState, context: WhyContext, entries: readonly JournalEntry[]): Answer {
  const { now, row } = context;
  if (state.ended !== undefined)
    return {
      answer: `It does not wait: it ended at ${clock(state.ended.at)}. ${state.ended.verdict}`,
      facts: [],
    };
  if (state.child !== undefined && state.child.ended === undefined)
    return {
      answer: `It waits for ${state.child.run}, ${state.child.runbook}, to which it handed over.`,
      facts: [["Because", state.decision?.because ?? "not in the record"]],
    };
  if (state.phase === "waiting") return waitsForApproval(state, context);
  const alone = nobodyAtWork(row);
  const step = state.steps.find(
    (one) => one.state === "waiting" || one.state === "running" || one.state === "unknown",
  );
  const last: readonly [string, string] = [
    "Last sign",
    `entry ${state.lastSeq} at ${clock(state.lastAt)}, ${formatMs(now.getTime() - Date.parse(state.lastAt))} ago`,
  ];
  if (step?.state === "waiting" && step.kind === "wait")
    return {
      answer: `It waits for a person: ${step.input.ask}.`,
      facts: [
        ["Signal", step.action],
        ["Until", until(step)],
        [
          "Silence",
          {
            stop: "stops with everything as it is",
            undo: "takes back what was done",
            "go-on": "goes on without",
          }[step.input.ifSilent],
        ],
        ...(alone === undefined ? [] : [["Process", alone] as const]),
      ],
    };
  if (step?.state === "waiting")
    return {
      answer: `It waits for a person to judge "${step.title}": ${step.judged?.because ?? "its samples are inconclusive"}.`,
      facts: [["Last seen", step.lastSaw ?? "nothing"], last],
    };
  if (alone !== undefined)
    return {
      answer: `Nobody works on it: ${alone}.`,
      facts: [["Was at", step === undefined ? state.phase : `step ${step.key}, ${step.title}`], last],
    };
  const beside = state.steps.filter((one) => one.state === "running" && one !== step);
  if (step !== undefined)
    return {
      answer: `It does not wait for a person; it is at step ${step.key} of ${state.steps.length}, ${step.title}.`,
      facts: [
        ...beside.map(({ key, title }): readonly [string, string] => ["Beside it", `step ${key}, ${title}`]),
        ["Since", step.startedAt === undefined ? "not in the record" : clock(step.startedAt)],
        ["At most", formatMs(step.withinMs)],
        ["Last seen", step.lastSaw ?? "nothing yet"],
        last,
      ],
    };
  const open = state.probes.filter(({ finding }) => finding === undefined);
  if (state.phase === "looking" && open.length > 0)
    return {
      answer: `It looks; not answered yet: ${open.map(({ ask }) => ask).join("; ")}.`,
      facts: [...findingsOf(entries, state), last],
    };
  return { answer: `It does not wait for a person; it is ${state.phase}.`, facts: [last] };
}

function waitsForApproval(state: RunState, context: WhyContext): Answer {
  const { now } = context;
  const wanted = state.need?.count ?? 1;
  const given = givenTo(state, context);
  const expired = state.plan !== undefined && Date.parse(state.plan.expiresAt) <= now.getTime();
  const facts = approvalFacts(state, context);
  if (given.length >= wanted) {
    const alone = nobodyAtWork(context.row);
    return {
      answer:
        alone === undefined
          ? "It is approved and goes on."
          : `It is approved, but nobody carries it out: ${alone}.`,
      facts,
      ...(alone === undefined ? {} : { todo: "resume" as const }),
    };
  }
  if (expired)
    return {
      answer: `Its plan expired at ${clock(state.plan?.expiresAt ?? "")} before it was approved; nothing will be done.`,
      facts,
      todo: "plan-again",
    };
  return {
    answer: `It waits for approval of plan ${shortDigest(state.plan?.digest ?? "")}, because it is ${state.plan?.strictest ?? "not safe"} and ${state.need?.rule ?? "the policy"} asks for ${people(wanted)}${state.need?.requesterMay === false ? ` other than ${state.askedBy.name}` : ""}.`,
    facts,
  };
}

/** Why no process works on an open run; undefined while one does, or when that is not known. */
function nobodyAtWork(row: RunRow | undefined): string | undefined {
  if (row === undefined || row.alive) return undefined;
  if (row.owner === undefined || row.leaseUntil === undefined) return "its process gave it up";
  return `the lease of ${row.owner} ended at ${clock(row.leaseUntil)}`;
}

function until({ startedAt, withinMs }: StepState): string {
  return startedAt === undefined
    ? "not begun"
    : clock(new Date(Date.parse(startedAt) + withinMs).toISOString());
}
