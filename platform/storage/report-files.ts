import { createHash, randomInt, randomUUID } from "node:crypto";
import {
  access,
  constants,
  type FileHandle,
  link,
  open,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import type { Artifacts } from "../agent.ts";
import { CsrdError } from "../errors.ts";
import { folderArtifacts, syncFolder } from "../pipeline/folder-artifacts.ts";
import { vendorCode } from "../service/error-facts.ts";
import { tellDisk, tellingArtifacts } from "./disk-errors.ts";
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
 * Throws `storage-full`, `files-unreachable` or `files-refused` when the store is; nothing half-written is ever seen under a report's id.
 */
export interface ReportFiles {
  /** The files of one report. */
  of(id: string): Artifacts;
  /** What the platform's processes note of themselves, apart from all reports, such as `intake.json`. */
  readonly notes: Artifacts;
  /**
   * Streams one of a report's data files in, flushed, without ever holding it whole. `sentAs` is the name it was sent under; it may be anything.
   * Throws `artifact-exists` when there is one of that name; what was there stays. Seen by readers only once it is whole.
   */
  keep(id: string, chunks: AsyncIterable<Uint8Array | string>, sentAs?: string): Promise<Kept>;
  /** Marks a report whose upload begins, so that what a crash leaves behind is found. */
  begin(id: string): Promise<void>;
  /** Takes that mark away: the report is in the database now. */
  accepted(id: string): Promise<void>;
  /** Ids that were marked longer ago than this and are still marked: to be dropped, unless the database knows them. */
  unaccepted(olderThanMs: number): AsyncIterable<string>;
  /** Removes all files of a report and its mark, also what was begun and never finished. */
  drop(id: string): Promise<void>;
  /** Whether files can be read and written there; answers within two seconds and may remember its answer for some seconds. */
  accessible(): Promise<boolean>;
}

/** Report files in a folder. */
export function folderFiles(root: string): ReportFiles {
  return {
    of: (id) => tellingArtifacts(folderArtifacts({ folder: folderOf(root, id), drafts: draftsOf(root, id) })),
    notes: tellingArtifacts(
      folderArtifacts({
        folder: path.join(root, "agents"),
        drafts: path.join(root, "drafts", "agents"),
        flushed: "later",
      }),
    ),
    keep: (id, chunks, sentAs) => keepData(root, id, chunks, sentAs),
    begin: async (id) => {
      const mark = markOf(root, id);
      try {
        makeFolder(path.dirname(mark));
        await writeFile(mark, "");
      } catch (error) {
        tellDisk(error);
      }
    },
    accepted: (id) => rm(markOf(root, id), { force: true }).catch(tellDisk),
    unaccepted: (olderThanMs) => markedIn(root, olderThanMs),
    drop: async (id) => {
      await rm(folderOf(root, id), { recursive: true, force: true }).catch(tellDisk);
      await rm(markOf(root, id), { force: true }).catch(tellDisk);
      await removeDrafts(root, (name) => name.startsWith(`${id}.`)).catch(tellDisk);
    },
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
  const plain = plainName(sentAs);
  const name = `${inputNames.data}${plain}`;
  const [place, draft] = [path.join(folder, plain), `${draftsOf(root, id)}.${randomUUID()}.part`];
  const file = await beginDraft(folder, draft).catch(tellDisk);
  try {
    const hash = createHash("sha256");
    let bytes = 0;
    try {
      for await (const chunk of chunks) {
        const data = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
        hash.update(data);
        bytes += data.byteLength;
        await file.writeFile(data).catch(tellDisk);
      }
      await file.sync().catch(tellDisk);
    } finally {
      await file.close();
    }
    await publishNew(draft, place).catch((error: unknown) =>
      vendorCode(error) === "EEXIST" ? alreadyThere(name, error) : tellDisk(error),
    );
    await syncFolder(folder);
    return { name, sha256: hash.digest("hex"), bytes };
  } finally {
    await rm(draft, { force: true });
  }
}

async function beginDraft(folder: string, draft: string): Promise<FileHandle> {
  makeFolder(folder);
  makeFolder(path.dirname(draft));
  return open(draft, "wx");
}

/** Gives a finished draft its name, unless something has that name. A link is refused when the name is taken; a rename would replace it. */
async function publishNew(draft: string, place: string): Promise<void> {
  await link(draft, place).catch((error: unknown) => {
    // File systems without links: the name is taken first, and an empty file stands there for a moment.
    if (!/^(EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS|EMLINK)$/.test(vendorCode(error) ?? "")) throw error;
    return open(place, "wx")
      .then((taken) => taken.close())
      .then(() => rename(draft, place));
  });
}

/** What a store says when a name is taken; it never returns. */
export function alreadyThere(name: string, cause?: unknown): never {
  throw new CsrdError("artifact-exists", {
    summary: `The report already has a file ${name}.`,
    hint: "Give each data file a name of its own; what was there first was left as it is.",
    cause,
  });
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

/** How the paths of a report's unfinished files begin: apart from the report, so that whoever looks into its folder sees finished files only. */
function draftsOf(root: string, id: string): string {
  return path.join(root, "drafts", id);
}

/** Removes drafts that nobody has written to for a day: their processes were killed. */
export async function sweepDrafts(root: string): Promise<void> {
  const dayAgo = Date.now() - 86_400_000;
  await removeDrafts(root, (_, changedAt) => changedAt < dayAgo);
}

async function removeDrafts(
  root: string,
  which: (name: string, changedAt: number) => boolean,
): Promise<void> {
  const folder = path.join(root, "drafts");
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (vendorCode(error) === "ENOENT") return [];
    throw error;
  });
  for (const name of names) {
    const draft = path.join(folder, name);
    const found = await stat(draft).catch(() => undefined);
    if (found !== undefined && which(name, found.mtimeMs)) await rm(draft, { force: true });
  }
}

async function* markedIn(root: string, olderThanMs: number): AsyncGenerator<string> {
  const folder = path.join(root, "uploading");
  const names = await readdir(folder).catch((error: unknown) =>
    vendorCode(error) === "ENOENT" ? [] : tellDisk(error),
  );
  for (const name of names.filter(isReportId)) {
    const mark = await stat(path.join(folder, name)).catch(() => undefined);
    if (mark !== undefined && Date.now() - mark.mtimeMs > olderThanMs) yield name;
  }
}

function markOf(root: string, id: string): string {
  if (!isReportId(id)) throw new TypeError("not a report id");
  return path.join(root, "uploading", id);
}

function folderOf(root: string, id: string): string {
  if (!isReportId(id)) throw new TypeError("not a report id");
  return path.join(root, "reports", id);
}
