import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import { parsePostgresLocksBinding } from "./binding.ts";
import { lookAtClock } from "../postgres/clock.ts";
import { openDatabase, type Database } from "../postgres/database.ts";
import { lockStore } from "../postgres/fault.ts";
import { tableRights } from "./permissions.ts";

/** Whether locks can be taken in PostgreSQL: connection, rights, a primary, its clock. Nothing is written. */
export function postgresLocksProbes(binding: unknown, environment: string): readonly ReadinessProbe[] {
  let opened: Database | undefined;
  const parsed = () => parsePostgresLocksBinding(binding);
  const database = () => (opened ??= openDatabase(parsed(), lockStore));
  return [
    {
      id: "locks.postgres.rights",
      what: "Lock store (PostgreSQL)",
      needs: "every-run",
      look: () => rights(database(), parsed().schema, environment),
    },
    {
      id: "locks.postgres.clock",
      what: "Lock store's clock (PostgreSQL)",
      needs: "every-run",
      look: () => lookAtClock(database()),
    },
  ];
}

async function rights(database: Database, schema: string, environment: string): Promise<Outcome> {
  const now = `Let an administrator run what this prints: ops permissions --env ${environment} --part postgres`;
  return database.transact("say what it allows", async (ask) => {
    const [place] = await ask<{ version: string; standby: boolean; user: string; creates: boolean }>(
      `select current_setting('server_version') as version, pg_is_in_recovery() as standby, current_user as user,
         has_database_privilege(current_database(), 'create') as creates`,
    );
    if (place === undefined) return { state: "unknown", says: "gave no answer" };
    const as = `PostgreSQL ${place.version} as ${place.user}`;
    if (place.standby)
      return {
        state: "not-ready",
        says: `${as}: a standby, which only reads`,
        now: "Point bindings.postgres.url to the primary",
      };
    const tables = await ask<{ name: string; uses: boolean }>(
      `select relname as name, has_schema_privilege(pg_namespace.oid, 'usage') as uses
       from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname = $1 and relname = any($2)`,
      [schema, Object.keys(tableRights)],
    );
    if (tables.length < Object.keys(tableRights).length)
      return place.creates
        ? { state: "ready", says: `${as}; its tables are made when a lock is first needed` }
        : {
            state: "not-ready",
            says: `${as}: there is no lock table in ${schema}, and it may not make one`,
            now,
          };
    if (tables.some(({ uses }) => !uses))
      return { state: "not-ready", says: `${as}: may not use the schema ${schema}`, now };
    const wanted = Object.entries(tableRights).flatMap(([table, list]) =>
      list.map((right) => ({ table: `${schema}.${table}`, right })),
    );
    const held = await ask<{ ok: boolean }>(
      "select has_table_privilege(asked.name, asked.wanted) as ok from unnest($1::text[], $2::text[]) with ordinality as asked(name, wanted, place) order by place",
      [wanted.map(({ table }) => table), wanted.map(({ right }) => right)],
    );
    const missing = wanted.filter((_, index) => held[index]?.ok !== true);
    if (missing.length === 0)
      return { state: "ready", says: `${as}, ${wanted.length} of ${wanted.length} rights` };
    const list = missing.map(({ table, right }) => `${right} on ${table}`).join(", ");
    return { state: "not-ready", says: `${as}: lacks ${list}`, now };
  });
}
