import { z } from "zod";
import type { Artifacts } from "../agent.ts";
import type { ChainPlace } from "./audit-chain.ts";
import { readHeads } from "./audit-read.ts";
import type { Database } from "./database.ts";

const Anchor = z.strictObject({
  at: z.iso.datetime(),
  heads: z
    .array(
      z.strictObject({
        chain: z.int().min(1),
        seq: z.int().min(0),
        hash: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .readonly(),
});

/** Where the chains of the audit log ended at a moment, kept outside the database: a chain that is shorter later was cut. */
export type Anchor = Readonly<z.infer<typeof Anchor>>;

const folder = "audit-anchors/";

/**
 * Keeps where the chains end now, unless nothing was added since `before`. Gives the anchor, or undefined when none was needed.
 * Two processes that do it at the same moment keep two anchors, or the same one.
 */
export async function keepAnchor(
  database: Database,
  records: Artifacts | undefined,
  before: Anchor | undefined,
  now: Date,
): Promise<Anchor | undefined> {
  const heads = await readHeads(database);
  if (JSON.stringify(heads) === JSON.stringify(before?.heads)) return undefined;
  const anchor: Anchor = { at: now.toISOString(), heads };
  await records?.write(`${folder}${anchor.at.replaceAll(/[:.]/g, "-")}.json`, `${JSON.stringify(anchor)}\n`);
  return anchor;
}

/** The newest anchors, oldest of them first; an anchor that cannot be read is told to `onBroken` and left out. */
export async function readAnchors(
  records: Artifacts,
  most: number,
  onBroken: (name: string) => void,
): Promise<readonly Anchor[]> {
  const names = (await records.list()).filter((name) => name.startsWith(folder) && name.endsWith(".json"));
  const anchors: Anchor[] = [];
  for (const name of names.toSorted().slice(-most)) {
    const text = Buffer.from(await records.read(name)).toString("utf8");
    const anchor = Anchor.safeParse(parsed(text));
    if (anchor.success) anchors.push(anchor.data);
    else onBroken(name);
  }
  return anchors;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An anchor in one line of a log: `1:4711:9f…` for each chain. */
export function anchorLine({ heads }: Anchor): string {
  return heads.map(({ chain, seq, hash }: ChainPlace) => `${chain}:${seq}:${hash}`).join(" ");
}
