import { recordAudit } from "./audit-log.ts";
import { type Database, inTransaction } from "./database.ts";

/** What an operator told the queue; `concurrency` undefined leaves it to the workers' settings. */
export type QueueControl = {
  readonly paused: { readonly by: string; readonly reason: string; readonly at: Date } | undefined;
  readonly concurrency: number | undefined;
};

type Row = {
  paused_at: Date | null;
  paused_by: string | null;
  paused_reason: string | null;
  concurrency: number | null;
};

/** What the queue is to do, as an operator said last. */
export async function readQueueControl(database: Database): Promise<QueueControl> {
  const { rows } = await database.query<Row>(
    "select paused_at, paused_by, paused_reason, concurrency from queue_control where id = 1",
  );
  const row = rows[0];
  return {
    paused:
      row === undefined || row.paused_at === null
        ? undefined
        : { at: row.paused_at, by: row.paused_by ?? "", reason: row.paused_reason ?? "" },
    concurrency: row?.concurrency ?? undefined,
  };
}

/** Pauses the queue or lets it go on, with the audit entry; false when it is so already. */
export async function setQueuePaused(
  database: Database,
  isPaused: boolean,
  act: { readonly by: string; readonly reason: string },
): Promise<boolean> {
  return inTransaction(database, async (client) => {
    const { rowCount } = isPaused
      ? await client.query(
          "update queue_control set paused_at = now(), paused_by = $1, paused_reason = $2 where id = 1 and paused_at is null",
          [act.by, act.reason],
        )
      : await client.query(
          "update queue_control set paused_at = null, paused_by = null, paused_reason = null where id = 1 and paused_at is not null",
        );
    if (rowCount === 0) return false;
    await recordAudit(client, {
      actor: act.by,
      tenant: undefined,
      action: isPaused ? "queue.paused" : "queue.resumed",
      subject: "report_queue",
      detail: { reason: act.reason },
    });
    return true;
  });
}

/** Sets how many reports are worked on at once over all workers, with the audit entry. */
export async function setQueueConcurrency(database: Database, most: number, by: string): Promise<void> {
  await inTransaction(database, async (client) => {
    await client.query(
      "update queue_control set concurrency = $1, concurrency_by = $2, concurrency_at = now() where id = 1",
      [most, by],
    );
    await recordAudit(client, {
      actor: by,
      tenant: undefined,
      action: "queue.concurrency",
      subject: "report_queue",
      detail: { concurrency: most },
    });
  });
}
