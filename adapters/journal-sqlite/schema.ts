import type { DatabaseSync } from "node:sqlite";
import { OpsError } from "#kit/errors.ts";

/** Schema steps, oldest first; the file's `user_version` counts how many it has. */
const migrations = [
  `create table entry (
     run text not null, seq integer not null, at text not null, event text not null, prev text not null, hash text not null,
     primary key (run, seq)
   ) without rowid;
   create table run (
     run text primary key, runbook text not null, environment text not null, asked_at text not null, asked_by text not null,
     plan_only integer not null, last_seq integer not null, last_at text not null, last_hash text not null,
     ended_at text, outcome text, exit integer, verdict text, digest text,
     owner text, fence integer not null default 0, lease_until text
   ) without rowid;
   create index run_by_time on run (asked_at);
   create table lock (
     lock text primary key, run text, owner text, reason text, fence integer not null, taken_at text, until text
   ) without rowid;
   create table delivery (
     run text not null, destination text not null, cursor integer not null, state text not null,
     attempts integer not null, next_at text not null, last_error text, primary key (run, destination)
   ) without rowid;
   create trigger entry_is_append_only before update on entry begin select raise(abort, 'entries are append-only'); end;
   create trigger entry_is_kept before delete on entry begin select raise(abort, 'entries are append-only'); end;`,
  `alter table lock add column kind text;
   alter table lock add column stays_ms integer;
   alter table lock add column lease_boot text;
   alter table lock add column lease_from integer;
   alter table lock add column lease_to integer;
   alter table run add column lease_boot text;
   alter table run add column lease_from integer;
   alter table run add column lease_to integer;`,
  `create table ledger (id text not null);
   insert into ledger (id) values (lower(hex(randomblob(6))));
   create table schedule (
     environment text not null, schedule text not null, title text not null, cron text not null, zone text not null,
     since text not null, dir text, primary key (environment, schedule)
   ) without rowid;
   create table fire (
     environment text not null, schedule text not null, at text not null, through text, state text not null,
     decided_at text not null, run text, because text, primary key (environment, schedule, at)
   ) without rowid;
   create index fire_by_time on fire (environment, at);
   create table hold (
     environment text not null, schedule text not null, at text not null, paused integer not null, by text not null, why text not null
   );
   create trigger hold_is_append_only before update on hold begin select raise(abort, 'holds are append-only'); end;
   create trigger hold_is_kept before delete on hold begin select raise(abort, 'holds are append-only'); end;
   create trigger fire_is_kept before delete on fire begin select raise(abort, 'fires are kept'); end;`,
];

/** Brings the file to this program's schema, or refuses a file that a newer program wrote. */
export function migrate(db: DatabaseSync, path: string): void {
  const version = Number(db.prepare("pragma user_version").get()?.["user_version"] ?? 0);
  if (version > migrations.length)
    throw new OpsError("journal-newer", {
      summary: `The journal ${path} was written by a newer version of this tool (schema ${version}, known ${migrations.length}).`,
      hint: "Use that version, or point OPS_STATE_DIR to another folder.",
    });
  if (version === migrations.length) return;
  db.exec("begin immediate");
  try {
    const current = Number(db.prepare("pragma user_version").get()?.["user_version"] ?? 0);
    for (const sql of migrations.slice(current)) db.exec(sql);
    db.exec(`pragma user_version = ${migrations.length}`);
    db.exec("commit");
  } catch (error) {
    db.exec("rollback");
    throw error;
  }
}
