import { OpsError } from "#kit/errors.ts";
import type { FailoverAdmin } from "#kit/ports/replication.ts";
import { openDatabase } from "../postgres/database.ts";
import { platformDatabase } from "../postgres/fault.ts";
import type { DatabaseBinding } from "./binding.ts";

/**
 * Promotes one of the platform's servers with the acting role, after the server itself has said which data it holds. It is asked for and not
 * waited for: whoever asks looks until it is a primary. Source: PostgreSQL manual, "Recovery Control Functions".
 */
export function promotion({ servers, tls, timeout }: DatabaseBinding): FailoverAdmin["promote"] {
  return async (name, systemId) => {
    const server = servers.find((one) => one.name === name);
    if (server === undefined)
      throw new OpsError("tool-refused", {
        summary: `The environment names no database server ${name}.`,
        hint: "Look at bindings.database.servers in its file.",
      });
    const database = openDatabase({ url: server.act, tls, timeout }, platformDatabase("act"));
    try {
      await database.transact(`become the primary`, async (ask) => {
        const [row] = await ask<{ id: string; standby: boolean }>(
          "select system_identifier::text as id, pg_is_in_recovery() as standby from pg_control_system()",
        );
        if (row?.id !== systemId)
          throw new OpsError("tool-refused", {
            summary: `${name} was not promoted: it holds the data of system ${row?.id ?? "?"}, not of ${systemId}.`,
            hint: "It is a copy of another database. Correct bindings.database.servers.",
          });
        if (row.standby) await ask("select pg_promote(false)");
      });
    } finally {
      await database.close();
    }
  };
}
