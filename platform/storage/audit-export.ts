import { createHash } from "node:crypto";
import { z } from "zod";
import { CsrdError } from "../errors.ts";
import { type ChainFinding, type ChainPlace, contentOf, followChains } from "./audit-chain.ts";
import { type AuditFilter, fits, readHeads, readPlacesBefore, readRows, readStarts } from "./audit-read.ts";
import type { Database } from "./database.ts";

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const Place = z.strictObject({ chain: z.int(), seq: z.int(), hash: hex });
const Line = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("audit-export"),
    version: z.literal(1),
    made_at: z.string(),
    filter: z.record(z.string(), z.string()),
    starts: z.array(Place),
    heads: z.array(Place),
  }),
  z.strictObject({
    kind: z.literal("entry"),
    chain: z.int(),
    seq: z.int(),
    at: z.string(),
    nonce: z.string(),
    actor: z.string(),
    tenant: z.string().nullable(),
    action: z.string(),
    subject: z.string(),
    request_id: z.string().nullable(),
    detail: z.string(),
    hash: hex,
  }),
  z.strictObject({ kind: z.literal("hidden"), chain: z.int(), seq: z.int(), content: hex }),
  z.strictObject({ kind: z.literal("end"), entries: z.int(), hidden: z.int(), sha256: hex }),
]);

/**
 * The log as lines of NDJSON that verify without the database: the places where the chains begin and end, the entries that fit, and of all others
 * their hash only, which says nothing of them. The last line has the counts and the SHA-256 of everything before it.
 */
export async function* exportAuditLog(
  database: Database,
  filter: AuditFilter,
  now: Date,
): AsyncGenerator<string> {
  const heads = await readHeads(database);
  const all = await readStarts(database, heads);
  const starts = filter.since === undefined ? all : await readPlacesBefore(database, all, filter.since);
  yield* exportPart(database, starts, heads, filter, now);
}

/** The same for a part of some chains: what is behind `starts`, up to and with `heads`. */
export async function* exportPart(
  database: Database,
  starts: readonly ChainPlace[],
  heads: readonly ChainPlace[],
  filter: AuditFilter,
  now: Date,
): AsyncGenerator<string> {
  const hash = createHash("sha256");
  const line = (value: z.infer<typeof Line>): string => {
    const text = `${JSON.stringify(value)}\n`;
    hash.update(text);
    return text;
  };
  const said = Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value instanceof Date ? value.toISOString() : value] as const],
  );
  yield line({
    kind: "audit-export",
    version: 1,
    made_at: now.toISOString(),
    filter: Object.fromEntries(said),
    starts: [...starts],
    heads: [...heads],
  });
  let [entries, hidden] = [0, 0];
  for await (const row of readRows(database, starts, heads)) {
    if (fits(row, filter)) {
      entries += 1;
      yield line({ kind: "entry", ...row });
    } else {
      hidden += 1;
      yield line({ kind: "hidden", chain: row.chain, seq: row.seq, content: contentOf(row) });
    }
  }
  yield `${JSON.stringify({ kind: "end", entries, hidden, sha256: hash.digest("hex") })}\n`;
}

/** What an exported file says of itself, and what does not fit. */
export type ExportVerdict = {
  readonly entries: number;
  readonly hidden: number;
  readonly madeAt: string;
  readonly filter: Readonly<Record<string, string>>;
  readonly heads: readonly z.infer<typeof Place>[];
  readonly findings: readonly ChainFinding[];
};

/** Follows the chains of an exported file without any database. Throws `audit-file-unreadable` for what is no whole export. */
export async function verifyAuditExport(lines: AsyncIterable<string>): Promise<ExportVerdict> {
  const hash = createHash("sha256");
  let header: Extract<z.infer<typeof Line>, { kind: "audit-export" }> | undefined;
  let follower: ReturnType<typeof followChains> | undefined;
  let end: Extract<z.infer<typeof Line>, { kind: "end" }> | undefined;
  let [number, entries, hidden] = [0, 0, 0];
  for await (const text of lines) {
    number += 1;
    const line = parsed(text, number);
    if (end !== undefined) throw unreadable(`line ${number} stands behind its end`);
    if (line.kind === "end") {
      end = line;
      if (line.sha256 !== hash.digest("hex")) throw unreadable("it was changed: its SHA-256 is another");
      if (line.entries !== entries || line.hidden !== hidden)
        throw unreadable("it does not hold as many entries as it says");
      continue;
    }
    hash.update(`${text}\n`);
    if (line.kind === "audit-export") {
      if (header !== undefined) throw unreadable(`line ${number} begins another export`);
      header = line;
      follower = followChains(line.starts);
      continue;
    }
    if (follower === undefined) throw unreadable("it does not begin as an export does");
    if (line.kind === "entry") entries += 1;
    else hidden += 1;
    follower.take(line);
  }
  if (header === undefined || follower === undefined || end === undefined)
    throw unreadable("it ends too early");
  follower.ends(header.heads);
  return {
    entries,
    hidden,
    madeAt: header.made_at,
    filter: header.filter,
    heads: header.heads,
    findings: follower.findings,
  };
}

function parsed(text: string, number: number): z.infer<typeof Line> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(`line ${number} is not JSON`);
  }
  const line = Line.safeParse(value);
  if (!line.success) throw unreadable(`line ${number} is not one of an export`);
  return line.data;
}

function unreadable(why: string): CsrdError {
  return new CsrdError("audit-file-unreadable", {
    summary: `The file is no whole export of the audit log: ${why}.`,
    hint: "Export it again with `csrd audit-log export`; a file that was edited cannot be mended.",
  });
}
