/** Applications whose sessions are never ended: a backup or a migration that is cut off does more harm than it holds up. */
export const alwaysProtected: readonly string[] = [
  "pg_dump%",
  "pg_restore%",
  "pg_basebackup%",
  "pgbackrest%",
  "barman%",
  "walreceiver%",
  "repmgr%",
  "csrd-migrate%",
  "csrd-ops%",
  "pgbouncer%",
  "postgres_exporter%",
];

/**
 * The sessions of clients, each with the reason why it may not be ended, if there is one. $1: the platform's users, $2: patterns of
 * protected applications. An instant is given to the microsecond, because with the process id it names the session. Ages are all counted
 * from one instant, so that their order is the same whenever it is asked for.
 * Source: PostgreSQL manual, "The Statistics Collector", pg_stat_activity.
 */
export const clients = `select a.pid,
    to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as started_at,
    coalesce(a.application_name, '') as application, a.usename as username, a.state,
    extract(epoch from now() - a.state_change)::float8 as state_for,
    extract(epoch from now() - a.xact_start)::float8 as transaction_for,
    a.wait_event_type || '/' || a.wait_event as waits_for,
    case when a.wait_event_type = 'Lock' then pg_blocking_pids(a.pid) else '{}' end as blocked_by,
    case
      when a.pid = pg_backend_pid() then 'it is this tool itself'
      when a.datname is distinct from current_database() then 'it works in another database'
      when r.rolsuper or r.rolreplication or exists (
        select from pg_auth_members m join pg_roles g on g.oid = m.roleid
        where m.member = r.oid and g.rolname in ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin'))
        then 'its user is an administrator'
      when a.usename <> all ($1::text[]) then 'its user is none of the platform''s'
      when a.application_name ilike any ($2::text[]) then a.application_name || ' is never cut off'
    end as protected
  from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
  where a.backend_type = 'client backend'`;

/**
 * How many connections there are to have and how many are taken, by each limit that holds: the server's, less what it keeps for
 * administrators, the database's, and the users' own; the one that leaves the fewest. $1: the platform's users.
 */
export const limits = `select * from (
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int as most,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used
    union all
    select d.datconnlimit, (select count(*)::int from pg_stat_activity a where a.datid = d.oid and a.backend_type = 'client backend')
      from pg_database d where d.datname = current_database() and d.datconnlimit > 0
    union all
    select r.rolconnlimit, (select count(*)::int from pg_stat_activity a where a.usesysid = r.oid and a.backend_type = 'client backend')
      from pg_roles r where r.rolname = any ($1::text[]) and r.rolconnlimit > 0
  ) as each_limit order by most - used limit 1`;

/**
 * Ends one session if it is still the one meant ($3, $4), still stuck for at least $5 seconds, and may be ended; all in one statement,
 * so that nothing can change between asking and doing. \`there\` tells whether the session exists at all.
 */
export const endStuck = `with clients as (${clients}), meant as (
    select *, protected is null and state like 'idle in transaction%' and state_for >= $5::float8 as stuck
    from clients where pid = $3 and started_at = $4
  )
  select count(*)::int as there,
    coalesce(bool_or(case when stuck then pg_terminate_backend(pid) else false end), false) as ended
  from meant`;
