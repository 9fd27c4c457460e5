-- Where a report's files are: here, here and in the archive (archived), or in the archive only (deleted). New rows say so themselves; older ones are filled
-- by a backfill, and count as here until then.
alter table reports
  add column files_state text,
  add column files_state_at timestamptz,
  alter column files_state set default 'here',
  add constraint reports_files_state check (files_state in ('here', 'archived', 'deleted')) not valid,
  add constraint reports_files_state_said check (files_state is not null) not valid;

-- What must not be deleted, however old: a report, all of a tenant's, or a class of log files. Rows are placed and lifted, never removed.
create table holds (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('report', 'tenant', 'logs')),
  subject text not null check (subject <> '' and length(subject) <= 100),
  reason text not null check (length(reason) between 3 and 300),
  placed_by text not null,
  placed_at timestamptz not null default now(),
  lifted_by text,
  lifted_at timestamptz,
  lift_reason text
);
-- One hold of a kind on a subject at a time.
create unique index holds_open on holds (kind, subject) where lifted_at is null;
