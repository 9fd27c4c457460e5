import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { Artifacts, ArtifactWriter } from "../agent.ts";
import { CsrdError } from "../errors.ts";
import { makeFolder } from "#kit/make-folder.ts";

/** Where a report's files lie: a folder for what is written, and, optionally, other paths from which named inputs are read. */
export type FolderPlace = {
  readonly folder: string;
  /** Input artifact name to the path it is read from; these are never written. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Begins the paths of unfinished files, on the same disk; beside the finished ones when left out. */
  readonly drafts?: string;
  /** `later`: whoever moves the files to their place sees to it that they are on disk by then. */
  readonly flushed?: "at once" | "later";
};

const nameShape = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** True for what can name an artifact: relative, forward, plain characters. */
export function isArtifactName(name: string): boolean {
  return name.length <= 200 && nameShape.test(name);
}

/** Throws `artifact-unsafe` unless the name is relative, forward, and made of plain characters; for every kind of artifact store. */
export function safeArtifactName(name: string): string {
  if (isArtifactName(name)) return name;
  throw new CsrdError("artifact-unsafe", {
    summary: `${JSON.stringify(name.slice(0, 80))} cannot name a report file.`,
    hint: "Use letters, digits, dot, dash and underscore, in folders separated by /, starting with a letter or digit.",
  });
}

/** Keeps a report's files in a folder; each write is flushed, unless that is done later, and renamed into place, so a reader never sees half a file. */
export function folderArtifacts({
  folder,
  inputs = {},
  drafts,
  flushed = "at once",
}: FolderPlace): Artifacts {
  const pathOf = (name: string): string => inputs[safeArtifactName(name)] ?? join(folder, ...name.split("/"));
  const draft = async (name: string): Promise<ArtifactWriter> => {
    if (Object.hasOwn(inputs, name))
      throw new CsrdError("artifact-unsafe", {
        summary: `${name} is an input and is never written.`,
        hint: "Write under another name.",
      });
    const path = join(folder, ...safeArtifactName(name).split("/"));
    makeFolder(dirname(path));
    if (drafts !== undefined) makeFolder(dirname(drafts));
    return draftOf(path, `${drafts ?? path}.${randomUUID()}.part`, flushed === "at once");
  };
  return {
    async read(name) {
      return readFile(pathOf(name)).catch((cause: unknown) => missing(name, cause));
    },
    async *stream(name, range) {
      try {
        const part = range === undefined ? {} : { start: range.from, end: range.to };
        const options = { highWaterMark: 1 << 18, ...part };
        const chunks: AsyncIterable<Uint8Array> = createReadStream(pathOf(name), options);
        for await (const chunk of chunks) yield chunk;
      } catch (cause) {
        missing(name, cause);
      }
    },
    async size(name) {
      const found = await stat(pathOf(name)).catch((cause: unknown) => missing(name, cause));
      return found.isDirectory() ? absent(name) : found.size;
    },
    async exists(name) {
      return stat(pathOf(name)).then(
        (found) => !found.isDirectory(),
        (error: unknown) => {
          if (!isAbsent(error)) throw error;
          return false;
        },
      );
    },
    async write(name, content) {
      const writer = await draft(name);
      try {
        await writer.write(content);
        await writer.close();
      } catch (error) {
        await writer.abort();
        throw error;
      }
    },
    writer: draft,
    async list() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
        (error: unknown) => {
          if (!isAbsent(error)) throw error;
          return [];
        },
      );
      const written = entries
        .filter((entry) => entry.isFile() && !entry.name.endsWith(".part"))
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .filter((name) => !name.startsWith(".") && !name.includes("/."));
      return [...new Set([...Object.keys(inputs), ...written])].toSorted();
    },
  };
}

/** A file that will become the one at `path`. */
async function draftOf(path: string, draft: string, flush: boolean): Promise<ArtifactWriter> {
  const file = await open(draft, "wx");
  let isOpen = true;
  return {
    async write(piece) {
      await file.writeFile(piece);
    },
    async close() {
      if (flush) await file.sync();
      await file.close();
      isOpen = false;
      await rename(draft, path);
      if (flush) await syncFolder(dirname(path));
    },
    async abort() {
      if (isOpen) await file.close();
      isOpen = false;
      await rm(draft, { force: true });
    },
  };
}

/** Puts a folder's names on disk, so that a power cut does not take back a rename. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}

function isAbsent(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "EISDIR" || code === "ENOTDIR";
}

function missing(name: string, cause: unknown): never {
  if (isAbsent(cause)) return absent(name, cause);
  throw cause;
}

/** Throws `artifact-missing`; for every kind of artifact store. */
export function absent(name: string, cause?: unknown): never {
  throw new CsrdError("artifact-missing", {
    summary: `The report has no file ${name}.`,
    hint: "Run the stage that writes it first, or name the right folder.",
    cause,
  });
}
