import { foldRun } from "./fold.ts";
import type { JournalEntry } from "./timeline.ts";

/** How often people were asked about one runbook, and what came of it. */
export type ApprovalCount = {
  readonly runbook: string;
  readonly asked: number;
  readonly given: number;
  readonly refused: number;
  readonly revoked: number;
  readonly expired: number;
  readonly glass: number;
  /** Broken glass that nobody reviewed. */
  readonly unreviewed: number;
  /** Times the next ones on call had to be asked. */
  readonly escalated: number;
  /** Approvals that came sooner than a plan can be read. */
  readonly hasty: number;
  /** Milliseconds from the question to the answer, the middle one; undefined where nobody answered. */
  readonly medianMs: number | undefined;
};

/** Nobody reads findings, steps and the worst case in less. */
const readingMs = 10_000;

/** Counts per runbook, most often asked first, over the records of runs. */
export function countApprovals(runs: readonly (readonly JournalEntry[])[]): readonly ApprovalCount[] {
  const byRunbook = new Map<string, JournalEntry[][]>();
  for (const entries of runs) {
    const state = foldRun(entries);
    if (state === undefined) continue;
    const known = byRunbook.get(state.runbook) ?? [];
    known.push([...entries]);
    byRunbook.set(state.runbook, known);
  }
  return [...byRunbook]
    .map(([runbook, records]) => countOf(runbook, records))
    .filter(({ asked, glass }) => asked + glass > 0)
    .sort((a, b) => b.asked - a.asked || a.runbook.localeCompare(b.runbook));
}

function countOf(runbook: string, records: readonly (readonly JournalEntry[])[]): ApprovalCount {
  const all = records.flat();
  const count = (type: JournalEntry["event"]["type"]) =>
    all.filter(({ event }) => event.type === type).length;
  const waits = records.flatMap(waitsOf).sort((a, b) => a - b);
  const reviewed = records.filter((entries) => entries.some(({ event }) => event.type === "review.done"));
  const broken = records.filter((entries) => entries.some(({ event }) => event.type === "glass.broken"));
  return {
    runbook,
    asked: count("approval.asked"),
    given: count("approval.given"),
    refused: count("approval.refused"),
    revoked: count("approval.revoked"),
    expired: count("approval.expired"),
    glass: count("glass.broken"),
    unreviewed: broken.filter((entries) => !reviewed.includes(entries)).length,
    escalated: count("approval.escalated"),
    hasty: waits.filter((ms) => ms < readingMs).length,
    medianMs: waits[Math.floor(waits.length / 2)],
  };
}

/** From each question to each of its answers. */
function waitsOf(entries: readonly JournalEntry[]): readonly number[] {
  let asked: string | undefined;
  return entries.flatMap(({ at, event }) => {
    if (event.type === "approval.asked") asked = at;
    return event.type === "approval.given" && asked !== undefined ? [Date.parse(at) - Date.parse(asked)] : [];
  });
}
