import { invalid } from "./refusal.ts";

/** Longest line between chunks that makes sense: a length in hex, or one trailer. */
const longestLine = 1_024;

/** Undoes `aws-chunked`: chunks with their length in hex before them, an empty one at the end, then trailers, which are put into `trailers`. */
export async function* unchunked(
  wire: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let state: "length" | "data" | "data-end" | "trailer" | "over" = "length";
  let left = 0;
  const line = (): string | undefined => {
    const end = rest.indexOf("\r\n");
    if (end < 0) {
      if (rest.byteLength > longestLine) throw malformed();
      return undefined;
    }
    const text = rest.subarray(0, end).toString("latin1");
    rest = rest.subarray(end + 2);
    return text;
  };
  for await (const piece of wire) {
    rest = rest.byteLength === 0 ? piece : Buffer.concat([rest, piece]);
    for (let moved = true; moved && rest.byteLength > 0; ) {
      moved = false;
      if (state === "data") {
        const chunk = rest.subarray(0, left);
        rest = rest.subarray(chunk.byteLength);
        left -= chunk.byteLength;
        if (left === 0) state = "data-end";
        moved = true;
        yield chunk;
        continue;
      }
      const text = line();
      if (text === undefined) continue;
      moved = true;
      if (state === "length") {
        if (!/^[0-9a-f]{1,8}$/i.test(text)) throw malformed();
        left = Number.parseInt(text, 16);
        state = left === 0 ? "trailer" : "data";
      } else if (state === "data-end") {
        if (text !== "") throw malformed();
        state = "length";
      } else if (state === "trailer") {
        if (text === "") state = "over";
        else {
          const colon = text.indexOf(":");
          if (colon < 1) throw malformed();
          trailers.set(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim());
        }
      } else throw malformed();
    }
  }
  if (state !== "over") throw invalid("The request body ended in the middle of a chunk.", "IncompleteBody");
}

function malformed() {
  return invalid("The chunked body is not as it must be.", "InvalidChunkSizeError");
}
