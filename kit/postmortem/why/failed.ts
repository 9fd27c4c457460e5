import { formatMs } from "../../duration.ts";
import type { RunState, StepState } from "../../fold.ts";
import type { JournalEntry } from "../../timeline.ts";
import { proofsOf } from "../proofs.ts";
import type { Answer, WhyContext } from "./context.ts";
import { clock } from "./words.ts";

/** What went wrong, from the step or the check to the sentence. */
export function whyFailed(state: RunState, _: WhyContext, entries: readonly JournalEntry[]): Answer {
  const { ended } = state;
  const step = state.steps.find((one) => one.state === "failed" || one.state === "unknown");
  const fault = ended?.fault ?? step?.fault;
  if (ended === undefined && step === undefined)
    return { answer: "Nothing failed in it, as far as the record goes.", facts: [] };
  if (ended !== undefined && fault === undefined && step === undefined && ended.exit === 0)
    return { answer: `It did not fail: ${ended.verdict}`, facts: [] };
  const proof = proofsOf(entries).at(-1);
  const failed = proof?.end?.held === false ? proof.end : undefined;
  const checks = proof?.checks ?? [];
  return {
    answer: ended?.verdict ?? fault?.summary ?? "It has not ended.",
    facts: [
      ...(step === undefined ? [] : stepFacts(step)),
      ...(fault === undefined
        ? []
        : ([
            ["Error", fault.code],
            ["Hint", fault.hint],
          ] as const)),
      ...(fault?.details === undefined ? [] : [["It said", fault.details] as const]),
      ...checks.map(({ id, title, health }): readonly [string, string] => {
        const last = failed?.check === id ? failed.health : health;
        return [id, `${title}: ${last === undefined ? "not looked at" : `${last.state}, ${last.says}`}`];
      }),
      ...(proof === undefined
        ? []
        : [
            ["Wanted", `steady for ${formatMs(proof.steadyMs)}, within ${formatMs(proof.withinMs)}`] as const,
          ]),
      ...(state.interrupted === undefined ? [] : [["Stopped by", state.interrupted] as const]),
      ...undoFacts(entries),
    ],
  };
}

function stepFacts(step: StepState): Answer["facts"] {
  return [
    [
      `Step ${step.key}`,
      `${step.title}: ${step.state === "unknown" ? "may or may not have happened" : "did not come true"}`,
    ],
    ["Last seen", step.lastSaw ?? "nothing"],
    ...(step.tookMs === undefined
      ? []
      : [["Took", `${formatMs(step.tookMs)} of at most ${formatMs(step.withinMs)}`] as const]),
  ];
}

function undoFacts(entries: readonly JournalEntry[]): Answer["facts"] {
  return entries.flatMap(({ event, at }): Answer["facts"] =>
    event.type === "undo.asked"
      ? [
          [
            "Taken back",
            `at ${clock(at)}, ${event.because === undefined ? `asked for by ${event.by.name}` : `because ${event.because}`}`,
          ],
        ]
      : [],
  );
}
