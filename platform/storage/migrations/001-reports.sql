-- One row per accepted report: the truth about its state. The queue is rebuilt from here.
create table reports (
  id text primary key,
  owner text not null,
  status text not null check (status in ('queued', 'running', 'waiting', 'completed', 'failed')),
  outcome text check (outcome in ('ok', 'warnings', 'failed')),
  stage text,
  company jsonb not null,
  data_sha256 text not null,
  data_bytes bigint not null,
  traceparent text not null,
  error jsonb,
  accepted_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  finished_at timestamptz
);
create index reports_by_owner on reports (owner, accepted_at desc, id desc);
create index reports_unfinished on reports (updated_at) where status in ('queued', 'running', 'waiting');

-- Everything that happened to a report; rows are only ever added.
create table report_events (
  id bigint generated always as identity primary key,
  report_id text not null references reports (id),
  at timestamptz not null default now(),
  kind text not null,
  agent text,
  detail jsonb not null default '{}'
);
create index report_events_by_report on report_events (report_id, id);
-- An agent's result counts once, however often a report is resumed.
create unique index report_events_once on report_events (report_id, kind, coalesce(agent, ''))
  where kind in ('accepted', 'agent-completed', 'completed', 'failed');

-- A repeated request with the same key finds the report of the first one.
create table idempotency_keys (
  owner text not null,
  key text not null,
  request_sha256 text not null,
  report_id text not null references reports (id),
  created_at timestamptz not null default now(),
  primary key (owner, key)
);
