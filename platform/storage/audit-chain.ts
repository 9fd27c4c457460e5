import { createHash } from "node:crypto";

/** One row of the audit log as it is exported; `hash` covers the row and the one before it in its chain, hex. */
export type AuditRow = {
  readonly chain: number;
  readonly seq: number;
  /** UTC, to the millisecond. */
  readonly at: string;
  readonly nonce: string;
  readonly actor: string;
  readonly tenant: string | null;
  readonly action: string;
  readonly subject: string;
  readonly request_id: string | null;
  /** JSON text, exactly as it was hashed. */
  readonly detail: string;
  readonly hash: string;
};

/** A row of which only its hash is told: enough to follow the chain, and nothing of what it says. */
type HiddenRow = { readonly chain: number; readonly seq: number; readonly content: string };

/** A place in a chain: the number of a row, and its hash. */
export type ChainPlace = { readonly chain: number; readonly seq: number; readonly hash: string };

/** Something in a chain that does not fit. */
export type ChainFinding = {
  /** `broken`: the row is not what was written there. `missing`: rows were there. `tail`: the end is gone or other than it was. */
  readonly kind: "broken" | "missing" | "tail";
  readonly chain: number;
  readonly seq: number;
  readonly sentence: string;
};

/** The hash of what a row says; the database makes the same by `audit_content`. */
export function contentOf(row: AuditRow): string {
  const parts = [
    "csrd-audit-1",
    String(row.chain),
    String(row.seq),
    row.at,
    row.nonce,
    row.actor,
    row.tenant,
    row.action,
    row.subject,
    row.request_id,
    row.detail,
  ];
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part === null ? "-," : `${Buffer.byteLength(part)}:${part},`);
  return hash.digest("hex");
}

/** The hash of a row from the one before it and its content's. */
function linked(previous: string, content: string): string {
  return createHash("sha256")
    .update(Buffer.from(previous, "hex"))
    .update(Buffer.from(content, "hex"))
    .digest("hex");
}

/** Where a chain begins before it has a row. */
export function beginningOf(chain: number): ChainPlace {
  return { chain, seq: 0, hash: createHash("sha256").update(`csrd-audit-1/${chain}`).digest("hex") };
}

/** Follows chains row by row, in the order of chain and number; `ends` says what the heads make of it. */
export type ChainFollower = {
  take(row: AuditRow | HiddenRow): void;
  /** Compares where each chain was left with where it should be. */
  ends(heads: readonly ChainPlace[]): void;
  /** The places that rows passed, for those that were asked for. */
  readonly passed: ReadonlyMap<string, string>;
  readonly findings: readonly ChainFinding[];
  readonly rows: number;
};

const mostFindings = 200;

/** A follower that begins at the given places. `watched` are places (`chain:seq`) whose hashes are to be remembered. */
export function followChains(
  starts: readonly ChainPlace[],
  watched: ReadonlySet<string> = new Set(),
): ChainFollower {
  const at = new Map(starts.map((start) => [start.chain, start]));
  const passed = new Map(starts.map(({ chain, seq, hash }) => [`${chain}:${seq}`, hash]));
  const findings: ChainFinding[] = [];
  let rows = 0;
  const find = (kind: ChainFinding["kind"], chain: number, seq: number, sentence: string): void => {
    if (findings.length < mostFindings) findings.push({ kind, chain, seq, sentence });
  };
  return {
    findings,
    passed,
    get rows() {
      return rows;
    },
    take(row) {
      const { chain, seq } = row;
      rows += 1;
      const before = at.get(chain);
      if (before === undefined) {
        find("broken", chain, seq, `Chain ${chain} is not one that was begun.`);
        return;
      }
      const isNext = seq === before.seq + 1;
      if (seq <= before.seq)
        find("broken", chain, seq, `Row ${seq} of chain ${chain} stands behind row ${before.seq}.`);
      else if (!isNext)
        find(
          "missing",
          chain,
          before.seq + 1,
          before.seq + 2 === seq
            ? `Row ${before.seq + 1} of chain ${chain} is missing.`
            : `Rows ${before.seq + 1} to ${seq - 1} of chain ${chain} are missing.`,
        );
      const computed = linked(before.hash, "content" in row ? row.content : contentOf(row));
      const hash = "content" in row ? computed : row.hash;
      if (isNext && hash !== computed)
        find(
          "broken",
          chain,
          seq,
          `Row ${seq} of chain ${chain} is not what was written behind row ${before.seq}.`,
        );
      at.set(chain, { chain, seq, hash });
      const place = `${chain}:${seq}`;
      if (watched.has(place)) passed.set(place, hash);
    },
    ends(heads) {
      for (const head of heads) {
        const last = at.get(head.chain) ?? beginningOf(head.chain);
        if (last.seq < head.seq)
          find(
            "tail",
            head.chain,
            last.seq + 1,
            `Chain ${head.chain} ends at row ${last.seq}; its head is row ${head.seq}.`,
          );
        else if (last.seq > head.seq)
          find(
            "tail",
            head.chain,
            last.seq,
            `Chain ${head.chain} goes on to row ${last.seq}; its head is row ${head.seq}.`,
          );
        else if (last.hash !== head.hash)
          find(
            "tail",
            head.chain,
            last.seq,
            `Row ${last.seq} of chain ${head.chain} is not the one that its head names.`,
          );
      }
    },
  };
}
