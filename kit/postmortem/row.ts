import { foldRun, type RunState } from "../fold.ts";
import type { ChainVerdict, RunRow } from "../journal.ts";
import type { JournalEntry } from "../timeline.ts";
import { countingApprovals } from "./approvals.ts";
import { timeKinds, timeSplit } from "./time.ts";

/**
 * The columns of `ops export`, in order, each with what it holds. A new column goes to the end; a column never changes its meaning.
 * Times are ISO 8601 in UTC, lengths whole milliseconds; a value that the record does not have is empty (CSV) or absent (NDJSON).
 */
export const exportColumns = {
  run: "number of the run",
  runbook: "which runbook",
  environment: "which environment",
  tier: "its tier: sandbox, development, staging or production",
  severity: "P0 to P3",
  asked_at: "when it was asked for",
  asked_by: "who asked",
  via: "through which door: terminal, cron, slack, alert or sandbox",
  reason: "why, as it was given",
  alert: "name of the alert that led to it",
  alert_since: "since when the alert fired",
  plan_only: "true for a run that only planned",
  ended_at: "when it ended",
  outcome: "how it ended",
  exit: "exit status",
  verdict: "the one sentence that every surface shows",
  rule: "the rule that decided, of the last round",
  plan: "digest of the plan, of the last round",
  risk: "the riskiest step of that plan",
  rounds: "how many rounds",
  steps: "how many steps were planned, of all rounds, without those that take back",
  steps_done: "of these: done",
  steps_failed: "of these: failed",
  steps_unknown: "of these: may or may not have happened",
  steps_undone: "of these: taken back",
  steps_not_done: "of these: skipped or not reached",
  approvals: "approvals that count for the last plan",
  approvals_needed: "how many it needed",
  approved_by: "by whom, separated by a semicolon",
  resumes: "how often another process took it up",
  notes: "how many notes people added",
  glass: "true when the glass was broken",
  reviewed: "true when that was reviewed; empty when no glass was broken",
  parent: "the run that handed over to it",
  child: "the run it handed over to",
  total_ms: "from the alert, or else the question, to the end, or else the last entry",
  detecting_ms: "of that: from the alert until somebody asked",
  looking_ms: "of that: asking questions, taking locks",
  deciding_ms: "of that: deciding and planning",
  waiting_ms: "of that: waiting for people",
  executing_ms: "of that: carrying out steps",
  verifying_ms: "of that: watches and proof",
  unattended_ms: "of that: no process was at work",
  entries: "how many entries its record has",
  last_hash: "hash of the last one",
  record: "intact, or at which entry it does not verify and why",
} as const;

/** A column of the export. */
export type ExportColumn = keyof typeof exportColumns;

/** One run as a row; columns that it has no value for are absent. */
export type ExportRow = { readonly [Column in ExportColumn]?: string | number | boolean };

/** A run's row from its entries; from its summary alone where these cannot be read as a run. */
export function exportRow(
  row: RunRow,
  record: { readonly entries: readonly JournalEntry[]; readonly chain: ChainVerdict },
): ExportRow {
  const { entries, chain } = record;
  const verdict = chain.intact ? "intact" : `entry ${chain.seq}: ${chain.why}`;
  try {
    const state = foldRun(entries);
    if (state !== undefined) return { ...told(state, entries), entries: entries.length, record: verdict };
  } catch {
    // What was altered may not have the shape of an event; the summary and the verdict on the record remain.
  }
  return { ...summaryOnly(row), entries: entries.length, record: verdict };
}

/** What the one-line summary knows of a run. */
function summaryOnly(row: RunRow): ExportRow {
  const { run, runbook, environment, askedAt, askedBy, planOnly, endedAt, outcome, exit, verdict, digest } =
    row;
  return present({
    run,
    runbook,
    environment,
    asked_at: askedAt,
    asked_by: askedBy,
    plan_only: planOnly,
    ended_at: endedAt,
    outcome,
    exit,
    verdict,
    plan: digest,
  });
}

function told(state: RunState, entries: readonly JournalEntry[]): ExportRow {
  const { ended, need, plan, alert, glass, askedBy } = state;
  const steps = [...state.earlier, ...state.steps].filter(({ undoes }) => undoes === undefined);
  const count = (...states: readonly string[]) => steps.filter((step) => states.includes(step.state)).length;
  const approvals = countingApprovals(state);
  const time = timeSplit(entries);
  return present({
    run: state.run,
    runbook: state.runbook,
    environment: state.environment["name"] ?? "",
    tier: state.tier,
    severity: state.severity,
    asked_at: state.askedAt,
    asked_by: askedBy.name,
    via: askedBy.via,
    reason: state.reason,
    alert: alert?.name,
    alert_since: alert?.since,
    plan_only: state.planOnly,
    ended_at: ended?.at,
    outcome: ended?.outcome,
    exit: ended?.exit,
    verdict: ended?.verdict,
    rule: state.decision?.rule,
    plan: plan?.digest,
    risk: plan?.strictest,
    rounds: state.round,
    steps: steps.length,
    steps_done: count("done"),
    steps_failed: count("failed"),
    steps_unknown: count("unknown", "running", "waiting"),
    steps_undone: count("undone"),
    steps_not_done: count("next", "skipped"),
    approvals: approvals.length,
    approvals_needed: need?.count,
    approved_by: approvals.map(({ by }) => by.name).join(";") || undefined,
    resumes: state.resumes,
    notes: state.notes.length,
    glass: glass !== undefined,
    reviewed: glass === undefined ? undefined : state.reviewed !== undefined,
    parent: state.parent?.run,
    child: state.child?.run,
    total_ms: time.totalMs,
    ...Object.fromEntries(timeKinds.map((kind) => [`${kind}_ms`, time.parts[kind]])),
    last_hash: state.lastHash,
  });
}

function present(
  values: Readonly<{ [Column in ExportColumn]?: string | number | boolean | undefined }>,
): ExportRow {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
