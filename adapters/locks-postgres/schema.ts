import { OpsError } from "#kit/errors.ts";
import type { Ask, Database } from "../postgres/database.ts";

/** Schema steps, oldest first; never edited once released. `%s` is the schema's name. */
const migrations = [
  `create table %s.lock (
     lock text primary key,
     fence bigint not null check (fence > 0),
     run text, owner text, reason text, taken_at timestamptz, until timestamptz,
     took_over jsonb,
     check ((run is null) = (owner is null) and (run is null) = (reason is null) and (run is null) = (taken_at is null) and (run is null) = (until is null))
   );
   comment on table %s.lock is 'Who may act on what. Rows are never deleted: the fence must not be forgotten.';`,
  `alter table %s.lock add column kind text, add column stays_ms bigint;
   update %s.lock set kind = 'automatic', stays_ms = 0 where run is not null;
   comment on column %s.lock.stays_ms is 'How long it stays taken after nobody renews it any more; only a sticky lock has more than 0.';`,
];

const schemaTable = "lock_schema (version int primary key, applied_at timestamptz not null default now())";

const migrationLimitMs = 30_000;

/** An advisory lock of our own, so that of many first users one makes the table and the others wait. */
const advisoryKey = 7_243_002;

/** Brings the lock table to this program's schema before it is asked to `what`, or refuses one that a newer program made. Without anything to do it needs no right to create. */
export async function migrate(database: Database, schema: string, what: string): Promise<void> {
  const version = await database.transact(what, (ask) => versionOf(ask, schema));
  refuseNewer(version, schema);
  if (version === migrations.length) return;
  await database.transact(
    "make its lock table",
    async (ask) => {
      await ask("select pg_advisory_xact_lock($1)", [advisoryKey]);
      const current = await versionOf(ask, schema);
      refuseNewer(current, schema);
      if (current === 0) {
        // "if not exists" would ask for the right to create even where the schema is there already.
        const [found] = await ask("select 1 from pg_namespace where nspname = $1", [schema]);
        if (found === undefined) await ask(`create schema ${schema}`);
        await ask(`create table ${schema}.${schemaTable}`);
      }
      for (const [index, sql] of migrations.entries()) {
        if (index < current) continue;
        await ask(sql.replaceAll("%s", schema));
        await ask(`insert into ${schema}.lock_schema (version) values ($1)`, [index + 1]);
      }
    },
    migrationLimitMs,
  );
}

/** The same steps as SQL for an administrator, where the role of an environment may not create anything; may be run again. */
export function setupOf(schema: string): string {
  const steps = migrations.map(
    (sql, index) => `  if not exists (select from ${schema}.lock_schema where version = ${index + 1}) then
     ${sql.replaceAll("%s", schema)}
     insert into ${schema}.lock_schema (version) values (${index + 1});
  end if;`,
  );
  return `create schema if not exists ${schema};
create table if not exists ${schema}.${schemaTable};
do $setup$ begin
${steps.join("\n")}
end $setup$;`;
}

async function versionOf(ask: Ask, schema: string): Promise<number> {
  // By a query on the catalogue: to_regclass() may answer from before the wait for the advisory lock.
  const [table] = await ask(
    "select 1 from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname = $1 and relname = 'lock_schema'",
    [schema],
  );
  if (table === undefined) return 0;
  const [row] = await ask<{ version: number | null }>(
    `select max(version) as version from ${schema}.lock_schema`,
  );
  return row?.version ?? 0;
}

function refuseNewer(version: number, schema: string): void {
  if (version <= migrations.length) return;
  throw new OpsError("tool-refused", {
    summary: `The lock table in schema ${schema} was made by a newer version of this tool (schema ${version}, known ${migrations.length}).`,
    hint: "Use that version on this host too; two versions must not disagree about who holds a lock.",
  });
}
