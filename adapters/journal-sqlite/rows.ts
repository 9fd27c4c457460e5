import { OpsError } from "#kit/errors.ts";
import type { DeliveryRow, LockKind, LockRow, RunRow } from "#kit/journal.ts";
import type { JournalEntry, RunEvent } from "#kit/timeline.ts";
import type { Row } from "./database.ts";
import { hasEnded, type HostClock } from "./host-clock.ts";

/** The event as JSON would give it back. */
export function asJson(event: RunEvent): RunEvent {
  return JSON.parse(JSON.stringify(event));
}

/** An entry of the journal; throws `journal-corrupt` when its event is not readable. */
export function toEntry(row: Row): JournalEntry {
  let event: RunEvent;
  try {
    event = JSON.parse(String(row["event"]));
  } catch (error) {
    throw new OpsError("journal-corrupt", {
      summary: `Entry ${String(row["seq"])} of ${String(row["run"])} is not readable.`,
      hint: "Keep the file; nothing will run from it.",
      cause: error,
    });
  }
  return {
    run: String(row["run"]),
    seq: Number(row["seq"]),
    at: String(row["at"]),
    event,
    prev: String(row["prev"]),
    hash: String(row["hash"]),
  };
}

/** The one-line summary of a run. */
export function toRunRow(row: Row, clock: HostClock): RunRow {
  const text = (name: string) =>
    row[name] === null || row[name] === undefined ? undefined : String(row[name]);
  const optional = {
    endedAt: text("ended_at"),
    outcome: text("outcome"),
    exit: row["exit"] === null || row["exit"] === undefined ? undefined : Number(row["exit"]),
    verdict: text("verdict"),
    digest: text("digest"),
    owner: text("owner"),
    leaseUntil: text("lease_until"),
  };
  return {
    run: String(row["run"]),
    runbook: String(row["runbook"]),
    environment: String(row["environment"]),
    askedAt: String(row["asked_at"]),
    askedBy: String(row["asked_by"]),
    planOnly: Number(row["plan_only"]) === 1,
    lastAt: String(row["last_at"]),
    alive: optional.leaseUntil !== undefined && !hasEnded(clock, row, optional.leaseUntil),
    ...defined(optional),
  };
}

/** A lock as it is held; undefined for a free one. */
export function toLockRow(row: Row | undefined, clock: HostClock): LockRow | undefined {
  if (row === undefined || row["run"] === null) return undefined;
  const until = String(row["until"]);
  const staysMs = Number(row["stays_ms"] ?? 0);
  return {
    lock: String(row["lock"]),
    run: String(row["run"]),
    owner: String(row["owner"]),
    reason: String(row["reason"]),
    kind: kindOf(row["kind"]),
    fence: Number(row["fence"]),
    takenAt: String(row["taken_at"]),
    until,
    staysUntil: new Date(Date.parse(until) + staysMs).toISOString(),
    state: hasEnded(clock, row, until, staysMs) ? "over" : hasEnded(clock, row, until) ? "kept" : "held",
  };
}

function kindOf(value: unknown): LockKind {
  return value === "sticky" || value === "by-hand" ? value : "automatic";
}

/** How far a destination was told. */
export function toDelivery(row: Row): DeliveryRow {
  const lastError = row["last_error"];
  return {
    run: String(row["run"]),
    destination: String(row["destination"]),
    cursor: Number(row["cursor"]),
    state: JSON.parse(String(row["state"])),
    attempts: Number(row["attempts"]),
    nextAt: String(row["next_at"]),
    ...(typeof lastError === "string" ? { lastError } : {}),
  };
}

/** Without the members that are undefined. */
function defined<T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const kept: { [Name in keyof T]?: Exclude<T[Name], undefined> } = {};
  for (const [name, value] of Object.entries(members))
    if (value !== undefined) Object.assign(kept, { [name]: value });
  return kept;
}
