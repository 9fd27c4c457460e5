import type { PoolClient } from "pg";
import type { Hold } from "#rules/retention.ts";
import { CsrdError } from "../errors.ts";
import { recordAudit } from "./audit-log.ts";
import { type Database, inTransaction } from "./database.ts";

/** A hold as it was placed, and lifted when it was. */
export type HoldRecord = Hold & {
  readonly id: number;
  readonly reason: string;
  readonly placedBy: string;
  readonly placedAt: Date;
  readonly liftedBy: string | undefined;
  readonly liftedAt: Date | undefined;
};

/** Whoever deletes holds it shared, whoever places a hold takes it alone: so a hold is there before a delete, or the delete is over. */
const lock = 7_243_003;

/**
 * Places a hold; one that is open on the same subject stays and is given back. Throws `report-unknown` for a report that is not there, and
 * `hold-late` for one whose files have been deleted already.
 */
export async function placeHold(
  database: Database,
  hold: Hold & { readonly reason: string; readonly actor: string },
): Promise<HoldRecord> {
  const { kind, subject, reason, actor } = hold;
  return inTransaction(database, async (client) => {
    await client.query("select pg_advisory_xact_lock($1)", [lock]);
    const tenant =
      kind === "report" ? await tenantOf(client, subject) : kind === "tenant" ? subject : undefined;
    const { rows: placed } = await client.query<Row>(
      "insert into holds (kind, subject, reason, placed_by) values ($1, $2, $3, $4) on conflict do nothing returning *",
      [kind, subject, reason, actor],
    );
    if (placed[0] !== undefined) {
      await recordAudit(client, {
        actor,
        tenant,
        action: "hold.placed",
        subject: `${kind} ${subject}`,
        detail: { reason, hold: Number(placed[0].id) },
      });
      return recordOf(placed[0]);
    }
    const { rows } = await client.query<Row>(
      "select * from holds where kind = $1 and subject = $2 and lifted_at is null",
      [kind, subject],
    );
    if (rows[0] === undefined) throw new TypeError("a hold that conflicts is open");
    return recordOf(rows[0]);
  });
}

/** Lifts a hold; undefined when there is none with this number that is open. */
export async function liftHold(
  database: Database,
  { id, reason, actor }: { readonly id: number; readonly reason: string; readonly actor: string },
): Promise<HoldRecord | undefined> {
  return inTransaction(database, async (client) => {
    const { rows } = await client.query<Row>(
      "update holds set lifted_by = $2, lifted_at = now(), lift_reason = $3 where id = $1 and lifted_at is null returning *",
      [id, actor, reason],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    await recordAudit(client, {
      actor,
      tenant: row.kind === "tenant" ? row.subject : undefined,
      action: "hold.lifted",
      subject: `${row.kind} ${row.subject}`,
      detail: { reason, hold: id },
    });
    return recordOf(row);
  });
}

/** The holds, newest first; all of them, or only those that are open. */
export async function listHolds(
  database: Database | PoolClient,
  which: "open" | "all",
): Promise<readonly HoldRecord[]> {
  const { rows } = await database.query<Row>(
    "select * from holds where $1 or lifted_at is null order by id desc limit 10000",
    [which === "all"],
  );
  return rows.map(recordOf);
}

/** The open holds, in a transaction in which something is about to be deleted: none can be placed until it ends. */
export async function holdsWhileDeleting(client: PoolClient): Promise<readonly Hold[]> {
  await client.query("select pg_advisory_xact_lock_shared($1)", [lock]);
  return listHolds(client, "open");
}

async function tenantOf(client: PoolClient, id: string): Promise<string> {
  const { rows } = await client.query<{ owner: string; files_state: string | null }>(
    "select owner, files_state from reports where id = $1",
    [id],
  );
  const [row] = rows;
  if (row === undefined)
    throw new CsrdError("report-unknown", {
      summary: "There is no report with this id.",
      hint: "Copy the id as the list of reports shows it.",
    });
  if (row.files_state === "deleted")
    throw new CsrdError("hold-late", {
      summary: `The files of ${id} were deleted here after they had been archived.`,
      hint: "The archive has them, whole and compared; keep them there.",
    });
  return row.owner;
}

type Row = {
  id: string;
  kind: Hold["kind"];
  subject: string;
  reason: string;
  placed_by: string;
  placed_at: Date;
  lifted_by: string | null;
  lifted_at: Date | null;
};

function recordOf(row: Row): HoldRecord {
  return {
    id: Number(row.id),
    kind: row.kind,
    subject: row.subject,
    reason: row.reason,
    placedBy: row.placed_by,
    placedAt: row.placed_at,
    liftedBy: row.lifted_by ?? undefined,
    liftedAt: row.lifted_at ?? undefined,
  };
}
