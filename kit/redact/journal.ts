import type { Journal } from "../journal.ts";
import type { RunEvent } from "../timeline.ts";
import type { Redactor } from "./redactor.ts";

/**
 * A journal into which no secret gets: events, reasons of locks and memories of destinations are redacted before they are
 * numbered, hashed and stored. Works before any journal adapter, and what it gives back is what was stored.
 */
export function redactingJournal(journal: Journal, redactor: Redactor): Journal {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the redactor keeps the shape of JSON data and changes texts only
  const clean = <Event extends RunEvent>(event: Event) => redactor.value(event) as Event;
  return {
    ...journal,
    begin: (run, first, owner, leaseMs) => journal.begin(run, clean(first), owner, leaseMs),
    append: (lease, event) => journal.append(lease, clean(event)),
    note: (run, event) => journal.note(run, clean(event)),
    takeLock: (lock, holder, leaseMs) =>
      journal.takeLock(lock, { ...holder, reason: redactor.text(holder.reason) }, leaseMs),
    saveDelivery: (row) =>
      journal.saveDelivery({
        ...row,
        state: redactor.value(row.state),
        ...(row.lastError === undefined ? {} : { lastError: redactor.text(row.lastError) }),
      }),
  };
}
