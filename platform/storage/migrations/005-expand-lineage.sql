-- Which reports have their lineage here, and of which lineage file.
create table lineage_reports (
  report_id text primary key references reports (id) on delete cascade,
  owner text not null,
  lineage_sha256 text not null,
  entries bigint not null,
  -- False when the file has more than is indexed.
  whole boolean not null,
  indexed_at timestamptz not null default now()
);

-- What a figure of a report was made from: a factor, rows of an input file, a formula in its version, another figure.
create table lineage_uses (
  report_id text not null references lineage_reports (report_id) on delete cascade,
  owner text not null,
  figure text not null,
  concept text not null,
  kind text not null check (kind in ('factor', 'rows', 'formula', 'figure')),
  source text not null,
  version int,
  input text,
  -- How many rows of the input, the first and the last of them.
  rows bigint,
  first_row bigint,
  last_row bigint
);
create index lineage_uses_by_source on lineage_uses (kind, source, report_id);
create index lineage_uses_by_report on lineage_uses (report_id, concept, figure);
