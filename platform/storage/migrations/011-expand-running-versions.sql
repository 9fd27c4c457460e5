-- Which processes run, and up to which migration each knows the schema: nothing is taken away while somebody may still use it.
create table running_versions (
  -- As in pg_stat_activity: csrd-api/api-1.
  name text primary key,
  version text not null,
  knows int not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);

-- How far a backfill is: the last key that was done, so that it goes on there.
create table schema_backfills (
  version int primary key,
  cursor text,
  rows bigint not null default 0,
  passes int not null default 0,
  started_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  finished_at timestamptz
);
