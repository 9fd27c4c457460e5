import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { Artifacts } from "../agent.ts";
import { isCodedError } from "#kit/errors.ts";
import { messageOf } from "../service/error-facts.ts";
import { recordAudit } from "./audit-log.ts";
import type { ChainPlace } from "./audit-chain.ts";
import { exportPart, verifyAuditExport } from "./audit-export.ts";
import { readHeads, readStarts } from "./audit-read.ts";
import { type Database, inTransaction } from "./database.ts";
import { holdsWhileDeleting } from "./holds.ts";
import type { Outcome } from "./retention-reports.ts";

/** The beginning of a chain whose rows are all past their time: from behind `from` up to and with `to`. */
export type DueChain = {
  readonly chain: number;
  readonly from: ChainPlace;
  readonly to: ChainPlace;
  readonly rows: number;
};

const batch = 5_000;

/** What may be taken from the beginning of each chain: rows before a moment, up to the first younger one. */
export async function listDueChains(database: Database, before: Date): Promise<readonly DueChain[]> {
  const starts = await readStarts(database, await readHeads(database));
  const due: DueChain[] = [];
  for (const from of starts) {
    const { rows } = await database.query<{ seq: string; hash: string }>(
      `select seq, encode(hash, 'hex') as hash from audit_log where chain = $1 and seq > $2
         and seq < coalesce((select min(seq) from audit_log where chain = $1 and seq > $2 and at >= $3), 9223372036854775807)
        order by seq desc limit 1`,
      [from.chain, from.seq, before],
    );
    const [last] = rows;
    if (last === undefined) continue;
    const to = { chain: from.chain, seq: Number(last.seq), hash: last.hash };
    due.push({ chain: from.chain, from, to, rows: to.seq - from.seq });
  }
  return due;
}

/**
 * Writes the beginning of a chain to the archive as an export, verifies the copy, records the place from which the rest goes on, and only then takes
 * the rows away, a batch at a time. While anything at all is held, nothing is taken: a hold may concern any row.
 */
export async function retireChain(
  parts: {
    readonly database: Database;
    readonly records: Artifacts;
    readonly actor: string;
    readonly now: Date;
  },
  { chain, from, to, rows }: DueChain,
): Promise<Outcome> {
  const { database, records, actor, now } = parts;
  const name = `audit/chain-${chain}-${from.seq + 1}-${to.seq}.ndjson`;
  try {
    const sha256 = await archived(database, records, name, { from, to, now });
    const verdict = await verifyAuditExport(linesOf(records.stream(name)));
    const [end] = verdict.heads;
    if (verdict.findings.length > 0 || verdict.entries !== rows || end?.hash !== to.hash)
      return {
        kind: "failed",
        code: "audit-log-broken",
        sentence: `The archived beginning of chain ${chain} does not verify; nothing was taken from the log.`,
      };
    const isHeld = await inTransaction(database, async (client) => {
      if ((await holdsWhileDeleting(client)).length > 0) return true;
      await client.query(
        "insert into audit_prunings (chain, up_to, hash, rows, archive, archive_sha256) values ($1, $2, decode($3, 'hex'), $4, $5, $6)",
        [chain, to.seq, to.hash, rows, name, sha256],
      );
      await recordAudit(client, {
        actor,
        tenant: undefined,
        action: "retention.applied",
        subject: `audit log chain ${chain}`,
        detail: { up_to: to.seq, rows, archive: name, sha256 },
      });
      return false;
    });
    if (isHeld) return { kind: "held" };
    await removePruned(database);
    return { kind: "deleted", files: rows, bytes: 0 };
  } catch (error) {
    return {
      kind: "failed",
      code: isCodedError(error) ? error.code : "csrd-defect",
      sentence: isCodedError(error) ? error.summary : messageOf(error),
    };
  }
}

/** Takes away the rows that a recorded pruning covers; also what an interrupted run left of them. */
export async function removePruned(database: Database): Promise<void> {
  const { rows } = await database.query<{ chain: number; up_to: string }>(
    "select chain, max(up_to) as up_to from audit_prunings group by chain",
  );
  for (const { chain, up_to } of rows)
    for (;;) {
      const { rowCount } = await database.query(
        "delete from audit_log where chain = $1 and seq in (select seq from audit_log where chain = $1 and seq <= $2 order by seq limit $3)",
        [chain, up_to, batch],
      );
      if ((rowCount ?? 0) < batch) break;
    }
}

async function archived(
  database: Database,
  records: Artifacts,
  name: string,
  part: { readonly from: ChainPlace; readonly to: ChainPlace; readonly now: Date },
): Promise<string> {
  const writer = await records.writer(name);
  const hash = createHash("sha256");
  try {
    for await (const line of exportPart(database, [part.from], [part.to], {}, part.now)) {
      hash.update(line);
      await writer.write(line);
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return hash.digest("hex");
}

function linesOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  return createInterface({ input: Readable.from(chunks), crlfDelay: Infinity });
}
