import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { OpsError } from "#kit/errors.ts";
import { journalFault } from "./fault.ts";
import { migrate } from "./schema.ts";
import { makeFolder } from "#kit/make-folder.ts";

/** One row as SQLite gives it. */
export type Row = Record<string, SQLOutputValue>;

/** The file, opened and brought to this program's schema. Every error that leaves it is one of ours. */
export type Database = {
  readonly get: (sql: string, ...values: SQLInputValue[]) => Row | undefined;
  readonly all: (sql: string, ...values: SQLInputValue[]) => Row[];
  /** Gives the number of rows changed. */
  readonly run: (sql: string, ...values: SQLInputValue[]) => number;
  /** Looks. */
  readonly safely: <T>(work: () => T) => Promise<T>;
  /** Looks more than once, and sees one moment: what others write meanwhile is not half seen. */
  readonly atOnce: <T>(work: () => T) => Promise<T>;
  /** Changes, in one immediate transaction: other processes see all of it or nothing. */
  readonly write: <T>(work: () => T) => Promise<T>;
  readonly close: () => void;
};

/** Opens the file with WAL and every commit synced to disk; waits `busyMs` for other processes. */
export function openDatabase(path: string, busyMs: number): Database {
  const db = open(path, busyMs);
  const statements = new Map<string, StatementSync>();

  function prepared(sql: string): StatementSync {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  }
  const get = (sql: string, ...values: SQLInputValue[]) => prepared(sql).get(...values);
  const all = (sql: string, ...values: SQLInputValue[]) => prepared(sql).all(...values);
  const run = (sql: string, ...values: SQLInputValue[]) => Number(prepared(sql).run(...values).changes);

  // Reads and writes alike: a vendor error never leaves this file as it came.
  async function safely<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw journalFault(error, path);
    }
  }
  const atOnce = <T>(work: () => T) =>
    safely(() => {
      db.exec("begin");
      try {
        return work();
      } finally {
        if (db.isTransaction) db.exec("commit");
      }
    });
  const write = <T>(work: () => T) =>
    safely(() => {
      db.exec("begin immediate");
      try {
        const result = work();
        db.exec("commit");
        return result;
      } catch (error) {
        if (db.isTransaction) db.exec("rollback");
        throw error;
      }
    });

  return { get, all, run, safely, atOnce, write, close: () => db.close() };
}

function open(path: string, busyMs: number): DatabaseSync {
  try {
    makeFolder(dirname(path), 0o700);
    const db = new DatabaseSync(path, { timeout: busyMs });
    db.exec(
      "pragma journal_mode = wal; pragma synchronous = full; pragma fullfsync = on; pragma foreign_keys = on",
    );
    migrate(db, path);
    return db;
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      /^E(ACCES|ROFS|NOSPC|EXIST|NOTDIR|PERM|NOENT)$/.test(String(error.code))
    )
      throw new OpsError("journal-unwritable", {
        summary: `The journal's folder ${dirname(path)} cannot be made (${error.message}).`,
        hint: "Set OPS_STATE_DIR to a folder that can be written.",
        cause: error,
      });
    throw journalFault(error, path);
  }
}
