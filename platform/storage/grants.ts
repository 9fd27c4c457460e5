/**
 * What the platform's role needs once the schema is there and another role owns it: SQL, a statement each, to be run by the owner after `csrd migrate
 * --expand`. The audit log is read and added to; nothing of it can be changed, and its chain's heads move by the database's own trigger only.
 */
export function leastGrants(role: string): readonly string[] {
  const name = `"${role.replaceAll('"', '""')}"`;
  return [
    `grant usage on schema public to ${name}`,
    `revoke create on schema public from public, ${name}`,
    `grant select on all tables in schema public to ${name}`,
    ...Object.entries(writes).map(([table, rights]) => `grant ${rights} on ${table} to ${name}`),
    `grant usage on all sequences in schema public to ${name}`,
    `revoke update, delete, truncate, references, trigger on audit_log, audit_prunings, audit_heads from ${name}`,
  ];
}

/** Rights on each table beyond reading; a table that is not named is read only. */
const writes: Readonly<Record<string, string>> = {
  reports: "insert, update",
  report_events: "insert",
  idempotency_keys: "insert, delete",
  audit_log: "insert (actor, tenant, action, subject, request_id, detail)",
  api_keys: "insert, update",
  dead_letters: "insert, update",
  queue_control: "update",
  switches: "insert, update",
  running_versions: "insert, update, delete",
  lineage_reports: "insert, update, delete",
  lineage_uses: "insert, delete",
};
