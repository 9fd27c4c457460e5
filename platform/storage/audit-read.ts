import type { AuditRow, ChainPlace } from "./audit-chain.ts";
import { beginningOf } from "./audit-chain.ts";
import type { Database } from "./database.ts";

/** Which entries of the audit log are asked for; what is left out does not narrow. */
export type AuditFilter = {
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly actor?: string | undefined;
  readonly tenant?: string | undefined;
  readonly subject?: string | undefined;
  readonly action?: string | undefined;
};

const columns =
  "chain, seq, at, nonce, actor, tenant, action, subject, request_id, detail, encode(hash, 'hex') as hash";
const page = 2_000;

type Row = Omit<AuditRow, "seq" | "at"> & { readonly seq: string; readonly at: Date };

function rowOf({ seq, at, ...rest }: Row): AuditRow {
  return { ...rest, seq: Number(seq), at: at.toISOString() };
}

/** The newest entries that fit, newest first; an array of at most `limit`. */
export async function findAuditEntries(
  database: Database,
  filter: AuditFilter,
  limit: number,
): Promise<readonly AuditRow[]> {
  const { rows } = await database.query<Row>(
    `select ${columns} from audit_log
      where ($1::timestamptz is null or at >= $1) and ($2::timestamptz is null or at < $2)
        and ($3::text is null or actor = $3) and ($4::text is null or tenant = $4)
        and ($5::text is null or subject = $5) and ($6::text is null or action = $6)
      order by at desc, chain, seq desc limit $7`,
    [filter.since, filter.until, filter.actor, filter.tenant, filter.subject, filter.action, limit],
  );
  return rows.map(rowOf);
}

/** True when an entry is one of those asked for. */
export function fits(row: AuditRow, filter: AuditFilter): boolean {
  const at = Date.parse(row.at);
  return (
    (filter.since === undefined || at >= filter.since.getTime()) &&
    (filter.until === undefined || at < filter.until.getTime()) &&
    (filter.actor === undefined || row.actor === filter.actor) &&
    (filter.tenant === undefined || row.tenant === filter.tenant) &&
    (filter.subject === undefined || row.subject === filter.subject) &&
    (filter.action === undefined || row.action === filter.action)
  );
}

/** Where each chain ends now. */
export async function readHeads(database: Database): Promise<readonly ChainPlace[]> {
  return places(database, "select chain, seq, encode(hash, 'hex') as hash from audit_heads order by chain");
}

/** Where each chain begins: at its first row, or behind what was taken away after its time. */
export async function readStarts(
  database: Database,
  heads: readonly ChainPlace[],
): Promise<readonly ChainPlace[]> {
  const pruned = await places(
    database,
    "select distinct on (chain) chain, up_to as seq, encode(hash, 'hex') as hash from audit_prunings order by chain, up_to desc",
  );
  return heads.map(({ chain }) => pruned.find((one) => one.chain === chain) ?? beginningOf(chain));
}

/** Where each chain stood before the first entry since a moment; the beginnings for chains that are younger. */
export async function readPlacesBefore(
  database: Database,
  starts: readonly ChainPlace[],
  since: Date,
): Promise<readonly ChainPlace[]> {
  const before = await places(
    database,
    `select h.chain, l.seq, encode(l.hash, 'hex') as hash from audit_heads h cross join lateral (
       select seq, hash from audit_log where chain = h.chain and at < $1 order by seq desc limit 1) as l`,
    [since],
  );
  return starts.map(
    (start) => before.find(({ chain, seq }) => chain === start.chain && seq > start.seq) ?? start,
  );
}

/** All rows behind some places, chain by chain in their order, a page at a time; rows that are added meanwhile are left for the next time. */
export async function* readRows(
  database: Database,
  starts: readonly ChainPlace[],
  heads: readonly ChainPlace[],
): AsyncGenerator<AuditRow> {
  // What stands in the table decides, not what the heads say: rows of other chains and behind the heads are read as well.
  const { rows: there } = await database.query<{ chain: number; last: string }>(
    `with recursive chains as (
       select min(chain) as chain from audit_log
       union all select (select min(chain) from audit_log where chain > chains.chain) from chains where chain is not null
     )
     select chain, (select max(seq) from audit_log where chain = chains.chain) as last from chains where chain is not null`,
  );
  const now = await readHeads(database);
  const isPart = heads.length < now.length;
  for (const { chain, last } of there) {
    if (isPart && !heads.some((one) => one.chain === chain)) continue;
    const isWithinHead = (now.find((one) => one.chain === chain)?.seq ?? -1) >= Number(last);
    const end = isWithinHead
      ? (heads.find((one) => one.chain === chain)?.seq ?? Number.MAX_SAFE_INTEGER)
      : Number.MAX_SAFE_INTEGER;
    for (let seq = starts.find((one) => one.chain === chain)?.seq ?? 0; ; ) {
      const { rows } = await database.query<Row>(
        `select ${columns} from audit_log where chain = $1 and seq > $2 and seq <= $3 order by seq limit $4`,
        [chain, seq, end, page],
      );
      for (const row of rows) yield rowOf(row);
      const lastRow = rows.at(-1);
      if (lastRow === undefined || rows.length < page) break;
      seq = Number(lastRow.seq);
    }
  }
}

async function places(
  database: Database,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly ChainPlace[]> {
  const { rows } = await database.query<{ chain: number; seq: string; hash: string }>(sql, [...values]);
  return rows.map(({ chain, seq, hash }) => ({ chain, seq: Number(seq), hash }));
}
