import { createHash, randomInt } from "node:crypto";
import { access, constants, open, rm } from "node:fs/promises";
import path from "node:path";
import type { Artifacts } from "../agent.ts";
import { folderArtifacts } from "../pipeline/folder-artifacts.ts";
import { makeFolder } from "#kit/make-folder.ts";

/** The company's file, and the folder of the data files. */
export const inputNames = { data: "inputs/", company: "company.json" } as const;

const idShape = /^CSRD-\d{8}-[0-9A-Z]{10}$/;
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A new report id, dated: CSRD-20261121-7K2M9QX4TB. */
export function newReportId(now: Date): string {
  const day = now.toISOString().slice(0, 10).replaceAll("-", "");
  return `CSRD-${day}-${Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join("")}`;
}

/** True for text that can be a report id, and so can be part of a path. */
export function isReportId(text: string): boolean {
  return idShape.test(text);
}

/** What was kept of an upload: the artifact's name, and what its bytes are. */
export type Kept = { readonly name: string; readonly sha256: string; readonly bytes: number };

/**
 * Where the files of all reports live: a folder that every process sees, or an object store. Every id is checked; a name leads nowhere else.
 * Throws what the store throws when it is full or away; nothing half-written is ever seen under a report's id.
 */
export interface ReportFiles {
  /** The files of one report. */
  of(id: string): Artifacts;
  /** Streams one of a report's data files in, flushed, without ever holding it whole. `sentAs` is the name it was sent under; it may be anything. */
  keep(id: string, chunks: AsyncIterable<Uint8Array | string>, sentAs?: string): Promise<Kept>;
  /** Removes all files of a report. */
  drop(id: string): Promise<void>;
  /** Whether files can be read and written there. */
  accessible(): Promise<boolean>;
}

/** Report files in a folder. */
export function folderFiles(root: string): ReportFiles {
  return {
    of: (id) => folderArtifacts({ folder: folderOf(root, id) }),
    keep: (id, chunks, sentAs) => keepData(root, id, chunks, sentAs),
    drop: (id) => rm(folderOf(root, id), { recursive: true, force: true }),
    accessible: () =>
      access(root, constants.R_OK | constants.W_OK | constants.X_OK).then(
        () => true,
        () => false,
      ),
  };
}

async function keepData(
  root: string,
  id: string,
  chunks: AsyncIterable<Uint8Array | string>,
  sentAs = "data.csv",
): Promise<Kept> {
  const folder = path.join(folderOf(root, id), inputNames.data);
  makeFolder(folder);
  const hash = createHash("sha256");
  let bytes = 0;
  const plain = plainName(sentAs);
  const file = await open(path.join(folder, plain), "wx");
  try {
    for await (const chunk of chunks) {
      const data = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      hash.update(data);
      bytes += data.byteLength;
      await file.appendFile(data);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { name: `${inputNames.data}${plain}`, sha256: hash.digest("hex"), bytes };
}

/** A sent file's name as an artifact can have it: its last part, plain characters, not too long; `data.csv` when nothing is left. */
export function plainName(sentAs: string): string {
  const plain = (sentAs.split(/[/\\]/).at(-1) ?? "")
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(-80)
    .replace(/^[^A-Za-z0-9]+/, "");
  return plain === "" || plain.endsWith(".part") ? "data.csv" : plain;
}

function folderOf(root: string, id: string): string {
  if (!isReportId(id)) throw new TypeError("not a report id");
  return path.join(root, "reports", id);
}
