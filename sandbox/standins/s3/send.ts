import { type FileHandle, open } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { S3Answer } from "./operations.ts";
import type { StoredObject } from "./shelf.ts";

/** Sends an answer; an object is streamed from its pieces, and when it is to be `cut`, the connection breaks in its middle. */
export async function send(
  response: ServerResponse,
  answer: S3Answer,
  headers: Readonly<Record<string, string>>,
  cut: boolean,
): Promise<void> {
  const { object, body } = answer;
  if (object === undefined) {
    const bytes = Buffer.from(body ?? "");
    const length = response.req.method === "HEAD" ? {} : { "content-length": String(bytes.byteLength) };
    response.writeHead(answer.status, { ...length, ...answer.headers, ...headers });
    response.end(response.req.method === "HEAD" ? undefined : bytes);
    return;
  }
  // Opened before anything is said: a version that is replaced meanwhile is still sent whole.
  const handles = await Promise.all(object.stored.pieces.map(({ file }) => open(file, "r")));
  try {
    response.writeHead(answer.status, { ...answer.headers, ...headers });
    const end = cut ? object.from + Math.ceil((object.to - object.from) / 2) : object.to;
    const chunks = bytesOf(object.stored, handles, object.from, end);
    await pipeline(Readable.from(chunks, { objectMode: false }), response, { end: !cut });
    if (cut) response.destroy();
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}

/** The bytes from one place to another, over the pieces. */
async function* bytesOf(
  { pieces }: StoredObject,
  handles: readonly FileHandle[],
  from: number,
  to: number,
): AsyncGenerator<Buffer> {
  let start = 0;
  for (const [place, { bytes }] of pieces.entries()) {
    const handle = handles[place];
    if (handle === undefined) return;
    let at = Math.max(from - start, 0);
    const until = Math.min(to - start, bytes);
    while (at < until) {
      const buffer = Buffer.allocUnsafe(Math.min(1 << 18, until - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, at);
      if (bytesRead === 0) throw new Error("an object's piece is shorter than it was");
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    start += bytes;
  }
}
