-- Who did what. Rows are only ever added; each holds the hash over itself and over the row before it in its chain.
-- There are several chains, so that writers at the same moment need not wait for each other; a transaction writes into one.
create table audit_log (
  chain smallint not null,
  seq bigint not null,
  at timestamptz not null,
  -- Keeps a row's content from being guessed from its hash, where an export shows the hash only.
  nonce uuid not null,
  actor text not null check (actor <> '' and length(actor) <= 200),
  tenant text check (length(tenant) <= 200),
  action text not null check (action ~ '^[a-z]+[.][a-z-]+$' and length(action) <= 60),
  subject text not null check (length(subject) <= 200),
  request_id text check (length(request_id) <= 200),
  -- The text of a JSON object, as it was written: hashed byte by byte.
  detail text not null check (length(detail) <= 4000),
  hash bytea not null,
  primary key (chain, seq)
);
create index audit_log_by_time on audit_log using brin (at);
create index audit_log_by_subject on audit_log (subject);
create index audit_log_by_tenant on audit_log (tenant, at);

-- The last row of each chain.
create table audit_heads (
  chain smallint primary key,
  seq bigint not null,
  hash bytea not null
) with (fillfactor = 10);
insert into audit_heads (chain, seq, hash)
  select chain, 0, sha256(convert_to('csrd-audit-1/' || chain, 'UTF8')) from generate_series(1, 8) as chain;

-- What was taken from the beginning of a chain after its time: the rest goes on from this hash.
create table audit_prunings (
  chain smallint not null,
  up_to bigint not null,
  hash bytea not null,
  rows bigint not null,
  archive text not null,
  archive_sha256 text not null check (archive_sha256 ~ '^[0-9a-f]{64}$'),
  at timestamptz not null default now(),
  primary key (chain, up_to)
);

-- One value as a netstring: no two lists of values give the same bytes.
create function audit_part(value text) returns text language sql immutable
  as $$ select case when value is null then '-' else octet_length(value) || ':' || value end || ',' $$;

create function audit_content(entry audit_log) returns bytea language sql stable
  as $$ select sha256(convert_to(
    audit_part('csrd-audit-1') || audit_part(entry.chain::text) || audit_part(entry.seq::text)
    || audit_part(to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    || audit_part(entry.nonce::text) || audit_part(entry.actor) || audit_part(entry.tenant) || audit_part(entry.action)
    || audit_part(entry.subject) || audit_part(entry.request_id) || audit_part(entry.detail), 'UTF8')) $$;

-- Puts a new row at the end of a chain that nobody is writing to; the place is the transaction's until it ends.
create function audit_chain() returns trigger language plpgsql security definer set search_path from current as $$
declare
  mine smallint := nullif(current_setting('csrd.audit_chain', true), '')::smallint;
  head audit_heads;
begin
  if mine is null then
    select chain into mine from audit_heads order by random() limit 1 for update skip locked;
    if mine is null then select chain into mine from audit_heads order by random() limit 1; end if;
    perform set_config('csrd.audit_chain', mine::text, true);
  end if;
  select * into strict head from audit_heads where chain = mine for update;
  new.chain := mine;
  new.seq := head.seq + 1;
  new.at := date_trunc('milliseconds', clock_timestamp());
  new.nonce := gen_random_uuid();
  new.hash := sha256(head.hash || audit_content(new));
  update audit_heads set seq = new.seq, hash = new.hash where chain = mine;
  return new;
end $$;
create trigger audit_chain before insert on audit_log for each row execute function audit_chain();

create function audit_refuse() returns trigger language plpgsql as $$
begin
  raise exception '% of % is refused: the audit log is only ever added to', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger audit_refuse before update or truncate on audit_log execute function audit_refuse();
create trigger audit_refuse before update or delete or truncate on audit_prunings execute function audit_refuse();
create trigger audit_refuse before insert or delete or truncate on audit_heads execute function audit_refuse();
-- A head moves with the row that is put behind it, and never otherwise.
create trigger audit_refuse_update before update on audit_heads for each row
  when (pg_trigger_depth() = 0) execute function audit_refuse();

-- Seven years (clo-operations-manual, "Log Categories and Retention"), and only what a pruning names.
create function audit_prunable() returns trigger language plpgsql as $$
begin
  if old.at < now() - interval '7 years'
    and exists (select from audit_prunings p where p.chain = old.chain and p.up_to >= old.seq) then return old; end if;
  raise exception 'DELETE of audit_log is refused: the row is younger than seven years or not archived' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_prunable before delete on audit_log for each row execute function audit_prunable();

create function audit_pruning() returns trigger language plpgsql as $$
begin
  if exists (select from audit_log l where l.chain = new.chain and l.seq = new.up_to and l.hash = new.hash
    and l.at < now() - interval '7 years') then return new; end if;
  raise exception 'a pruning ends at a row that is there and older than seven years' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_pruning before insert on audit_prunings for each row execute function audit_pruning();

revoke all on audit_log, audit_heads, audit_prunings from public;
