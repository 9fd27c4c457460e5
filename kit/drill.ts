import type { JournalEntry } from "./timeline.ts";

/** How long each part of a drill took, in milliseconds. People's answers are counted apart: in a drill they are given at once. */
export type DrillTimes = {
  /** From the fault until the check has seen it for as long as an alarm waits. */
  readonly detect: number;
  /** From the question to the decision; of the last round and the last runbook, where there were several. */
  readonly decide: number;
  /** From the last approval, or the decision where none was needed, to the last effect. */
  readonly mitigate: number;
  /** From the last effect to the end of the run, proof included. */
  readonly verify: number;
  /** Between questions of approval and their answers. */
  readonly people: number;
  /** From the fault to the end. */
  readonly whole: number;
};

/** The times of a drill from what was recorded: the entries of a run and of those it handed over to, in order of time. */
export function drillTimes(
  fault: { readonly at: number; readonly seen: number },
  entries: readonly JournalEntry[],
): DrillTimes {
  const at = (entry: JournalEntry | undefined) => (entry === undefined ? undefined : Date.parse(entry.at));
  const all = (type: JournalEntry["event"]["type"]) => entries.filter((entry) => entry.event.type === type);
  const asked = at(all("run.asked")[0]) ?? fault.seen;
  const decided = at(all("run.decided").at(-1)) ?? asked;
  const approved = at(all("approval.given").at(-1));
  const acted = at(all("step.done").at(-1));
  const ended = Math.max(asked, ...all("run.ended").map((entry) => Date.parse(entry.at)));
  const people = all("approval.asked").reduce((sum, question) => {
    const answer = all("approval.given").find(
      (given) => given.run === question.run && Date.parse(given.at) >= Date.parse(question.at),
    );
    return sum + (answer === undefined ? 0 : Date.parse(answer.at) - Date.parse(question.at));
  }, 0);
  return {
    detect: fault.seen - fault.at,
    decide: Math.max(0, decided - asked - people),
    mitigate: acted === undefined ? 0 : acted - (approved ?? decided),
    verify: acted === undefined ? 0 : ended - acted,
    people,
    whole: ended - fault.at,
  };
}
