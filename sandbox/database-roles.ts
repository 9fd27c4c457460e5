import { randomBytes } from "node:crypto";
import { Client } from "pg";
import type { PostgresServer } from "./backends/postgres.ts";

/** Connections that the platform's own role may have; the rest is for those who look after it. */
export const platformConnections = 80;

/** The addresses of the three roles at the practice production's database, passwords included, and what tells the server from any other. */
export type DatabaseRoles = {
  /** The platform's: owns the database, and is no administrator. */
  readonly platform: string;
  /** Looks: member of pg_monitor. */
  readonly read: string;
  /** Ends sessions and promotes: member of pg_monitor and pg_signal_backend, and may call pg_promote. */
  readonly act: string;
  readonly systemId: string;
};

/** Hands what a practice production of before made as an administrator to the platform's role. Sequences of identity columns go with their table. */
const handOver = `do $$ declare one record; begin
  for one in select oid::regclass as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') and relowner <> 'csrd_app'::regrole
  loop execute format('alter table %s owner to csrd_app', one.name); end loop;
  for one in select oid::regprocedure as name from pg_proc
    where pronamespace = 'public'::regnamespace and proowner <> 'csrd_app'::regrole
  loop execute format('alter function %s owner to csrd_app', one.name); end loop;
end $$`;

/** Makes the roles as `ops permissions --part database` prints them; what is there already gets a new password. */
export async function databaseRoles({
  url,
  port,
}: Pick<PostgresServer, "url" | "port">): Promise<DatabaseRoles> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const addressOf = async (role: string, rights: string): Promise<string> => {
    const password = randomBytes(18).toString("hex");
    const { rowCount } = await client.query("select 1 from pg_roles where rolname = $1", [role]);
    await client.query(
      `${rowCount === 0 ? "create" : "alter"} role ${role} login password '${password}' ${rights}`,
    );
    return `postgresql://${role}:${password}@127.0.0.1:${port}/csrd`;
  };
  try {
    const platform = await addressOf("csrd_app", `connection limit ${platformConnections}`);
    const read = await addressOf("csrd_ops_read", "");
    const act = await addressOf("csrd_ops_act", "");
    await client.query(`alter database csrd owner to csrd_app;
      alter schema public owner to csrd_app;
      grant pg_monitor to csrd_ops_read, csrd_ops_act;
      grant pg_signal_backend to csrd_ops_act;
      grant execute on function pg_promote(boolean, integer) to csrd_ops_act`);
    await client.query(handOver);
    const { rows } = await client.query<{ id: string }>(
      "select system_identifier::text as id from pg_control_system()",
    );
    return { platform, read, act, systemId: rows[0]?.id ?? "" };
  } finally {
    await client.end();
  }
}
