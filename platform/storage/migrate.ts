import { CsrdError } from "../errors.ts";
import type { Database } from "./database.ts";
import { type Migration, migrationsFolder, readMigrations } from "./migration-files.ts";

const advisoryLock = 7_243_001;

/** Applies what a start may apply, the expand migrations; several processes may start at once, one does the work. Gives the names of what it applied. */
export async function migrate(
  database: Database,
  folder: string = migrationsFolder,
): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  const client = await database.connect();
  const applied: string[] = [];
  try {
    await client.query("select pg_advisory_lock($1)", [advisoryLock]);
    await client.query(
      "create table if not exists schema_migrations (version int primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())",
    );
    const { rows } = await client.query<{ version: number; sha256: string }>(
      "select version, sha256 from schema_migrations",
    );
    const known = new Map(rows.map((row) => [row.version, row.sha256]));
    for (const migration of migrations) {
      const before = known.get(migration.version);
      if (before === migration.sha256) continue;
      if (before !== undefined) throw altered(migration);
      if (migration.phase !== "expand") continue;
      await client.query("begin");
      try {
        await client.query("set local lock_timeout = '5s'; set local statement_timeout = '5min'");
        await client.query(migration.sql);
        await client.query("insert into schema_migrations (version, name, sha256) values ($1, $2, $3)", [
          migration.version,
          migration.name,
          migration.sha256,
        ]);
        await client.query("commit");
      } catch (error) {
        await client.query("rollback");
        throw error;
      }
      applied.push(migration.name);
    }
    return applied;
  } finally {
    // Ends the session, and with it the lock, whatever happened.
    client.release(true);
  }
}

function altered(migration: Migration): CsrdError {
  return new CsrdError("migration-altered", {
    summary: `Migration ${migration.name} is not the one this database was built with.`,
    hint: "Restore the file as it was released and put the change into a new migration.",
  });
}
