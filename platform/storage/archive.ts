import { createHash } from "node:crypto";
import { z } from "zod";
import type { Artifacts } from "../agent.ts";
import { CsrdError } from "../errors.ts";
import type { ReportFiles } from "./report-files.ts";

/** Name of the list of an archived report's files; it is written last, so an archive without it is not finished. */
export const archiveManifestName = "archive-manifest.json";

const ArchivedFile = z.strictObject({
  name: z.string(),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const Manifest = z.strictObject({
  report: z.string(),
  archivedAt: z.iso.datetime(),
  files: z.array(ArchivedFile).min(1).readonly(),
});

/** What an archive holds of one report: every file with its length and SHA-256, and when the last of them was there. */
export type ArchiveManifest = Readonly<z.infer<typeof Manifest>>;
type ArchivedFile = Readonly<z.infer<typeof ArchivedFile>>;

/**
 * Copies all files of a report into another store, reads each copy back, compares SHA-256, and writes the manifest last.
 * Never deletes; after a crash it may simply be called again: what is there and the same is not copied twice.
 * A report whose files are gone from the source but whose archive is whole counts as archived.
 * Throws `artifact-missing` when there is nothing to archive, `artifact-damaged` when a copy is not what was copied.
 */
export async function archiveReport(
  from: ReportFiles,
  to: ReportFiles,
  id: string,
  now: () => Date = () => new Date(),
): Promise<ArchiveManifest> {
  const [source, target] = [from.of(id), to.of(id)];
  const names = (await source.list()).filter((name) => name !== archiveManifestName);
  const earlier = await readArchiveManifest(to, id);
  if (names.length === 0) {
    if (earlier !== undefined) return verified(target, earlier);
    throw new CsrdError("artifact-missing", {
      summary: `The report ${id} has no files to archive.`,
      hint: "Look at the store that CSRD_ARTIFACTS_DIR or CSRD_FILES_URL names; nothing was archived or removed.",
    });
  }
  const there = new Set(await target.list());
  const files: ArchivedFile[] = [];
  for (const name of names.toSorted()) files.push(await copied(source, target, name, there.has(name)));
  if (earlier !== undefined && JSON.stringify(earlier.files) === JSON.stringify(files)) return earlier;
  const manifest: ArchiveManifest = { report: id, archivedAt: now().toISOString(), files };
  await target.write(archiveManifestName, `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}

/** The manifest of an archived report, or undefined when it was never archived to the end. Throws `artifact-damaged` when it cannot be read. */
async function readArchiveManifest(archive: ReportFiles, id: string): Promise<ArchiveManifest | undefined> {
  const artifacts = archive.of(id);
  if (!(await artifacts.exists(archiveManifestName))) return undefined;
  const text = Buffer.from(await artifacts.read(archiveManifestName)).toString("utf8");
  try {
    const manifest = Manifest.parse(JSON.parse(text));
    if (manifest.report === id) return manifest;
  } catch (cause) {
    throw damaged(archiveManifestName, cause);
  }
  throw damaged(archiveManifestName);
}

/** Reads a whole archive again; gives its manifest when every file is what the manifest says, else throws `artifact-damaged` or `artifact-missing`. */
export async function verifyArchive(archive: ReportFiles, id: string): Promise<ArchiveManifest> {
  const manifest = await readArchiveManifest(archive, id);
  if (manifest !== undefined) return verified(archive.of(id), manifest);
  throw new CsrdError("artifact-missing", {
    summary: `The report ${id} is not in the archive.`,
    hint: "It was never archived, or not to its end; archive it again while its files are still there.",
  });
}

async function verified(target: Artifacts, manifest: ArchiveManifest): Promise<ArchiveManifest> {
  for (const file of manifest.files) {
    const { bytes, sha256 } = await digest(target.stream(file.name));
    if (bytes !== file.bytes || sha256 !== file.sha256) throw damaged(file.name);
  }
  return manifest;
}

async function copied(
  source: Artifacts,
  target: Artifacts,
  name: string,
  isThere: boolean,
): Promise<ArchivedFile> {
  if (isThere) {
    const original = await digest(source.stream(name));
    if ((await digest(target.stream(name))).sha256 === original.sha256) return { name, ...original };
  }
  const writer = await target.writer(name);
  let original: Digest;
  try {
    original = await digest(source.stream(name), (chunk) => writer.write(chunk));
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  const copy = await digest(target.stream(name));
  if (copy.bytes !== original.bytes || copy.sha256 !== original.sha256) throw damaged(name);
  return { name, ...original };
}

type Digest = { readonly bytes: number; readonly sha256: string };

async function digest(
  chunks: AsyncIterable<Uint8Array>,
  also?: (chunk: Uint8Array) => Promise<void>,
): Promise<Digest> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    await also?.(chunk);
  }
  return { bytes, sha256: hash.digest("hex") };
}

function damaged(name: string, cause?: unknown): CsrdError {
  return new CsrdError("artifact-damaged", {
    summary: `The stored copy of ${name} is not what was written.`,
    hint: "Nothing was removed; look at the store, then do the same again.",
    cause,
  });
}
