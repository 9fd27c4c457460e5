import { createHash, randomInt } from "node:crypto";
import { access, constants, mkdir, open, rm } from "node:fs/promises";
import path from "node:path";
import type { Artifacts } from "../agent.ts";
import { folderArtifacts } from "../pipeline/folder-artifacts.ts";

/** Names of the two files a report is made from. */
export const inputNames = { data: "input.csv", company: "company.json" } as const;

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

/** The files of one report under the artifacts folder. */
export function reportArtifacts(root: string, id: string): Artifacts {
  if (!isReportId(id)) throw new TypeError("not a report id");
  return folderArtifacts({ folder: folderOf(root, id) });
}

/** What was kept of an upload. */
export type Kept = { readonly sha256: string; readonly bytes: number };

/** Streams a report's data to disk, flushed, without ever holding it whole. */
export async function keepData(
  root: string,
  id: string,
  chunks: AsyncIterable<Uint8Array | string>,
): Promise<Kept> {
  const folder = folderOf(root, id);
  await mkdir(folder, { recursive: true });
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await open(path.join(folder, inputNames.data), "wx");
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
  return { sha256: hash.digest("hex"), bytes };
}

/** Removes the files of a report that was not accepted. */
export async function dropReport(root: string, id: string): Promise<void> {
  if (isReportId(id)) await rm(folderOf(root, id), { recursive: true, force: true });
}

/** Whether files can be read and written under the artifacts folder. */
export async function filesAccessible(root: string): Promise<boolean> {
  return access(root, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

function folderOf(root: string, id: string): string {
  return path.join(root, "reports", id);
}
