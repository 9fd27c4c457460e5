import { addressOf } from "../postgres/address.ts";
import { readSecret } from "../secret.ts";
import type { DatabaseBinding } from "./binding.ts";

/**
 * SQL for an administrator of the platform's server: the least that the two roles need, and the limit that leaves them connections when
 * the platform's users have taken all of theirs. May be run again. Source: PostgreSQL manual, "Predefined Roles".
 */
export async function databaseGrants(binding: DatabaseBinding): Promise<string> {
  const [read, act] = await Promise.all([
    roleOf(binding, "read", "csrd_ops_read"),
    roleOf(binding, "act", "csrd_ops_act"),
  ]);
  return [
    "-- To be run by an administrator of the platform's server. The roles exist already, with passwords, and own nothing.",
    `grant pg_monitor to ${read};`,
    `grant pg_monitor, pg_signal_backend to ${act};`,
    ...(binding.servers.length === 0
      ? []
      : [
          "-- A standby has the primary's roles: to be run at the primary alone.",
          `grant execute on function pg_promote(boolean, integer) to ${act};`,
        ]),
    "-- So that these two get in when the platform's users have taken every connection: less than max_connections, by ten or so.",
    ...binding.users.map((user) => `alter role ${identifier(user)} connection limit 90;`),
    "-- So that no session of the platform holds a transaction open for ever.",
    ...binding.users.map(
      (user) => `alter role ${identifier(user)} set idle_in_transaction_session_timeout = '5min';`,
    ),
  ].join("\n");
}

/** The role that an address names; a made-up name where the address cannot be read here, for it is no secret. */
async function roleOf(binding: DatabaseBinding, as: "read" | "act", otherwise: string): Promise<string> {
  try {
    return identifier(addressOf(await readSecret(binding[as]), `database.${as}`).user);
  } catch {
    return identifier(otherwise);
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
