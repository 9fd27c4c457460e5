import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Artifacts } from "../agent.ts";
import { CsrdError } from "../errors.ts";
import { folderArtifacts } from "../pipeline/folder-artifacts.ts";
import { overlay } from "../pipeline/overlay.ts";
import { makeFolder } from "#kit/make-folder.ts";

/** What a piece of work reads and where its results will stand. */
export type Place = {
  /** The folder in which results appear. */
  readonly folder: string;
  /** A folder of earlier results to read from; the same folder, another one, or none. */
  readonly earlier?: string;
  /** Artifact name to the path it is read from. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Artifact name to a text that is in no file. */
  readonly texts?: Readonly<Record<string, string>>;
};

/** Work whose results nobody sees before all of it is done. */
export type Staged = {
  readonly artifacts: Artifacts;
  /** Moves what was written into place, those that `keep` refuses left out, and removes the named results of earlier work that were not written again. Returns what was moved. */
  publish(replaced: readonly string[], keep?: (name: string) => boolean): Promise<readonly string[]>;
  /** Throws away what was written, and the folder where it did not exist before. */
  discard(): Promise<void>;
};

const shape = /^\.csrd-(\d+)-[0-9a-f]{8}$/;

/** Opens a place for results: they are written into a hidden folder inside it first, so that a run that is refused, stopped or killed publishes nothing. Throws `folder-unwritable`. */
export async function stagedArtifacts({ folder, earlier, inputs = {}, texts = {} }: Place): Promise<Staged> {
  const target = resolve(folder);
  const hidden = join(target, `.csrd-${process.pid}-${randomUUID().slice(0, 8)}`);
  const made = await (async () => makeFolder(target))()
    .then(async (first) => {
      await sweep(target);
      await mkdir(hidden);
      return first;
    })
    .catch((cause: unknown) => {
      throw unwritable(folder, cause);
    });
  const written = folderArtifacts({ folder: hidden, inputs, flushed: "later" });
  const artifacts =
    earlier === undefined ? written : layered(written, folderArtifacts({ folder: resolve(earlier) }));
  const discard = async (): Promise<void> => {
    await rm(hidden, { recursive: true, force: true });
    if (made !== undefined) await removeEmpty(target, made);
  };
  return {
    artifacts: overlay(artifacts, texts),
    discard,
    async publish(replaced, keep = () => true) {
      const names = (await folderArtifacts({ folder: hidden }).list()).filter(keep);
      try {
        await Promise.all(names.map((name) => flush(join(hidden, name))));
        for (const name of names) {
          makeFolder(dirname(join(target, name)));
          await rename(join(hidden, name), join(target, name));
        }
        for (const name of replaced) if (!names.includes(name)) await rm(join(target, name), { force: true });
      } catch (cause) {
        throw unwritable(folder, cause);
      }
      await rm(hidden, { recursive: true, force: true });
      return names;
    },
  };
}

/** What is renamed must be on disk first, or a power cut leaves a name without a content. */
async function flush(path: string): Promise<void> {
  const file = await open(path, "r");
  await file.sync().finally(() => file.close());
}

/** What is written lies over what was there before. */
function layered(over: Artifacts, under: Artifacts): Artifacts {
  const of = async (name: string): Promise<Artifacts> => ((await over.exists(name)) ? over : under);
  return {
    read: async (name) => (await of(name)).read(name),
    async *stream(name) {
      yield* (await of(name)).stream(name);
    },
    exists: async (name) => (await over.exists(name)) || under.exists(name),
    write: (name, content) => over.write(name, content),
    writer: (name) => over.writer(name),
    list: async () => {
      const before = (await under.list()).filter((name) => !name.startsWith("."));
      return [...new Set([...before, ...(await over.list())])].toSorted();
    },
  };
}

/** Removes what a killed run left behind; one that still runs keeps its own. */
async function sweep(target: string): Promise<void> {
  for (const name of await readdir(target)) {
    const pid = Number(shape.exec(name)?.[1] ?? 0);
    if (pid > 0 && !isAlive(pid)) await rm(join(target, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** Removes folders from `target` up to the first one that was made, as long as they are empty. */
async function removeEmpty(target: string, first: string): Promise<void> {
  for (let at = target; at.startsWith(first); at = dirname(at)) {
    const gone = await rmdir(at).then(
      () => true,
      () => false,
    );
    if (!gone || at === first) return;
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "it may not be written to",
  EPERM: "it may not be written to",
  EROFS: "its file system is read-only",
  ENOSPC: "its disk is full",
  EDQUOT: "the quota is used up",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "it is a file",
  ENOENT: "a folder above it refuses new folders",
  ENAMETOOLONG: "the name is too long",
};

function unwritable(folder: string, cause: unknown): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (CsrdError.is(cause) || code === "") return cause;
  return new CsrdError("folder-unwritable", {
    summary: `The report cannot be written to ${folder}: ${reasons[code] ?? code}.`,
    hint: "Name a folder with -o that you may write to, with room left. Nothing was published.",
    cause,
  });
}
