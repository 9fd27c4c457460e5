import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { unchunked } from "./chunked.ts";
import { invalid } from "./refusal.ts";

/** A body on disk, and what its bytes are. */
export type Blob = {
  readonly file: string;
  readonly bytes: number;
  readonly md5: string;
  /** Base64 of the four bytes, as S3 writes it. */
  readonly crc32: string;
};

/** Trailers that follow a chunked body. */
type Trailers = Map<string, string>;

/** Streams a request's body into a new file and refuses it when it is not what its headers, its trailer or its signature promise. */
export async function takeBody(request: IncomingMessage, folder: string): Promise<Blob> {
  const file = path.join(folder, randomUUID());
  const [md5, sha256] = [createHash("md5"), createHash("sha256")];
  let [bytes, crc] = [0, 0];
  const trailers: Trailers = new Map();
  try {
    await pipeline(
      contentOf(request, trailers),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          md5.update(chunk);
          sha256.update(chunk);
          crc = crc32(chunk, crc);
          bytes += chunk.byteLength;
          yield chunk;
        }
      },
      createWriteStream(file, { flags: "wx" }),
    );
    const digest = sha256.digest();
    const blob = { file, bytes, md5: md5.digest("hex"), crc32: base64Crc(crc) };
    promised(request.headers, trailers, blob, digest);
    return blob;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

/** The whole of a small body, checked in the same way. */
export async function takeText(request: IncomingMessage, headers = request.headers): Promise<string> {
  const pieces: Buffer[] = [];
  const trailers: Trailers = new Map();
  let bytes = 0;
  for await (const piece of contentOf(request, trailers)) {
    bytes += piece.byteLength;
    if (bytes > 2 * 2 ** 20) throw invalid("The XML you provided was too long.", "MalformedXML");
    pieces.push(piece);
  }
  const whole = Buffer.concat(pieces);
  const blob = {
    file: "",
    bytes,
    md5: createHash("md5").update(whole).digest("hex"),
    crc32: base64Crc(crc32(whole)),
  };
  promised(headers, trailers, blob, createHash("sha256").update(whole).digest());
  return whole.toString("utf8");
}

/** A CRC-32 as S3 writes it. */
export function base64Crc(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
}

function contentOf(request: IncomingMessage, trailers: Trailers): AsyncIterable<Buffer> {
  const payload = String(request.headers["x-amz-content-sha256"] ?? "");
  if (payload === "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return unchunked(request, trailers);
  if (payload.startsWith("STREAMING-"))
    throw invalid("Signed chunks are not taken here.", "NotImplemented", 501);
  return request;
}

function promised(headers: IncomingHttpHeaders, trailers: Trailers, blob: Blob, sha256: Buffer): void {
  const payload = String(headers["x-amz-content-sha256"]);
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === "string" ? value : trailers.get(name);
  };
  const length = headers["x-amz-decoded-content-length"] ?? headers["content-length"];
  if (length !== undefined && Number(length) !== blob.bytes)
    throw invalid("You did not provide the number of bytes specified.", "IncompleteBody");
  if (/^[0-9a-f]{64}$/.test(payload) && payload !== sha256.toString("hex"))
    throw invalid(
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      "XAmzContentSHA256Mismatch",
    );
  const announced = headers["x-amz-trailer"];
  if (typeof announced === "string" && !trailers.has(announced))
    throw invalid(`The trailer ${announced} is missing.`, "MalformedTrailerError");
  const md5 = header("content-md5");
  if (md5 !== undefined && md5 !== Buffer.from(blob.md5, "hex").toString("base64"))
    throw invalid("The Content-MD5 you specified did not match what we received.", "BadDigest");
  const checks: Readonly<Record<string, string>> = {
    "x-amz-checksum-crc32": blob.crc32,
    "x-amz-checksum-sha256": sha256.toString("base64"),
  };
  for (const [name, is] of Object.entries(checks)) {
    const says = header(name);
    if (says !== undefined && says !== is)
      throw invalid(
        `The ${name.slice(15)} you specified did not match the calculated checksum.`,
        "BadDigest",
      );
  }
}
