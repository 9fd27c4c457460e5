import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { runBackfills } from "#platform/storage/backfill.ts";
import { runContracts } from "#platform/storage/contract-migrations.ts";
import { migrate } from "#platform/storage/migrate.ts";
import { migrationPlan, migrationStatus } from "#platform/storage/migration-status.ts";
import { keepRegistered } from "#platform/storage/running-versions.ts";
import { patience } from "#platform/storage/schema-session.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { another, freshDatabase } from "./fresh-database.ts";

const hasty = { ...patience, lockMs: 200, attempts: 2, pauseMs: 10 };
let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await postgresForTests();
});
afterAll(() => postgres?.stop());

const fail = (error: unknown): never => {
  throw error;
};

/** A folder of made-up migrations on top of the two tables that the runner itself needs. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "csrd-migrations-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const own = `create table running_versions (name text primary key, version text not null, knows int not null, started_at timestamptz not null default now(), seen_at timestamptz not null default now());
    create table schema_backfills (version int primary key, cursor text, rows bigint not null default 0, passes int not null default 0, started_at timestamptz not null default now(), updated_at timestamptz not null default now(), finished_at timestamptz);`;
  for (const [name, sql] of Object.entries({ "001-expand-own.sql": own, ...files }))
    writeFileSync(path.join(folder, name), sql);
  return folder;
}

const before = {
  "002-expand-sites.sql":
    "create table sites (id int primary key, town text); insert into sites select n, 'town ' || n from generate_series(1, 3000) as n",
};
const renaming = {
  ...before,
  "003-expand-place.sql": "alter table sites add column place text",
  "004-backfill-place.sql": `-- backfill: table=sites key=id batch=200 rate=1000000
-- left: select exists (select from sites where place is null and town is not null)
update sites set place = town where id between $1 and $2 and place is null`,
  "005-contract-town.sql": "alter table sites drop column town",
};

test("a column is renamed in three phases while old and new versions read and write, and none of them fails", async () => {
  const { database, url } = await freshDatabase(postgres, { most: 10 });
  await migrate(database, folderOf(before), hasty);
  const folder = folderOf(renaming);
  const failures: string[] = [];
  const stopOld = new AbortController();
  const stopNew = new AbortController();
  let next = 10_000;
  const loop = async (signal: AbortSignal, work: () => Promise<unknown>): Promise<void> => {
    while (!signal.aborted) {
      await work().catch((error: Error) => failures.push(error.message));
      await sleep(2);
    }
  };
  const old = another(url, { name: "csrd-api/old" });
  const oldSays = await keepRegistered(old, { name: "csrd-api/old", version: "1" }, fail, folderOf(before));
  const oldOnes = [
    loop(stopOld.signal, () => old.query("select id, town from sites order by id desc limit 5")),
    loop(stopOld.signal, () => old.query("insert into sites (id, town) values ($1, 'old')", [(next += 1)])),
  ];

  await migrate(database, folder, hasty);
  const fresh = another(url, { name: "csrd-api/new" });
  const newOnes = [
    loop(stopNew.signal, () => fresh.query("select id, place from sites order by id desc limit 5")),
    loop(stopNew.signal, () =>
      fresh.query("insert into sites (id, place) values ($1, 'new')", [(next += 1)]),
    ),
  ];
  const newSays = await keepRegistered(fresh, { name: "csrd-api/new", version: "2" }, fail, folder);
  const early = await runContracts(database, folder, hasty).catch((error: Error) => error.message);
  const first = await runBackfills(database, { folder, wait: hasty });
  const stillOld = (await migrationStatus(database, folder)).find(({ phase }) => phase === "contract");
  await old.query("insert into sites (id, town) values ($1, 'last of the old')", [(next += 1)]);
  stopOld.abort();
  await Promise.all(oldOnes);
  await oldSays.stop();
  await old.end();
  const leftover = await runContracts(database, folder, hasty).catch((error: Error) => error.message);
  const second = await runBackfills(database, { folder, wait: hasty });
  const contracted = await runContracts(database, folder, hasty);
  stopNew.abort();
  await Promise.all(newOnes);
  await newSays.stop();

  expect(failures).toEqual([]);
  expect(early).toContain("the backfill 004-backfill-place is not finished");
  expect(first).toMatchObject([{ name: "004-backfill-place", done: true }]);
  expect(stillOld?.refusedBecause).toContain("csrd-api/old runs 1, which knows the schema up to 002");
  expect(leftover).toContain("the backfill 004-backfill-place has rows left that came after it");
  expect(second).toMatchObject([{ name: "004-backfill-place", done: true }]);
  expect(contracted).toEqual(["005-contract-town"]);
  const { rows } = await database.query("select count(*)::int as empty from sites where place is null");
  expect(rows).toEqual([{ empty: 0 }]);
});

test("a lock that is not given is asked for a moment at a time: readers go on, the holder is named, and later it works", async () => {
  const { database, url } = await freshDatabase(postgres);
  await migrate(database, folderOf(before), hasty);
  const folder = folderOf({ ...before, "003-expand-place.sql": "alter table sites add column place text" });
  const holder = await another(url, { name: "nightly copy" }).connect();
  await holder.query("begin; select count(*) from sites");
  // A reader that would wait behind the queued lock for a second longer than the lock may be asked for fails.
  const reader = another(url);
  const stop = new AbortController();
  const failures: string[] = [];
  const reading = (async () => {
    while (!stop.signal.aborted)
      await reader
        .query("set lock_timeout = '3s'; select count(*) from sites")
        .catch((error: Error) => failures.push(error.message));
  })();

  const refused = migrate(database, folder, hasty);

  await expect(refused).rejects.toMatchObject({
    code: "migration-blocked",
    hint: expect.stringContaining("nightly copy (pid "),
  });
  await holder.query("commit");
  holder.release();
  expect(await migrate(database, folder, hasty)).toEqual(["003-expand-place"]);
  stop.abort();
  await reading;
  expect(failures).toEqual([]);
});

test("a backfill that is stopped goes on where it was, and changes no row twice", async () => {
  const { database } = await freshDatabase(postgres);
  const folder = folderOf({
    "002-expand-sites.sql":
      "create table sites (id int primary key, seen int not null default 0); insert into sites select n from generate_series(1, 1050) as n",
    "003-backfill-seen.sql": `-- backfill: table=sites key=id batch=100 rate=1000000
-- left: select exists (select from sites where seen = 0)
update sites set seen = seen + 1 where id between $1 and $2`,
  });
  await migrate(database, folder, hasty);
  const stop = new AbortController();

  const stopped = await runBackfills(database, {
    folder,
    wait: hasty,
    signal: stop.signal,
    onProgress: ({ rows }) => {
      if (rows === 300) stop.abort();
    },
  });
  const between = await migrationStatus(database, folder);
  const finished = await runBackfills(database, { folder, wait: hasty });

  expect(stopped).toMatchObject([{ rows: 300, cursor: "300", done: false }]);
  expect(between.at(-1)).toMatchObject({ state: "running", rows: 300, cursor: "300" });
  expect(finished).toMatchObject([{ rows: 1050, done: true }]);
  const { rows } = await database.query("select min(seen), max(seen), count(*)::int from sites");
  expect(rows).toEqual([{ min: 1, max: 1, count: 1050 }]);
  expect(await runBackfills(database, { folder, wait: hasty })).toEqual([]);
});

test("an index that was cut off while it was built is found invalid, dropped and built anew", async () => {
  const { database, url } = await freshDatabase(postgres);
  await migrate(database, folderOf(before), hasty);
  const folder = folderOf({
    ...before,
    "003-expand-by-town.sql": "create index concurrently sites_by_town on sites (town);",
  });
  const state = async () =>
    (
      await database.query<{ valid: boolean }>(
        "select indisvalid as valid from pg_index where indexrelid = to_regclass('sites_by_town')",
      )
    ).rows;
  // Somebody with an old view of the table keeps the build waiting; then the process that builds is gone.
  const holder = await another(url, { name: "old view" }).connect();
  await holder.query(
    "begin isolation level repeatable read; select count(*) from sites; insert into sites values (0)",
  );
  const cutOff = migrate(database, folder, hasty).catch((error: Error) => error);
  const victim = another(url);
  while ((await state()).length === 0) await sleep(20);
  await victim.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where query like 'create index concurrently%' and datname = current_database() and pid <> pg_backend_pid()",
  );
  const error = await cutOff;
  const left = await state();
  await holder.query("rollback");
  holder.release();

  const applied = await migrate(database, folder, hasty);

  expect(error).toBeInstanceOf(Error);
  expect(left).toEqual([{ valid: false }]);
  expect(applied).toEqual(["003-expand-by-town"]);
  expect(await state()).toEqual([{ valid: true }]);
});

test("whoever waits for its turn holds no connection of its pool, and a database of a later release is refused", async () => {
  const { database, url } = await freshDatabase(postgres, { most: 1 });
  const first = another(url);
  const lock = await first.connect();
  await lock.query("select pg_advisory_lock(7243001)");
  const folder = folderOf(before);

  const waiting = migrate(database, folder, hasty);

  expect((await database.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await expect(migrate(first, folder, { ...hasty, turnMs: 1 })).rejects.toMatchObject({
    code: "migration-busy",
  });
  lock.release(true);
  expect(await waiting).toEqual(["001-expand-own", "002-expand-sites"]);
  await database.query(
    "insert into schema_migrations (version, name, sha256) values (900, '900-contract-later', '')",
  );
  await expect(migrate(database, folder, hasty)).rejects.toMatchObject({ code: "migration-newer" });
});

test("a start that finds everything applied needs no right to change the schema", async () => {
  const { database, url } = await freshDatabase(postgres);
  const folder = folderOf(before);
  await migrate(database, folder, hasty);
  await database.query(
    "drop role if exists plain_reader; create role plain_reader login password 'plain'; revoke create on schema public from public; grant select on schema_migrations to plain_reader",
  );
  const plain = new URL(url);
  plain.username = "plain_reader";
  plain.password = "plain";

  const applied = await migrate(another(plain.href), folder, hasty);

  expect(applied).toEqual([]);
});

test("a plan names the SQL and the locks of what is pending, and changes nothing", async () => {
  const { database } = await freshDatabase(postgres);
  await migrate(database, folderOf(before), hasty);

  const plans = await migrationPlan(database, folderOf(renaming));

  expect(plans).toMatchObject([
    { name: "003-expand-place", locks: [{ table: "sites", mode: "ACCESS EXCLUSIVE", stopsReaders: true }] },
    {
      name: "004-backfill-place",
      locks: [{ table: "sites", mode: "ROW EXCLUSIVE" }],
      batches: { batch: 200 },
    },
    { name: "005-contract-town", sql: ["alter table sites drop column town"] },
  ]);
  expect((await migrationStatus(database, folderOf(before))).map(({ state }) => state)).toEqual([
    "applied",
    "applied",
  ]);
});
