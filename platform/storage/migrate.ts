import type { Client } from "pg";
import { CsrdError } from "../errors.ts";
import { recordAudit } from "./audit-log.ts";
import { buildConcurrently } from "./concurrent-index.ts";
import type { Database } from "./database.ts";
import { type Migration, migrationsFolder, readMigrations } from "./migration-files.ts";
import { inTurn, type Patience, patience, patiently } from "./schema-session.ts";

/** What was applied of the schema, by version. */
export type Applied = ReadonlyMap<
  number,
  { readonly name: string; readonly sha256: string; readonly at: Date }
>;

/**
 * Applies what a start may apply, the expand migrations; several processes may start at once, one does the work. Gives the names of what it applied.
 * Throws `migration-altered`, `migration-newer`, `migration-blocked`, `migration-busy`.
 */
export async function migrate(
  database: Database,
  folder: string = migrationsFolder,
  wait: Patience = patience,
): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  const expands = migrations.filter(({ phase }) => phase === "expand");
  if (pendingOf(expands, requireKnown(migrations, await readApplied(database))).length === 0) return [];
  return inTurn(database, "schema", wait, async (client) => {
    await client.query(
      "create table if not exists schema_migrations (version int primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())",
    );
    const pending = pendingOf(expands, requireKnown(migrations, await readApplied(client)));
    for (const migration of pending) await applyMigration(client, migration, wait);
    return pending.map(({ name }) => name);
  });
}

/** What this database has of the schema; nothing for a new one. */
export async function readApplied(database: Database | Client): Promise<Applied> {
  const { rows: there } = await database.query<{ there: boolean }>(
    "select to_regclass('schema_migrations') is not null as there",
  );
  if (there[0]?.there !== true) return new Map();
  const { rows } = await database.query<{ version: number; name: string; sha256: string; applied_at: Date }>(
    "select version, name, sha256, applied_at from schema_migrations order by version",
  );
  return new Map(rows.map(({ version, name, sha256, applied_at: at }) => [version, { name, sha256, at }]));
}

/** Refuses files that were edited after they were applied, and a database from which a later release has taken something away. */
export function requireKnown(migrations: readonly Migration[], applied: Applied): Applied {
  const files = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const [version, { name, sha256 }] of applied) {
    const file = files.get(version);
    if (file === undefined && /^\d+-contract-/.test(name)) throw newer(name);
    if (file !== undefined && file.sha256 !== sha256) throw altered(file);
  }
  return applied;
}

/** Applies one migration: whole in one transaction, or alone when it builds an index concurrently. */
export async function applyMigration(client: Client, migration: Migration, wait: Patience): Promise<void> {
  if (/^[^-]*\bconcurrently\b/im.test(migration.sql)) {
    await buildConcurrently(client, migration, wait);
    await patiently(client, migration.name, wait, () => recordApplied(client, migration));
    return;
  }
  await patiently(client, migration.name, wait, async () => {
    await client.query(migration.sql);
    await recordApplied(client, migration);
  });
}

/** Notes in the transaction of a migration that it was applied, and in the audit log as well from the moment when there is one. */
export async function recordApplied(client: Client, migration: Migration): Promise<void> {
  const { version, name, sha256 } = migration;
  await client.query("insert into schema_migrations (version, name, sha256) values ($1, $2, $3)", [
    version,
    name,
    sha256,
  ]);
  await auditMigration(client, migration);
}

/** Notes a migration in the audit log, from the moment when there is one. */
async function auditMigration(client: Client, { name, sha256 }: Migration): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>(
    "select to_regclass('audit_log') is not null as there",
  );
  if (rows[0]?.there !== true) return;
  await recordAudit(client, {
    actor: "platform",
    tenant: undefined,
    action: "migration.applied",
    subject: name,
    detail: { sha256 },
  });
}

function pendingOf(migrations: readonly Migration[], applied: Applied): readonly Migration[] {
  return migrations.filter(({ version }) => !applied.has(version));
}

function altered(migration: Migration): CsrdError {
  return new CsrdError("migration-altered", {
    summary: `Migration ${migration.name} is not the one this database was built with.`,
    hint: "Restore the file as it was released and put the change into a new migration.",
  });
}

function newer(name: string): CsrdError {
  return new CsrdError("migration-newer", {
    summary: `A later release has taken away by ${name} what this one still uses.`,
    hint: "Start the release that this database was brought to, or a later one.",
  });
}
