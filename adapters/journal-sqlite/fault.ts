import { OpsError } from "#kit/errors.ts";

/** SQLite's primary result codes that people can meet; https://www.sqlite.org/rescode.html */
const codes = {
  busy: 5,
  locked: 6,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  notadb: 26,
} as const;

/** A SQLite error as one of ours; our own errors pass through. */
export function journalFault(error: unknown, path: string): unknown {
  if (OpsError.is(error)) return error;
  const code =
    typeof error === "object" && error !== null && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  const details = error instanceof Error ? error.message : String(error);
  switch (code) {
    case codes.busy:
    case codes.locked:
      return new OpsError("journal-locked", {
        summary: `The journal ${path} is locked by another program for more than 5 s.`,
        hint: `See who holds it (lsof ${path}), then try again. Nothing was changed.`,
        details,
        cause: error,
      });
    case codes.corrupt:
    case codes.notadb:
      return new OpsError("journal-corrupt", {
        summary: `The journal ${path} is damaged (${details}).`,
        hint: "Keep the file, set OPS_STATE_DIR to a new folder and go on there. Nothing was changed.",
        details,
        cause: error,
      });
    case codes.full:
    case codes.ioerr:
    case codes.readonly:
    case codes.cantopen:
      return new OpsError("journal-unwritable", {
        summary: `The journal ${path} cannot be written (${details}).`,
        hint: "Free disk space or fix its permissions, or set OPS_STATE_DIR to a folder that can be written. Without a record nothing is done.",
        details,
        cause: error,
      });
    default:
      return error;
  }
}
