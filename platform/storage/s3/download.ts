import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ByteRange } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import { refusalOf, tellS3 } from "./errors.ts";
import type { S3Store } from "./store.ts";

/** A store that sends nothing for this long has stopped; the time in which the reader does not ask for more does not count. */
const silenceMs = 20_000;
/** How often a broken download is gone on with, until it has moved on by as much as a part. */
const attempts = 5;

/**
 * The bytes of one object in order. A connection that breaks is gone on with where it broke, and only while the object is the same one,
 * so a reader sees one whole version or an error. Where the store knows a CRC-32 of the whole, it is compared at the end.
 */
export async function* download(
  store: S3Store,
  key: string,
  name: string,
  range?: ByteRange,
): AsyncGenerator<Uint8Array> {
  const from = range?.from ?? 0;
  let [at, crc, failures, since] = [from, 0, 0, from];
  let first: First | undefined;
  for (;;) {
    const wanted = { etag: first?.etag, at, to: first === undefined ? range?.to : first.end - 1 };
    const answer = await ask(store, key, wanted).catch((error: unknown) => {
      if (first !== undefined && refusalOf(error).status === 412) throw changed(name, error);
      throw error;
    });
    first ??= { etag: answer.ETag, end: from + (answer.ContentLength ?? 0), crc: wholeCrc(answer) };
    const body = answer.Body;
    if (!(body instanceof Readable)) throw new TypeError("the SDK gave no stream");
    let broken: unknown;
    try {
      for await (const chunk of heard(body)) {
        crc = crc32(chunk, crc);
        at += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      broken = error;
    } finally {
      body.destroy();
    }
    if (at >= first.end) break;
    if (at - since > 8 * 2 ** 20) [failures, since] = [0, at];
    failures += 1;
    if (failures >= attempts)
      tellS3(broken ?? Object.assign(new Error("ended early"), { code: "ECONNRESET" }));
    await pause(100 * 2 ** failures);
  }
  if (
    range === undefined &&
    first.crc !== undefined &&
    Buffer.from(first.crc, "base64").readUInt32BE() !== crc
  )
    throw new CsrdError("artifact-damaged", {
      summary: `The stored copy of ${name} is not what was written.`,
      hint: "Take it from the archive or a backup, and look at the store.",
    });
}

/** What the first answer said of the object: which version it is, where what is wanted ends, its CRC-32 where there is one. */
type First = { readonly etag: string | undefined; readonly end: number; readonly crc: string | undefined };

type Wanted = {
  readonly etag: string | undefined;
  readonly at: number;
  readonly to: number | undefined;
};

async function ask(store: S3Store, key: string, { etag, at, to }: Wanted) {
  const { sdk, client } = await store.open();
  return client.send(
    new sdk.GetObjectCommand({
      Bucket: store.place.bucket,
      Key: key,
      ...(etag === undefined ? {} : { IfMatch: etag }),
      ...(at === 0 && to === undefined ? { ChecksumMode: "ENABLED" } : { Range: `bytes=${at}-${to ?? ""}` }),
    }),
    { requestTimeout: silenceMs },
  );
}

/** The CRC-32 of the whole object; one put together from its parts' is another kind and says nothing about the bytes in order. */
function wholeCrc({ ChecksumCRC32, ChecksumType }: GetObjectCommandOutput): string | undefined {
  return ChecksumType === "COMPOSITE" || ChecksumCRC32?.includes("-") === true ? undefined : ChecksumCRC32;
}

/** The chunks of a stream that ends with an error when nothing comes for too long. */
async function* heard(body: Readable): AsyncGenerator<Uint8Array> {
  const late = () => body.destroy(Object.assign(new Error("nothing came in time"), { code: "ETIMEDOUT" }));
  let timer = setTimeout(late, silenceMs);
  try {
    const chunks: AsyncIterable<Uint8Array> = body;
    for await (const chunk of chunks) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(late, silenceMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

function changed(name: string, cause: unknown): CsrdError {
  return new CsrdError("files-unreachable", {
    summary: `${name} was replaced while it was read, after the connection to the store broke.`,
    hint: "Do the same again; nothing was lost.",
    cause,
  });
}
