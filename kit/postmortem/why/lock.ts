import type { RunState } from "../../fold.ts";
import { lockSentence } from "../../render/locks.ts";
import type { Answer, WhyContext } from "./context.ts";
import { clock } from "./words.ts";

/** Who holds its lock now, and what it had of it. */
export function whyLock(state: RunState, { locks, now }: WhyContext): Answer {
  const { lock, lockName, lockMissing } = state;
  const holder = locks.known ? locks.held.find((held) => held.lock === lockName) : undefined;
  const own: Answer["facts"] = [
    [
      "In this run",
      lock === undefined
        ? lockMissing === undefined
          ? "never taken"
          : `never taken: ${lockMissing}`
        : `fence ${lock.fence}, ${inThisRun(lock)}`,
    ],
    ...(lock?.tookOver === undefined
      ? []
      : [
          [
            "Taken over",
            `from ${lock.tookOver.run}, whose lease ended ${clock(lock.tookOver.until)}`,
          ] as const,
        ]),
    ...(state.ended?.fault?.code === "lock-held" ? [["It met", state.ended.fault.summary] as const] : []),
  ];
  if (!locks.known) return { answer: `Who holds ${lockName} now is not known: ${locks.because}`, facts: own };
  if (holder === undefined) return { answer: `Nobody holds ${lockName} now.`, facts: own };
  return {
    answer: `${lockSentence(holder, now)}.`,
    facts: [
      ["Held by", holder.run === state.run ? `this run, ${holder.owner}` : holder.owner],
      ["Fence", String(holder.fence)],
      ...own,
    ],
  };
}

function inThisRun({ lost, kept, held }: NonNullable<RunState["lock"]>): string {
  if (lost !== undefined) return `lost: ${lost}`;
  if (kept !== undefined && held) return `kept: ${kept.reason}`;
  return held ? "held at its last entry" : "given back";
}
