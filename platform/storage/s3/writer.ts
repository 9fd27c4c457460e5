import { randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import type { CompletedPart } from "@aws-sdk/client-s3";
import type { ArtifactWriter } from "../../agent.ts";
import { alreadyThere } from "../report-files.ts";
import { isNoSuchKey, refusalOf, tellS3 } from "./errors.ts";
import { PartBuffer } from "./part-buffer.ts";
import type { S3Store } from "./store.ts";

/** Bytes of one part. A store takes at most 10,000 parts, so an artifact has at most 78 GiB; one writer holds two parts. */
const partBytes = 8 * 2 ** 20;

/** What is written: its key, the name people know it by, and whether an object of that key may be replaced. */
type Written = { readonly key: string; readonly name: string; readonly onlyNew: boolean };

/**
 * Writes one object. Up to a part's size it is one PUT, above it a multipart upload; either way it appears whole, when `close` returns.
 * Each part and the whole are checked by the store against a CRC-32. Every upload carries a mark of its own, so that a
 * repeated call that finds its work already done (its first answer was lost) knows that it was its own.
 */
export class S3Writer implements ArtifactWriter {
  readonly #store: S3Store;
  readonly #what: Written;
  readonly #mark = randomUUID();
  #filling = new PartBuffer(partBytes);
  #sending = new PartBuffer(partBytes);
  #underWay: Promise<void> = Promise.resolve();
  #upload: string | undefined;
  #parts: CompletedPart[] = [];
  #crc = 0;
  #bytes = 0;
  #isOver = false;

  constructor(store: S3Store, what: Written) {
    this.#store = store;
    this.#what = what;
  }

  async write(piece: Uint8Array | string): Promise<void> {
    if (this.#isOver) throw new TypeError("the artifact is already closed");
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    this.#crc = crc32(bytes, this.#crc);
    this.#bytes += bytes.byteLength;
    for (let offset = 0; offset < bytes.byteLength; ) {
      if (this.#filling.isFull) await this.#sendPart().catch(tellS3);
      offset += this.#filling.add(bytes, offset);
    }
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    await (this.#upload === undefined ? this.#put() : this.#complete()).catch(tellS3);
    this.#isOver = true;
  }

  async abort(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#underWay.catch(() => undefined);
    const upload = this.#upload;
    if (upload === undefined) return;
    const { sdk, client } = await this.#store.open();
    const input = { Bucket: this.#store.place.bucket, Key: this.#what.key, UploadId: upload };
    // A store that is away keeps the parts until the report is dropped or the bucket's lifecycle rule ends the upload; readers never see them.
    await client.send(new sdk.AbortMultipartUploadCommand(input), this.#store.soon).catch(() => undefined);
  }

  /** Sends what was collected and goes on collecting; at most one part is under way. */
  async #sendPart(): Promise<void> {
    await this.#underWay;
    const upload = (this.#upload ??= await this.#begin());
    [this.#filling, this.#sending] = [this.#sending, this.#filling];
    this.#filling.clear();
    this.#underWay = this.#send(upload, this.#sending.content());
    // Whoever writes or closes next is told; until then a failure is nobody's.
    this.#underWay.catch(() => undefined);
  }

  async #begin(): Promise<string> {
    const { sdk, client } = await this.#store.open();
    const begun = await client.send(
      new sdk.CreateMultipartUploadCommand({
        ...this.#store.target,
        Key: this.#what.key,
        Metadata: { "csrd-write": this.#mark },
        ChecksumAlgorithm: "CRC32",
        ChecksumType: "FULL_OBJECT",
      }),
      this.#store.soon,
    );
    if (begun.UploadId === undefined) throw new TypeError("the store began an upload without an id");
    return begun.UploadId;
  }

  async #send(upload: string, content: Buffer): Promise<void> {
    const { sdk, client } = await this.#store.open();
    const [PartNumber, ChecksumCRC32] = [this.#parts.length + 1, base64(crc32(content))];
    const sent = await client.send(
      new sdk.UploadPartCommand({
        Bucket: this.#store.place.bucket,
        Key: this.#what.key,
        UploadId: upload,
        PartNumber,
        Body: content,
        ChecksumCRC32,
      }),
    );
    this.#parts.push({ PartNumber, ChecksumCRC32, ...(sent.ETag === undefined ? {} : { ETag: sent.ETag }) });
  }

  async #put(): Promise<void> {
    const { sdk, client } = await this.#store.open();
    const command = () =>
      new sdk.PutObjectCommand({
        ...this.#store.target,
        Key: this.#what.key,
        Body: this.#filling.content(),
        ChecksumCRC32: base64(this.#crc),
        Metadata: { "csrd-write": this.#mark },
        ...(this.#what.onlyNew ? { IfNoneMatch: "*" } : {}),
      });
    await client
      .send(command())
      .catch((error: unknown) => {
        // Somebody else wrote the same key in this moment; now it is known who was first.
        if (refusalOf(error).name !== "ConditionalRequestConflict") throw error;
        return client.send(command());
      })
      .catch((error: unknown) => this.#unlessMine(error));
  }

  async #complete(): Promise<void> {
    await this.#sendPart();
    await this.#underWay;
    const { sdk, client } = await this.#store.open();
    await client
      .send(
        new sdk.CompleteMultipartUploadCommand({
          Bucket: this.#store.place.bucket,
          Key: this.#what.key,
          UploadId: this.#upload,
          MultipartUpload: { Parts: this.#parts },
          ChecksumCRC32: base64(this.#crc),
          ChecksumType: "FULL_OBJECT",
          MpuObjectSize: this.#bytes,
          ...(this.#what.onlyNew ? { IfNoneMatch: "*" } : {}),
        }),
      )
      .catch((error: unknown) => this.#unlessMine(error));
  }

  /** A name that is taken, or an upload that is gone, is what a repeated call finds when the first one succeeded and only its answer was lost. */
  async #unlessMine(error: unknown): Promise<void> {
    const { name, status } = refusalOf(error);
    const isTaken = name === "PreconditionFailed" || status === 412;
    if (!isTaken && name !== "NoSuchUpload") throw error;
    const found = await this.#head();
    if (found?.["csrd-write"] === this.#mark) return;
    if (isTaken && this.#what.onlyNew) alreadyThere(this.#what.name, error);
    throw error;
  }

  /** The marks of the object that has our key; undefined when there is none. */
  async #head(): Promise<Readonly<Record<string, string>> | undefined> {
    const { sdk, client } = await this.#store.open();
    const input = { Bucket: this.#store.place.bucket, Key: this.#what.key };
    try {
      return (await client.send(new sdk.HeadObjectCommand(input), this.#store.soon)).Metadata;
    } catch (error) {
      if (isNoSuchKey(error)) return undefined;
      throw error;
    }
  }
}

function base64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
}
