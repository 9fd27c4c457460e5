import { addressOf } from "../postgres/address.ts";
import { readSecret } from "../secret.ts";
import type { PostgresLocksBinding } from "./binding.ts";
import { setupOf } from "./schema.ts";

/** The rights on one table, and nothing else, that the lock store asks for when the tables are there. */
export const tableRights = {
  lock_schema: ["select"],
  lock: ["select", "insert", "update"],
} as const;

/** SQL for an administrator: the tables once, then the least that the role of this environment needs. May be run again. */
export async function postgresGrants(binding: PostgresLocksBinding): Promise<string> {
  const { user, database } = await placeOf(binding);
  const { schema } = binding;
  const role = identifier(user);
  return [
    `-- To be run by whoever owns the database ${database}, never by the role itself. The role exists already, with a password.`,
    "begin;",
    setupOf(schema).trimEnd(),
    `grant connect on database ${identifier(database)} to ${role};`,
    `grant usage on schema ${schema} to ${role};`,
    ...Object.entries(tableRights).map(
      ([table, rights]) => `grant ${rights.join(", ")} on ${schema}.${table} to ${role};`,
    ),
    "commit;",
  ].join("\n");
}

/** The role and database that the address names; made-up names where the address cannot be read here, for they are no secret. */
async function placeOf(
  binding: PostgresLocksBinding,
): Promise<{ readonly user: string; readonly database: string }> {
  try {
    return addressOf(await readSecret(binding.url));
  } catch {
    return { user: "csrd_ops", database: "csrd_ops" };
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
