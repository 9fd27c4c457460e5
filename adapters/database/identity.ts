import { mismatch } from "../mismatch.ts";
import type { DatabaseBinding } from "./binding.ts";
import { openPlatformDatabase } from "./reader.ts";

/** Throws `environment-mismatch` when the acting role's address leads to another server than the environment says, by its system identifier. */
export async function requirePlatformDatabase(binding: DatabaseBinding, expected: string): Promise<void> {
  const database = openPlatformDatabase(binding, "act");
  try {
    const [row] = await database.transact("say which server it is", (ask) =>
      ask<{ id: string }>("select system_identifier::text as id from pg_control_system()"),
    );
    if (row?.id !== expected)
      throw mismatch("The server of bindings.database has the system identifier", row?.id ?? "", expected);
  } finally {
    await database.close();
  }
}
