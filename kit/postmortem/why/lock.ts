import type { RunState } from "../../fold.ts";
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
        : `fence ${lock.fence}, ${lock.lost === undefined ? (lock.kept === undefined ? (lock.held ? "held at its last entry" : "given back") : `kept: ${lock.kept.reason}`) : `lost: ${lock.lost}`}`,
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
  const stale = Date.parse(holder.until) < now.getTime();
  return {
    answer: `${lockName} is held by ${holder.run === state.run ? "this run" : holder.run}, ${holder.reason}, since ${clock(holder.takenAt)}${stale ? `; its lease ended at ${clock(holder.until)}, so the next run takes it over` : `, at least until ${clock(holder.until)}`}.`,
    facts: [["Owner", holder.owner], ["Fence", String(holder.fence)], ...own],
  };
}
