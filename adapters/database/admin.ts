import { toMs } from "#kit/duration.ts";
import type { DatabaseAdmin } from "#kit/ports.ts";
import type { Database } from "../postgres/database.ts";
import type { DatabaseBinding } from "./binding.ts";
import { openPlatformDatabase, patternsOf } from "./reader.ts";
import { endStuck } from "./sessions.ts";

/** What may be changed at the platform's database server, with the acting role. Source: PostgreSQL manual, "Server Signaling Functions". */
export function databaseAdmin(binding: DatabaseBinding): DatabaseAdmin {
  let opened: Database | undefined;
  const database = () => (opened ??= openPlatformDatabase(binding, "act"));
  return {
    endStuck: ({ pid, startedAt }, stuckFor) =>
      database().transact(`end session ${pid}`, async (ask) => {
        const [row] = await ask<{ there: number; ended: boolean }>(endStuck, [
          ...patternsOf(binding),
          pid,
          startedAt,
          toMs(stuckFor) / 1000,
        ]);
        if (row === undefined || row.there === 0) return "gone";
        return row.ended ? "ended" : "changed";
      }),
  };
}
