import { SaxesParser } from "saxes";
import { invalid } from "./refusal.ts";
import type { NamedPart } from "./shelf.ts";

/** The texts of a small XML body's elements, by the names on the way to them, in order. */
function textsOf(body: string, root: string): readonly { readonly path: string; readonly text: string }[] {
  const parser = new SaxesParser();
  const names: string[] = [];
  const found: { path: string; text: string }[] = [];
  let text = "";
  parser.on("error", () => {
    throw malformed();
  });
  parser.on("doctype", () => {
    throw malformed();
  });
  parser.on("opentag", ({ name }) => {
    names.push(name);
    text = "";
  });
  parser.on("text", (piece) => {
    text += piece;
  });
  parser.on("closetag", () => {
    found.push({ path: names.join("/"), text });
    names.pop();
    text = "";
  });
  parser.write(body).close();
  if (found.at(-1)?.path !== root) throw malformed();
  return found;
}

/** The parts that `CompleteMultipartUpload` names. */
export function readParts(body: string): readonly NamedPart[] {
  const parts: NamedPart[] = [];
  let [number, etag, crc32]: [number, string, string | undefined] = [0, "", undefined];
  for (const { path, text } of textsOf(body, "CompleteMultipartUpload")) {
    if (path.endsWith("/Part/PartNumber")) number = Number(text);
    if (path.endsWith("/Part/ETag")) etag = text;
    if (path.endsWith("/Part/ChecksumCRC32")) crc32 = text;
    if (!path.endsWith("/Part")) continue;
    if (etag === "" || !Number.isInteger(number)) throw malformed();
    parts.push({ number, etag, crc32 });
    [number, etag, crc32] = [0, "", undefined];
  }
  return parts;
}

/** The keys that `DeleteObjects` names; a thousand at most. */
export function readKeys(body: string): { readonly keys: readonly string[]; readonly quiet: boolean } {
  const texts = textsOf(body, "Delete");
  const keys = texts.filter(({ path }) => path === "Delete/Object/Key").map(({ text }) => text);
  if (keys.length === 0 || keys.length > 1_000) throw malformed();
  return { keys, quiet: texts.some(({ path, text }) => path === "Delete/Quiet" && text === "true") };
}

function malformed() {
  return invalid("The XML you provided was not well-formed or did not validate.", "MalformedXML");
}
