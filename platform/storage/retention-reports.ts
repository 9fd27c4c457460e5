import { isHeld } from "#rules/retention.ts";
import { isCodedError } from "#kit/errors.ts";
import { messageOf } from "../service/error-facts.ts";
import { archiveReport, verifyArchive } from "./archive.ts";
import { recordAudit } from "./audit-log.ts";
import { type Database, inTransaction } from "./database.ts";
import { holdsWhileDeleting } from "./holds.ts";
import type { ReportFiles } from "./report-files.ts";

/** A report that has ended and whose time is over. */
export type DueReport = {
  readonly id: string;
  readonly tenant: string;
  /** When it ended, as the database writes it: to the microsecond, so that a page begins exactly behind another. */
  readonly endedAt: string;
};

/** What became of one thing: gone, kept for a reason that is right, or kept because something failed. */
export type Outcome =
  | { readonly kind: "deleted"; readonly files: number; readonly bytes: number }
  | { readonly kind: "held" }
  | { readonly kind: "failed"; readonly code: string; readonly sentence: string };

const due = `finished_at < $1 and files_state is distinct from 'deleted' and (status <> 'cancelled' or files_dropped_at is null)`;

/** How many ended reports are due, and when the oldest of them ended. */
export async function countDueReports(
  database: Database,
  before: Date,
): Promise<{ readonly count: number; readonly oldest: Date | undefined }> {
  const { rows } = await database.query<{ count: number; oldest: Date | null }>(
    `select count(*)::int as count, min(finished_at) as oldest from reports where ${due}`,
    [before],
  );
  return { count: rows[0]?.count ?? 0, oldest: rows[0]?.oldest ?? undefined };
}

/** The reports that are due, oldest first, behind the last one of the page before. */
export async function listDueReports(
  database: Database,
  before: Date,
  most: number,
  after?: DueReport,
): Promise<readonly DueReport[]> {
  const { rows } = await database.query<{ id: string; owner: string; ended_at: string }>(
    `select id, owner, finished_at::text as ended_at from reports
      where ${due} and ($3::timestamptz is null or (finished_at, id) > ($3, $4)) order by finished_at, id limit $2`,
    [before, most, after?.endedAt, after?.id],
  );
  return rows.map(({ id, owner, ended_at }) => ({ id, tenant: owner, endedAt: ended_at }));
}

/** How many bytes a report's files have; undefined where the store cannot tell without reading them. */
export async function bytesOf(files: ReportFiles, id: string): Promise<number | undefined> {
  const artifacts = files.of(id);
  if (artifacts.size === undefined) return undefined;
  let bytes = 0;
  for (const name of await artifacts.list()) bytes += await artifacts.size(name);
  return bytes;
}

/**
 * Copies a report's files to the archive, reads the copies back, and deletes the files here unless somebody holds them at that moment. The row stays
 * and says where they are. Without an archive they are deleted only; a report whose copy does not compare keeps everything.
 * Interrupted anywhere, it goes on when it is called again.
 */
export async function retireReport(
  parts: {
    readonly database: Database;
    readonly files: ReportFiles;
    readonly archive: ReportFiles | undefined;
    readonly actor: string;
  },
  { id, tenant, endedAt }: DueReport,
): Promise<Outcome> {
  const { database, files, archive, actor } = parts;
  try {
    const manifest = archive === undefined ? undefined : await archiveReport(files, archive, id);
    if (archive !== undefined && manifest !== undefined) {
      await inTransaction(database, async (client) => {
        const { rowCount } = await client.query(
          "update reports set files_state = 'archived', files_state_at = now() where id = $1 and files_state is distinct from 'archived' and files_state is distinct from 'deleted'",
          [id],
        );
        if (rowCount === 1)
          await recordAudit(client, {
            actor,
            tenant,
            action: "report.archived",
            subject: id,
            detail: { files: manifest.files.length },
          });
      });
      await verifyArchive(archive, id);
    }
    const [count, bytes] =
      manifest === undefined
        ? [(await files.of(id).list()).length, (await bytesOf(files, id)) ?? 0]
        : [manifest.files.length, manifest.files.reduce((sum, file) => sum + file.bytes, 0)];
    return await inTransaction(database, async (client) => {
      if (isHeld({ kind: "report", id, tenant }, await holdsWhileDeleting(client))) return { kind: "held" };
      // Put back into the queue meanwhile: it is worked on again, and keeps its files.
      const { rowCount } = await client.query(
        "select from reports where id = $1 and finished_at = $2::timestamptz for update",
        [id, endedAt],
      );
      if (rowCount !== 1) return { kind: "held" };
      await files.drop(id);
      await client.query("update reports set files_state = 'deleted', files_state_at = now() where id = $1", [
        id,
      ]);
      await recordAudit(client, {
        actor,
        tenant,
        action: "report.deleted",
        subject: id,
        detail: { files: count, bytes, archived: manifest !== undefined },
      });
      return { kind: "deleted", files: count, bytes };
    });
  } catch (error) {
    return {
      kind: "failed",
      code: isCodedError(error) ? error.code : "csrd-defect",
      sentence: isCodedError(error) ? error.summary : messageOf(error),
    };
  }
}
