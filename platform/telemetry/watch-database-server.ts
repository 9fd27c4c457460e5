import type { Pool } from "pg";
import { Gauge, type Registry } from "prom-client";
import { metrics as names } from "../contract.ts";
import { joined, within } from "../service/patience.ts";

/** A database that takes longer than this to say where it is counts as silent. */
const patienceMs = 700;

/** The server refused a connection because it has none left: it is there, and whose connections they are is another question. */
const noneLeft = "53300";

/**
 * Shows whether the database takes writes, and how far its log has come. The position stays as it was last seen while the server is away:
 * that is the witness by which a failover is judged.
 */
export function watchDatabaseServer(registry: Registry, pool: Pool): void {
  const registers = [registry];
  let isUp = false;
  let position = 0;

  // Once at a time, so that a server which hangs costs one connection and not one at each look.
  const ask = joined(async () => {
    try {
      const { rows } = await pool.query<{ position: number | null }>(
        "select case when not pg_is_in_recovery() then (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 end as position",
      );
      const seen = rows[0]?.position ?? undefined;
      position = seen ?? position;
      return seen !== undefined;
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === noneLeft;
    }
  });
  const up: Gauge = new Gauge({
    name: names.databaseUp,
    help: "1 while the database takes writes",
    registers,
    async collect() {
      // Everybody waits for a connection: that says nothing of the server, and one more would only wait as well.
      const isBusy = isUp && pool.waitingCount > 0 && pool.totalCount >= pool.options.max;
      if (!isBusy) isUp = await within(patienceMs, ask(), false);
      up.set(isUp ? 1 : 0);
    },
  });
  const at: Gauge = new Gauge({
    name: names.databasePosition,
    help: "Bytes of log that the primary had written when it was last seen; 0 when it never was",
    registers,
    collect: () => at.set(position),
  });
}
