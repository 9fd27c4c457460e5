import type { QueryResultRow } from "pg";
import { OpsError } from "#kit/errors.ts";
import type { DeliveryRow, RunRow } from "#kit/journal.ts";
import type { JournalEntry, RunEvent } from "#kit/timeline.ts";

/** An entry as the table has it. */
export type EntryColumns = QueryResultRow &
  Readonly<Record<"run" | "at" | "event" | "prev" | "hash", string>> & { readonly seq: number };

/** A run's summary as the table has it; `alive` by the server's clock. */
export type RunColumns = QueryResultRow &
  Readonly<Record<"run" | "runbook" | "environment" | "asked_by", string>> &
  Readonly<Record<"outcome" | "verdict" | "digest" | "owner", string | null>> & {
    readonly asked_at: Date;
    readonly last_at: Date;
    readonly ended_at: Date | null;
    readonly lease_until: Date | null;
    readonly exit: number | null;
    readonly plan_only: boolean;
    readonly alive: boolean;
  };

/** A delivery as the table has it. */
export type DeliveryColumns = QueryResultRow &
  Readonly<Record<"run" | "destination" | "state" | "next_at", string>> & {
    readonly cursor: number;
    readonly attempts: number;
    readonly last_error: string | null;
  };

/** An entry of the journal; throws `journal-corrupt` when its event is not readable. */
export function toEntry({ run, seq, at, event: text, prev, hash }: EntryColumns): JournalEntry {
  let event: RunEvent;
  try {
    event = JSON.parse(text);
  } catch (error) {
    throw new OpsError("journal-corrupt", {
      summary: `Entry ${seq} of ${run} is not readable.`,
      hint: "Keep the database as it is; nothing will run from it.",
      cause: error,
    });
  }
  return { run, seq, at, event, prev, hash };
}

/** The one-line summary of a run. */
export function toRunRow(row: RunColumns): RunRow {
  return {
    run: row.run,
    runbook: row.runbook,
    environment: row.environment,
    askedAt: row.asked_at.toISOString(),
    askedBy: row.asked_by,
    planOnly: row.plan_only,
    lastAt: row.last_at.toISOString(),
    alive: row.alive,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.exit === null ? {} : { exit: row.exit }),
    ...(row.verdict === null ? {} : { verdict: row.verdict }),
    ...(row.digest === null ? {} : { digest: row.digest }),
    ...(row.owner === null ? {} : { owner: row.owner }),
    ...(row.lease_until === null ? {} : { leaseUntil: row.lease_until.toISOString() }),
  };
}

/** How far a destination was told. */
export function toDelivery(row: DeliveryColumns): DeliveryRow {
  return {
    run: row.run,
    destination: row.destination,
    cursor: row.cursor,
    state: JSON.parse(row.state),
    attempts: row.attempts,
    nextAt: row.next_at,
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
  };
}
