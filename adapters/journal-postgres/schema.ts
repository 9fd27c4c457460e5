import { OpsError } from "#kit/errors.ts";
import type { Ask, Database } from "../postgres/database.ts";

/** Schema steps, oldest first; never edited once released. `%s` is the schema's name. */
const migrations = [
  `create table %s.run (
     run text primary key, runbook text not null, environment text not null, asked_at timestamptz not null, asked_by text not null,
     plan_only boolean not null, last_seq int not null, last_at timestamptz not null, last_hash text not null,
     ended_at timestamptz, outcome text, exit int, verdict text, digest text,
     owner text, fence bigint not null default 0, lease_until timestamptz
   );
   create index run_by_time on %s.run (asked_at desc, run);
   create table %s.entry (
     run text not null references %s.run, seq int not null, at text not null, event text not null, prev text not null, hash text not null,
     written_by uuid not null unique, primary key (run, seq)
   );
   comment on column %s.entry.event is 'The JSON as it was hashed; text, because jsonb would write it anew.';
   comment on column %s.entry.written_by is 'Drawn by the writer for this one entry: a repeated write after a lost answer is recognised by it.';
   create table %s.delivery (
     run text not null, destination text not null, cursor int not null, state text not null,
     attempts int not null, next_at text not null, last_error text, primary key (run, destination)
   );
   create function %s.refuse_change() returns trigger language plpgsql as $$ begin raise exception 'entries are append-only'; end $$;
   create trigger entry_is_append_only before update or delete on %s.entry for each row execute function %s.refuse_change();
   create trigger entry_is_kept before truncate on %s.entry for each statement execute function %s.refuse_change();`,
  `create table %s.ledger (id text not null);
   insert into %s.ledger (id) values (substr(md5(random()::text || clock_timestamp()::text), 1, 12));
   create table %s.schedule (
     environment text not null, schedule text not null, title text not null, cron text not null, zone text not null,
     since text not null, dir text, primary key (environment, schedule)
   );
   create table %s.fire (
     environment text not null, schedule text not null, at text not null, through text, state text not null,
     decided_at text not null, run text, because text, primary key (environment, schedule, at)
   );
   create index fire_by_time on %s.fire (environment, at);
   create table %s.hold (
     id bigint generated always as identity primary key, environment text not null, schedule text not null, at text not null,
     paused boolean not null, by text not null, why text not null, unique (environment, schedule, at)
   );
   create trigger hold_is_append_only before update or delete on %s.hold for each row execute function %s.refuse_change();
   create trigger fire_is_kept before delete on %s.fire for each row execute function %s.refuse_change();`,
];

const limitMs = 30_000;

/** An advisory lock of our own, so that of many first users one makes the tables and the others wait. */
const advisoryKey = 7_243_003;

/** Brings the journal's tables to this program's schema, or refuses those that a newer program made, and a database that is the platform's own. */
export async function migrate(database: Database, schema: string, place: string): Promise<void> {
  const version = await database.transact("say what it holds", (ask) => versionOf(ask, schema, place));
  if (version === migrations.length) return;
  await database.transact(
    "make its tables",
    async (ask) => {
      await ask("select pg_advisory_xact_lock($1)", [advisoryKey]);
      const current = await versionOf(ask, schema, place);
      if (current === 0) {
        const [found] = await ask("select 1 from pg_namespace where nspname = $1", [schema]);
        if (found === undefined) await ask(`create schema ${schema}`);
        await ask(
          `create table if not exists ${schema}.journal_schema (version int primary key, applied_at timestamptz not null default now())`,
        );
      }
      for (const [index, sql] of migrations.entries()) {
        if (index < current) continue;
        await ask(sql.replaceAll("%s", schema));
        await ask(`insert into ${schema}.journal_schema (version) values ($1)`, [index + 1]);
      }
    },
    limitMs,
  );
}

async function versionOf(ask: Ask, schema: string, place: string): Promise<number> {
  const tables = await ask<{ schema: string; name: string }>(
    `select nspname as schema, relname as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where (nspname = $1 and relname = 'journal_schema') or (nspname = 'public' and relname in ('reports', 'schema_migrations'))`,
    [schema],
  );
  // The record of an outage does not lie in what is out.
  if (tables.filter((table) => table.schema === "public").length === 2)
    throw new OpsError("usage", {
      summary: `${place} is the database of the platform itself.`,
      hint: "Give the journal a database of its own, best on another server: OPS_DATABASE_URL.",
    });
  if (tables.every((table) => table.name !== "journal_schema")) return 0;
  const [row] = await ask<{ version: number | null }>(
    `select max(version) as version from ${schema}.journal_schema`,
  );
  const version = row?.version ?? 0;
  if (version > migrations.length)
    throw new OpsError("journal-newer", {
      summary: `The journal in ${place} was written by a newer version of this tool (schema ${version}, known ${migrations.length}).`,
      hint: "Use that version on this host too.",
    });
  return version;
}
