import { mismatch } from "../mismatch.ts";
import type { PostgresLocksBinding } from "./binding.ts";
import { openDatabase } from "../postgres/database.ts";
import { lockStore } from "../postgres/fault.ts";

/**
 * Throws `environment-mismatch` when the binding leads to another server than the environment says, by its system identifier.
 * Source: PostgreSQL manual, "Control Data Functions": every user may ask, and a restored or rebuilt server has another one.
 */
export async function requireServer(binding: PostgresLocksBinding, expected: string): Promise<void> {
  const database = openDatabase(binding, lockStore);
  try {
    const [row] = await database.transact("say which server it is", (ask) =>
      ask<{ id: string }>("select system_identifier::text as id from pg_control_system()"),
    );
    if (row?.id !== expected)
      throw mismatch("The server of bindings.postgres has the system identifier", row?.id ?? "", expected);
  } finally {
    await database.close();
  }
}
