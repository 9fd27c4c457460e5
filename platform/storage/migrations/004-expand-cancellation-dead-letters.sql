-- A report may be cancelled by its sender or given up by the platform; both are something else than a failure of the report itself.
alter table reports drop constraint reports_status_check;
alter table reports add constraint reports_status_check
  check (status in ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled', 'dead-letter')) not valid;

alter table reports
  -- Asked for, and not done yet: whoever works on the report stops it and then says cancelled.
  add column cancel_requested_at timestamptz,
  add column cancel_requested_by text,
  -- Taken out of the queue by an operator and kept; comes back only when released.
  add column quarantined_at timestamptz,
  add column quarantined_by text,
  add column quarantine_reason text,
  -- When the files of a cancelled report were removed; until then the sweep tries again.
  add column files_dropped_at timestamptz,
  -- How often an agent's process ended under this report's current stage: too often, and the report is taken for the cause.
  add column stage_kills int not null default 0;

-- Why the platform gave a report up; one row each time, kept when the report is put back.
create table dead_letters (
  id bigint generated always as identity primary key,
  report_id text not null references reports (id) on delete cascade,
  reason text not null,
  code text not null,
  message text not null,
  hint text not null,
  stage text,
  attempts int not null,
  at timestamptz not null default now(),
  requeued_at timestamptz,
  requeued_by text,
  requeue_reason text
);
create index dead_letters_by_report on dead_letters (report_id, id);
create index dead_letters_open on dead_letters (at) where requeued_at is null;

-- What an operator told the queue; Redis is told again from here when it has forgotten.
create table queue_control (
  id int primary key default 1 check (id = 1),
  paused_at timestamptz,
  paused_by text,
  paused_reason text,
  concurrency int check (concurrency between 1 and 50),
  concurrency_by text,
  concurrency_at timestamptz
);
insert into queue_control (id) values (1);

-- Kill switches. A row stays when a switch is turned on again: it says who did, and on what ground.
create table switches (
  scope text primary key,
  off boolean not null,
  reason text not null,
  validation text,
  changed_by text not null,
  changed_at timestamptz not null default now(),
  version bigint not null default 1
);
