import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import type { Database } from "./database.ts";
import { type Applied, readApplied, recordApplied, requireKnown } from "./migrate.ts";
import { type Migration, migrationsFolder, readMigrations } from "./migration-files.ts";
import { inTurn, type Patience, patience, patiently } from "./schema-session.ts";

/**
 * What a backfill file says of itself: `-- backfill: table=reports key=id batch=500 rate=5000` (rows at a time, rows a second) and
 * `-- left: select exists (…)`, true while there is still something to fill. Its statement works on the keys from $1 to $2.
 */
export type Backfill = {
  readonly table: string;
  readonly key: string;
  readonly batch: number;
  readonly rate: number;
  readonly left: string;
};

/** How far a backfill is. */
export type BackfillProgress = {
  readonly name: string;
  readonly rows: number;
  readonly cursor: string | undefined;
  readonly done: boolean;
};

/** While an older version writes there is always something left; what it leaves behind the last pass is asked for again before a contract. */
const mostPasses = 3;

/**
 * Runs the backfills that are not finished, each from where it was left. Batches are transactions of their own; between them it stops when `signal`
 * says so. It is finished when nothing is left, or when only what an older version goes on writing is left: that is filled by running it again.
 * Throws what `migrate` throws. Gives the progress of each.
 */
export async function runBackfills(
  database: Database,
  options: {
    readonly folder?: string;
    readonly wait?: Patience;
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: BackfillProgress) => void;
  } = {},
): Promise<readonly BackfillProgress[]> {
  const { folder = migrationsFolder, wait = patience } = options;
  const migrations = await readMigrations(folder);
  return inTurn(database, "backfill", wait, async (client) => {
    const applied = requireKnown(migrations, await readApplied(client));
    const told: BackfillProgress[] = [];
    for (const migration of migrations.filter(({ phase }) => phase === "backfill")) {
      const isDone = applied.has(migration.version);
      // An older version may have put rows behind it; as long as nothing was taken away, they are filled as well.
      if (
        isDone &&
        (isContracted(migration, migrations, applied) || !(await isLeft(client, backfillOf(migration).left)))
      )
        continue;
      told.push(await runBackfill(client, migration, { ...options, wait, isDone }));
    }
    return told;
  });
}

/** True when a contract behind a backfill is applied: what the backfill asks about may be gone. */
export function isContracted(
  backfill: Migration,
  migrations: readonly Migration[],
  applied: Applied,
): boolean {
  return migrations.some(
    ({ phase, version }) => phase === "contract" && version > backfill.version && applied.has(version),
  );
}

async function runBackfill(
  client: Client,
  migration: Migration,
  options: {
    readonly wait: Patience;
    /** Recorded as applied before; only what came after it is left. */
    readonly isDone: boolean;
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: BackfillProgress) => void;
  },
): Promise<BackfillProgress> {
  const { version, name } = migration;
  const plan = backfillOf(migration);
  const type = await typeOfKey(client, plan);
  const from = await beginOrResume(client, version);
  let { cursor, rows } = from;
  const tell = (done: boolean): BackfillProgress => {
    const progress = { name, rows, cursor, done };
    options.onProgress?.(progress);
    return progress;
  };
  for (let pass = 1; ; pass += 1) {
    // What is written behind this key while the pass runs has another pass, or the passes would never end.
    const end = await lastKey(client, plan);
    const [before, isWhole] = [rows, cursor === undefined];
    for (;;) {
      if (options.signal?.aborted === true) return tell(false);
      const started = performance.now();
      const from = cursor;
      const batch = await patiently(client, name, options.wait, () =>
        oneBatch(client, migration, plan, type, { from, end }),
      );
      if (batch === undefined) break;
      cursor = batch.last;
      rows += batch.changed;
      tell(false);
      await sleep(Math.max(0, (batch.keys / plan.rate) * 1000 - (performance.now() - started)));
    }
    const isOpen = await isLeft(client, plan.left);
    // A whole pass that changed nothing and leaves something does not do what it is for.
    if (isOpen && isWhole && rows === before) return tell(false);
    if (!isOpen || pass >= mostPasses) break;
    cursor = undefined;
    await client.query(
      "update schema_backfills set cursor = null, passes = passes + 1, updated_at = now() where version = $1",
      [version],
    );
  }
  await patiently(client, name, options.wait, async () => {
    await client.query(
      "update schema_backfills set finished_at = now(), updated_at = now() where version = $1",
      [version],
    );
    if (!options.isDone) await recordApplied(client, migration);
  });
  return tell(true);
}

async function lastKey(client: Client, { table, key }: Backfill): Promise<string | undefined> {
  const { rows } = await client.query<{ last: string }>(
    `select ${key}::text as last from ${table} order by ${key} desc limit 1`,
  );
  return rows[0]?.last;
}

async function beginOrResume(
  client: Client,
  version: number,
): Promise<{ cursor: string | undefined; rows: number }> {
  const { rows } = await client.query<{ cursor: string | null; rows: string }>(
    `insert into schema_backfills as b (version) values ($1) on conflict (version) do update
       set updated_at = now(), finished_at = null, cursor = case when b.finished_at is null then b.cursor end returning cursor, rows`,
    [version],
  );
  return { cursor: rows[0]?.cursor ?? undefined, rows: Number(rows[0]?.rows ?? 0) };
}

/** One batch and how far it came, together or not at all; undefined behind the last key. */
async function oneBatch(
  client: Client,
  { version, sql }: Migration,
  { table, key, batch }: Backfill,
  type: string,
  { from, end }: { readonly from: string | undefined; readonly end: string | undefined },
): Promise<{ readonly last: string; readonly keys: number; readonly changed: number } | undefined> {
  const { rows } = await client.query<{ first: string | null; last: string | null; keys: number }>(
    `select (array_agg(k))[1]::text as first, (array_agg(k))[count(*)]::text as last, count(*)::int as keys
       from (select ${key} as k from ${table} where ($1::${type} is null or ${key} > $1::${type}) and ${key} <= $3::${type} order by ${key} limit $2) as keys`,
    [from, batch, end],
  );
  const [range] = rows;
  if (range?.first == null || range.last === null) return undefined;
  const { rowCount } = await client.query(sql, [range.first, range.last]);
  await client.query(
    "update schema_backfills set cursor = $2, rows = rows + $3, updated_at = now() where version = $1",
    [version, range.last, rowCount ?? 0],
  );
  return { last: range.last, keys: range.keys, changed: rowCount ?? 0 };
}

/** True while the file's own question says that there is something to fill. */
export async function isLeft(client: Client | Database, left: string): Promise<boolean> {
  const { rows } = await client.query<{ exists: boolean }>(left);
  return rows[0]?.exists === true;
}

async function typeOfKey(client: Client, { table, key }: Backfill): Promise<string> {
  const { rows } = await client.query<{ type: string }>(
    "select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = to_regclass($1) and attname = $2",
    [table, key],
  );
  const type = rows[0]?.type;
  if (type === undefined) throw new TypeError(`${table}.${key} is not there`);
  return type;
}

/** A backfill's directives. Throws a TypeError for a file that lacks one. */
export function backfillOf({ name, sql }: Migration): Backfill {
  const words = /^-- backfill: table=([a-z_]+) key=([a-z_]+) batch=(\d+) rate=(\d+)$/m.exec(sql);
  const left = /^-- left: (select exists \(.*\))$/m.exec(sql)?.[1];
  const [, table, key, batch, rate] = words ?? [];
  if (
    table === undefined ||
    key === undefined ||
    left === undefined ||
    !(Number(batch) > 0) ||
    !(Number(rate) > 0)
  )
    throw new TypeError(
      `${name} has no whole directives: -- backfill: table=… key=… batch=… rate=… and -- left: select exists (…)`,
    );
  return { table, key, batch: Number(batch), rate: Number(rate), left };
}
