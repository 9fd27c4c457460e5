import { createHash, randomUUID } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { base64Crc, type Blob } from "./body.ts";
import { invalid, noSuchUpload, preconditionFailed } from "./refusal.ts";

const Piece = z.object({ file: z.string(), bytes: z.int() });
const StoredObject = z.object({
  key: z.string(),
  pieces: z.array(Piece).readonly(),
  bytes: z.int(),
  etag: z.string(),
  crc32: z.string().optional(),
  metadata: z.record(z.string(), z.string()),
  encryption: z.string().optional(),
  at: z.int(),
});
/** An object as it lies in the folder: its pieces in order. */
export type StoredObject = Readonly<z.infer<typeof StoredObject>>;

/** What is said of an object when it is written. */
export type Labels = Pick<StoredObject, "metadata" | "encryption">;

type Part = Blob & { readonly number: number };
/** A multipart upload that has begun. */
export type Upload = {
  readonly id: string;
  readonly key: string;
  readonly labels: Labels;
  readonly fullChecksum: boolean;
  readonly at: number;
  readonly parts: Map<number, Part>;
};

/** One part as the completing call names it. */
export type NamedPart = {
  readonly number: number;
  readonly etag: string;
  readonly crc32: string | undefined;
};

/** Smallest part that is not the last. */
const leastPart = 5 * 2 ** 20;

/** Objects in a folder. What a call changes is visible to the next call at once, and never in part; objects outlive the process. */
export class Shelf {
  readonly #dir: string;
  readonly #objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Upload>();

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(path.join(dir, "labels"), { recursive: true });
    // What was only being uploaded when the process ended is gone with it.
    rmSync(this.incoming, { recursive: true, force: true });
    mkdirSync(this.incoming, { recursive: true });
    mkdirSync(path.join(dir, "blobs"), { recursive: true });
    for (const name of readdirSync(path.join(dir, "labels")).filter((name) => !name.endsWith(".next"))) {
      const object = StoredObject.parse(JSON.parse(readFileSync(path.join(dir, "labels", name), "utf8")));
      this.#objects.set(object.key, object);
    }
  }

  /** Where bodies arrive. */
  get incoming(): string {
    return path.join(this.#dir, "incoming");
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** Keys in the order of their UTF-8 bytes. */
  keys(): readonly string[] {
    return [...this.#objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  put(key: string, blob: Blob, labels: Labels, onlyNew: boolean): StoredObject {
    if (onlyNew && this.#objects.has(key)) {
      rmSync(blob.file, { force: true });
      throw preconditionFailed();
    }
    return this.#commit({ key, etag: `"${blob.md5}"`, crc32: blob.crc32, ...labels }, [
      { file: blob.file, bytes: blob.bytes },
    ]);
  }

  remove(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    rmSync(this.#labelOf(key), { force: true });
    for (const { file } of object.pieces) rmSync(file, { force: true });
  }

  begin(key: string, labels: Labels, fullChecksum: boolean): Upload {
    const upload = { id: randomUUID(), key, labels, fullChecksum, at: Date.now(), parts: new Map() };
    this.uploads.set(upload.id, upload);
    return upload;
  }

  upload(id: string, key: string): Upload {
    const upload = this.uploads.get(id);
    if (upload === undefined || upload.key !== key) throw noSuchUpload();
    return upload;
  }

  addPart({ parts }: Upload, number: number, blob: Blob): void {
    const before = parts.get(number);
    parts.set(number, { ...blob, number });
    if (before !== undefined) rmSync(before.file, { force: true });
  }

  abort(upload: Upload): void {
    this.uploads.delete(upload.id);
    for (const { file } of upload.parts.values()) rmSync(file, { force: true });
  }

  async complete(
    upload: Upload,
    named: readonly NamedPart[],
    promised: { readonly crc32: string | undefined; readonly bytes: number | undefined },
    onlyNew: boolean,
  ): Promise<StoredObject> {
    if (named.some(({ number }, place) => place > 0 && number <= (named[place - 1]?.number ?? 0)))
      throw invalid("The list of parts was not in ascending order.", "InvalidPartOrder");
    const parts = named.map((wanted, place) => {
      const part = upload.parts.get(wanted.number);
      if (part === undefined || wanted.etag.replaceAll('"', "") !== part.md5)
        throw invalid("One or more of the specified parts could not be found.", "InvalidPart");
      if (wanted.crc32 !== undefined && wanted.crc32 !== part.crc32)
        throw invalid("A part's checksum is another one than when it was sent.", "InvalidPart");
      if (part.bytes < leastPart && place < named.length - 1)
        throw invalid("Your proposed upload is smaller than the minimum allowed size", "EntityTooSmall");
      return part;
    });
    if (parts.length === 0) throw invalid("You must specify at least one part", "MalformedXML");
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    if (promised.bytes !== undefined && promised.bytes !== bytes)
      throw invalid("The provided x-amz-mp-object-size does not match what was uploaded.");
    const crc = await crcOf(parts);
    if (promised.crc32 !== undefined && promised.crc32 !== crc)
      throw invalid("The crc32 you specified did not match the calculated checksum.", "BadDigest");
    if (!this.uploads.has(upload.id)) throw noSuchUpload();
    if (onlyNew && this.#objects.has(upload.key)) throw preconditionFailed();
    const md5 = createHash("md5");
    for (const part of parts) md5.update(Buffer.from(part.md5, "hex"));
    const stored = this.#commit(
      {
        key: upload.key,
        etag: `"${md5.digest("hex")}-${parts.length}"`,
        ...(upload.fullChecksum ? { crc32: crc } : {}),
        ...upload.labels,
      },
      parts.map(({ file, bytes }) => ({ file, bytes })),
    );
    this.uploads.delete(upload.id);
    const used = new Set(named.map(({ number }) => number));
    for (const part of upload.parts.values())
      if (!used.has(part.number)) await rm(part.file, { force: true });
    return stored;
  }

  #commit(
    head: Omit<StoredObject, "pieces" | "bytes" | "at">,
    arrived: StoredObject["pieces"],
  ): StoredObject {
    const before = this.#objects.get(head.key);
    const pieces = arrived.map(({ file, bytes }) => {
      const place = path.join(this.#dir, "blobs", path.basename(file));
      renameSync(file, place);
      return { file: place, bytes };
    });
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    const object: StoredObject = { ...head, pieces, bytes, at: Date.now() };
    const label = this.#labelOf(head.key);
    writeFileSync(`${label}.next`, JSON.stringify(object));
    renameSync(`${label}.next`, label);
    this.#objects.set(head.key, object);
    // Whoever reads the version before goes on reading it: an open file outlives its name.
    for (const { file } of before?.pieces ?? []) rmSync(file, { force: true });
    return object;
  }

  #labelOf(key: string): string {
    return path.join(this.#dir, "labels", createHash("sha256").update(key).digest("hex"));
  }
}

async function crcOf(parts: readonly Part[]): Promise<string> {
  let crc = 0;
  for (const { file } of parts) {
    const chunks: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: 1 << 20 });
    for await (const chunk of chunks) crc = crc32(chunk, crc);
  }
  return base64Crc(crc);
}
