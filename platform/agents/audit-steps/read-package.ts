import type { WrittenPackage } from "#rules/compliance-subject.ts";
import type { Artifacts } from "../../agent.ts";
import { files } from "../documents.ts";

/** A package that is there and cannot be opened. */
const broken: WrittenPackage = { paths: [], texts: {}, sameReport: false };
const smallFile = 64 * 1024;
const mostFiles = 1000;

/** What the report package holds, or undefined when there is none. Only small files are unpacked, and a report of the size of the one that was judged. */
export async function readPackage(
  artifacts: Artifacts,
  xhtml: Uint8Array,
): Promise<WrittenPackage | undefined> {
  if (!(await artifacts.exists(files.package))) return undefined;
  const { fromBufferPromise } = await import("yauzl");
  const paths: string[] = [];
  const texts: Record<string, string> = {};
  let sameReport = false;
  try {
    const zip = await fromBufferPromise(Buffer.from(await artifacts.read(files.package)), {
      lazyEntries: true,
      validateEntrySizes: true,
    });
    if (zip.entryCount > mostFiles) return broken;
    for await (const entry of zip.eachEntry()) {
      const { fileName, uncompressedSize } = entry;
      if (!fileName.endsWith("/")) paths.push(fileName);
      const bytes = async (): Promise<Uint8Array> => {
        const pieces: Uint8Array[] = [];
        for await (const piece of await zip.openReadStreamPromise(entry)) pieces.push(piece);
        return Buffer.concat(pieces);
      };
      if (/\/reports\/[^/]+\.xhtml$/.test(fileName) && uncompressedSize === xhtml.byteLength)
        sameReport = Buffer.compare(await bytes(), xhtml) === 0;
      if (fileName.endsWith(".json") && uncompressedSize <= smallFile)
        texts[fileName] = new TextDecoder().decode(await bytes());
    }
  } catch {
    return broken;
  }
  return { paths, texts, sameReport };
}
