import type { Anchor } from "./audit-anchors.ts";
import { type ChainFinding, type ChainPlace, followChains } from "./audit-chain.ts";
import { readHeads, readRows, readStarts } from "./audit-read.ts";
import type { Database } from "./database.ts";

/** What a look through the whole log found. */
export type AuditVerdict = {
  readonly rows: number;
  readonly chains: number;
  /** How many anchors there were to compare with, and when the newest was kept. */
  readonly anchors: number;
  readonly anchoredAt: string | undefined;
  readonly heads: readonly ChainPlace[];
  readonly findings: readonly ChainFinding[];
};

/** Follows every chain from its beginning to its head and to every anchor; only looks. */
export async function verifyAuditLog(database: Database, anchors: readonly Anchor[]): Promise<AuditVerdict> {
  const heads = await readHeads(database);
  const starts = await readStarts(database, heads);
  const places = anchors.flatMap((anchor) => anchor.heads.map((head) => ({ ...head, at: anchor.at })));
  const follower = followChains(starts, new Set(places.map(({ chain, seq }) => `${chain}:${seq}`)));
  for await (const row of readRows(database, starts, heads)) follower.take(row);
  follower.ends(heads);
  const outside = new Map<string, ChainFinding>();
  for (const { chain, seq, hash, at } of places) {
    const place = `${chain}:${seq}`;
    const start = starts.find((one) => one.chain === chain);
    // What was taken away after its time is vouched for by the anchors of its own time.
    if (start !== undefined && seq < start.seq) continue;
    const found = follower.passed.get(place);
    if (found === hash || outside.has(place)) continue;
    outside.set(place, {
      kind: "tail",
      chain,
      seq,
      sentence:
        found === undefined
          ? `Chain ${chain} had a row ${seq} when it was anchored at ${at}; now it has none.`
          : `Row ${seq} of chain ${chain} is not the one that was anchored at ${at}.`,
    });
  }
  return {
    rows: follower.rows,
    chains: heads.length,
    anchors: anchors.length,
    anchoredAt: anchors.at(-1)?.at,
    heads,
    findings: [...follower.findings, ...outside.values()],
  };
}
