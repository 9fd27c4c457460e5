import { backfillOf } from "./backfill.ts";
import { inTheWay } from "./contract-migrations.ts";
import type { Database } from "./database.ts";
import { readApplied, requireKnown } from "./migrate.ts";
import { type MigrationPhase, migrationsFolder, readMigrations } from "./migration-files.ts";
import { isConcurrent, statementsOf, stopsReaders, strongest, type TakenLock } from "./migration-sql.ts";

/** Where one migration is in this database. */
export type MigrationState = {
  readonly version: number;
  readonly name: string;
  readonly phase: MigrationPhase;
  readonly state: "applied" | "pending" | "running" | "unknown file";
  readonly at: Date | undefined;
  /** Backfills that were begun: rows changed, and the last key that was done. */
  readonly rows: number | undefined;
  readonly cursor: string | undefined;
  /** Contracts that are pending: why they would be refused now. */
  readonly refusedBecause: readonly string[];
};

/** The state of every migration, of the files and of the database. Throws `migration-altered`, `migration-newer`. */
export async function migrationStatus(
  database: Database,
  folder: string = migrationsFolder,
): Promise<readonly MigrationState[]> {
  const migrations = await readMigrations(folder);
  const applied = requireKnown(migrations, await readApplied(database));
  const begun = await begunBackfills(database);
  const known = new Set(migrations.map(({ version }) => version));
  const states: MigrationState[] = [];
  for (const migration of migrations) {
    const { version, name, phase } = migration;
    const done = applied.get(version);
    const progress = begun.get(version);
    const isPendingContract = phase === "contract" && done === undefined;
    states.push({
      version,
      name,
      phase,
      state: done !== undefined ? "applied" : progress !== undefined ? "running" : "pending",
      at: done?.at,
      rows: progress?.rows,
      cursor: progress?.cursor,
      refusedBecause:
        isPendingContract && begun.ready ? await inTheWay(database, migration, migrations, applied) : [],
    });
  }
  for (const [version, { name, at }] of applied)
    if (!known.has(version))
      states.push({
        version,
        name,
        phase: "expand",
        state: "unknown file",
        at,
        rows: undefined,
        cursor: undefined,
        refusedBecause: [],
      });
  return states.toSorted((a, b) => a.version - b.version);
}

/** What a pending migration would run, and what it would lock. */
export type MigrationPlan = {
  readonly name: string;
  readonly phase: MigrationPhase;
  readonly sql: readonly string[];
  /** The strongest lock on each table that is there already. */
  readonly locks: readonly (TakenLock & { readonly stopsReaders: boolean })[];
  readonly transaction: boolean;
  /** Backfills: rows at a time and rows a second. */
  readonly batches: { readonly batch: number; readonly rate: number } | undefined;
};

/** The pending migrations with their SQL and locks; nothing is changed or locked by asking. */
export async function migrationPlan(
  database: Database,
  folder: string = migrationsFolder,
): Promise<readonly MigrationPlan[]> {
  const migrations = await readMigrations(folder);
  const applied = requireKnown(migrations, await readApplied(database));
  const pending = migrations.filter(({ version }) => !applied.has(version));
  return Promise.all(
    pending.map(async (migration) => {
      const statements = await statementsOf(migration.sql);
      const fresh = new Set(statements.flatMap(({ creates }) => creates ?? []));
      return {
        name: migration.name,
        phase: migration.phase,
        sql: statements.map(({ sql }) => sql),
        locks: strongest(statements.flatMap(({ locks }) => locks))
          .filter(({ table }) => !fresh.has(table))
          .map((lock) => ({ ...lock, stopsReaders: stopsReaders(lock) })),
        transaction: !statements.some(({ node }) => isConcurrent(node)),
        batches: migration.phase === "backfill" ? backfillOf(migration) : undefined,
      };
    }),
  );
}

type Begun = ReadonlyMap<number, { readonly rows: number; readonly cursor: string | undefined }> & {
  /** False for a database from before backfills and running versions were kept. */
  readonly ready: boolean;
};

async function begunBackfills(database: Database): Promise<Begun> {
  const { rows: there } = await database.query<{ there: boolean }>(
    "select to_regclass('schema_backfills') is not null as there",
  );
  if (there[0]?.there !== true) return Object.assign(new Map<number, never>(), { ready: false });
  const { rows } = await database.query<{ version: number; rows: string; cursor: string | null }>(
    "select version, rows, cursor from schema_backfills",
  );
  const begun = new Map(
    rows.map((row) => [row.version, { rows: Number(row.rows), cursor: row.cursor ?? undefined }]),
  );
  return Object.assign(begun, { ready: true });
}
