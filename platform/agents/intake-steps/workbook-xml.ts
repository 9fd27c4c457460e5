import { SaxesParser, type SaxesTagPlain } from "saxes";
import { CsrdError } from "../../errors.ts";
import { plainName, unreadable } from "./source.ts";
import { unsafe } from "./workbook-zip.ts";

/** What to do with a part's XML as it streams by. Names come without their prefix. */
export type XmlHandler = {
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  text?(text: string): void;
  close?(name: string): void;
};

const longest = 1 << 20;

/** Reads XML from a stream, yielding the bytes read so far after every piece, so that the caller can hand on what came together. A document type, and so every entity of one's own, is refused. */
export async function* readXml(
  stream: AsyncIterable<Uint8Array>,
  workbook: string,
  part: string,
  handler: XmlHandler,
): AsyncGenerator<number, void, undefined> {
  const parser = new SaxesParser({ xmlns: false });
  const local = (name: string): string => name.slice(name.indexOf(":") + 1);
  parser.on("doctype", () => {
    throw unsafe(workbook, `declares a document type in ${part}`, "Save the sheet anew, or as CSV.");
  });
  parser.on("error", (error) => {
    throw unreadable(
      `${plainName(workbook)} is not a whole workbook: ${part} is not XML.`,
      "The file was not written to its end; save it again.",
      error,
    );
  });
  let [fed, marked] = [0, 0];
  parser.on("opentag", ({ name, attributes }: SaxesTagPlain) => {
    marked = fed;
    handler.open?.(local(name), attributes);
  });
  const text = (some: string): void => {
    marked = fed;
    handler.text?.(some);
  };
  parser.on("text", text);
  parser.on("cdata", text);
  parser.on("closetag", ({ name }) => handler.close?.(local(name)));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of stream) {
      fed += chunk.length;
      parser.write(decoder.decode(chunk, { stream: true }));
      if (fed - marked > longest)
        throw unsafe(workbook, `has a piece of text that is too long in ${part}`, "Shorten it.");
      yield fed;
    }
    parser.write(decoder.decode());
    parser.close();
  } catch (error) {
    if (CsrdError.is(error)) throw error;
    throw unreadable(
      `${plainName(workbook)} is not a whole workbook: ${part} cannot be read.`,
      "The file was not written to its end; save it again.",
      error,
    );
  }
  yield fed;
}

/** Reads a small part to its end; answers how many bytes it had. */
export async function readWhole(
  stream: AsyncIterable<Uint8Array>,
  workbook: string,
  part: string,
  handler: XmlHandler,
): Promise<number> {
  let bytes = 0;
  for await (const read of readXml(stream, workbook, part, handler)) bytes = read;
  return bytes;
}
