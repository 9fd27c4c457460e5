import { expect, test } from "vitest";
import { readMigrations } from "#platform/storage/migration-files.ts";
import { lintMigration, type MigrationRule } from "#platform/storage/migration-lint.ts";

const migration = (sql: string, phase: "expand" | "backfill" | "contract" = "expand") => ({
  version: 900,
  name: `900-${phase}-planted`,
  phase,
  sql,
  sha256: "",
});

test("nothing that is released stops or breaks those who are running", async () => {
  const found = await Promise.all((await readMigrations()).map((one) => lintMigration(one)));

  expect(found.length).toBeGreaterThan(5);
  expect(found.flat()).toEqual([]);
});

test.for([
  ["create index sites_by_town on sites (town)", "index-not-concurrent"],
  ["alter table sites add constraint sites_town unique (town)", "index-not-concurrent"],
  ["alter table sites add column code text unique", "index-not-concurrent"],
  [
    "create index concurrently sites_by_town on sites (town); alter table sites add column b int",
    "concurrent-alone",
  ],
  ["create index concurrently on sites (town)", "concurrent-alone"],
  ["alter table sites add column place text not null", "not-null-without-default"],
  ["alter table sites alter column town set not null", "set-not-null"],
  ["alter table sites alter column id type bigint", "column-type"],
  ["alter table sites add column made timestamptz not null default clock_timestamp()", "rewrites-table"],
  ["alter table sites add column code uuid default gen_random_uuid()", "rewrites-table"],
  ["alter table sites add column n bigserial", "rewrites-table"],
  ["alter table sites add column upper_town text generated always as (upper(town)) stored", "rewrites-table"],
  ["alter table sites rename column town to place", "rename"],
  ["alter table sites rename to places", "rename"],
  ["drop table sites", "drop"],
  ["alter table sites drop column town", "drop"],
  ["drop index sites_by_town", "drop"],
  ["alter table sites add constraint tall check (id > 0)", "constraint-not-valid"],
  ["alter table sites add constraint held foreign key (id) references places (id)", "constraint-not-valid"],
  [
    "alter table sites add constraint tall check (id > 0) not valid; alter table sites validate constraint tall",
    "validate-apart",
  ],
  ["alter table sites add column a int; alter table places add column a int", "several-tables"],
  ["update sites set town = 'x'", "rows"],
  ["delete from sites", "rows"],
  ["truncate sites", "rows"],
  ["vacuum full sites", "vacuum-full"],
  ["vacuum (full) sites", "vacuum-full"],
  ["cluster sites using sites_pkey", "vacuum-full"],
  ["reindex table sites", "reindex-not-concurrent"],
  ["set lock_timeout = 0", "session-setting"],
  ["commit", "session-setting"],
  ["do $$ begin execute 'drop table sites'; end $$", "not-judged"],
] as const satisfies readonly (readonly [string, MigrationRule])[])(
  "an expand with %j is refused as %s",
  async ([sql, rule]) => {
    const found = await lintMigration(migration(sql));

    expect(found.map((one) => one.rule)).toContain(rule);
  },
);

test.for([
  "alter table sites add column place text",
  "alter table sites add column made timestamptz not null default now()",
  "alter table sites add column n int not null default 1",
  "create table places (id int primary key, town text not null unique check (town <> '')); create index places_by_town on places (town); insert into places values (1, 'x')",
  "create unique index concurrently sites_by_town on sites (town)",
  "reindex table concurrently sites",
  "alter table sites add constraint tall check (id > 0) not valid",
  "alter table sites validate constraint tall",
  "alter table sites add constraint sites_town unique using index sites_by_town",
  "create or replace function f() returns int language sql as 'select 1'",
  "-- allow: index-not-concurrent: the table has eight rows and never more\ncreate index a on sites (town)",
])("an expand with %j is taken", async (sql) => {
  expect(await lintMigration(migration(sql))).toEqual([]);
});

test("a contract may drop and rename, and still may not write a table anew; a backfill has its directives", async () => {
  const rules = async (sql: string, phase: "backfill" | "contract") =>
    (await lintMigration(migration(sql, phase))).map(({ rule }) => rule);

  expect(await rules("alter table sites drop column town", "contract")).toEqual([]);
  expect(await rules("vacuum full sites", "contract")).toEqual(["vacuum-full"]);
  expect(await rules("update sites set town = 'x'", "backfill")).toEqual(["backfill-shape"]);
});
