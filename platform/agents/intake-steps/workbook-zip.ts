import type { Readable } from "node:stream";
import { type Entry, fromBuffer, type ZipFile } from "yauzl";
import type { Artifacts } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import { counted, limits, plainName, type Source, tooLarge, unreadable } from "./source.ts";

const mostEntries = 2000;
/** A part that unpacks to more than so many times its size is made to; sheets of real data reach about fifty. */
const mostTimes = 250;

/** A workbook's parts, opened one at a time. */
export type Workbook = {
  readonly names: readonly string[];
  /** The bytes of a part; undefined when there is none of this name. `most` is how many bytes it may unpack to. */
  part(name: string, most: number): Promise<Readable | undefined>;
  readonly seal: Source["seal"];
  close(): void;
};

/** Opens a workbook's archive and refuses what a plain workbook never has: macros, passwords, parts that unpack to far more than they should. */
export async function openWorkbook(artifacts: Artifacts, name: string): Promise<Workbook> {
  const { bytes, seal } = counted(artifacts, name);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes()) {
    size += chunk.length;
    if (size > limits.workbook)
      throw tooLarge(`${plainName(name)} is larger than ${limits.workbook / 1e6} MB.`);
    chunks.push(chunk);
  }
  const broken = (error: unknown): CsrdError =>
    unreadable(
      `${plainName(name)} is not a whole workbook.`,
      "The file was not written or copied to its end; save it again.",
      error,
    );
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(Buffer.concat(chunks), { lazyEntries: true, validateEntrySizes: true }, (error, opened) => {
      if (error !== null) reject(broken(error));
      else resolve(opened);
    });
  });
  const entries = await entriesOf(zip, name, broken);
  return {
    names: [...entries.keys()],
    seal,
    close: () => zip.close(),
    part(part, most) {
      const entry = entries.get(part);
      if (entry === undefined) return Promise.resolve(undefined);
      if (entry.uncompressedSize > most)
        throw bomb(name, `${part} unpacks to ${Math.round(entry.uncompressedSize / 1e6)} MB`);
      return new Promise((resolve, reject) => {
        zip.openReadStream(entry, (error, stream) => {
          if (error !== null) reject(broken(error));
          else resolve(stream);
        });
      });
    },
  };
}

async function entriesOf(
  zip: ZipFile,
  name: string,
  broken: (error: unknown) => CsrdError,
): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  let unpacked = 0;
  if (zip.entryCount > mostEntries) throw bomb(name, `it has ${zip.entryCount} parts`);
  await new Promise<void>((resolve, reject) => {
    zip.on("error", (error) => reject(broken(error)));
    zip.on("end", resolve);
    zip.on("entry", (entry: Entry) => {
      const { fileName, uncompressedSize, compressedSize } = entry;
      unpacked += uncompressedSize;
      if (/vbaProject|\/macrosheets\/|\/activeX\//i.test(fileName))
        reject(unsafe(name, "holds macros", "Save it as .xlsx without macros."));
      else if ((entry.generalPurposeBitFlag & 1) !== 0)
        reject(unsafe(name, "is encrypted", "Save it without a password."));
      else if (unpacked > limits.unpacked) reject(bomb(name, "it unpacks to more than 2 GB"));
      else if (uncompressedSize > 1_000_000 && uncompressedSize > compressedSize * mostTimes)
        reject(
          bomb(
            name,
            `${fileName.slice(0, 60)} unpacks to ${Math.round(uncompressedSize / Math.max(1, compressedSize))} times its size`,
          ),
        );
      else {
        entries.set(fileName, entry);
        zip.readEntry();
      }
    });
    zip.readEntry();
  });
  return entries;
}

const bomb = (name: string, why: string): CsrdError =>
  unsafe(name, `does not unpack like a workbook: ${why}`, "Save the sheet anew, or as CSV.");

/** The refusal of a workbook that could do harm. */
export function unsafe(name: string, what: string, hint: string): CsrdError {
  return new CsrdError("input-unsafe", { summary: `${plainName(name)} ${what}.`, hint });
}
