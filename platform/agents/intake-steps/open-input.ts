import type { Artifacts } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import { openCsv } from "./read-csv.ts";
import { type Encoding, headOf, plainName, type Source, unreadable } from "./source.ts";

/** Opens one data file, told apart by its content; throws `input-empty`, `input-unreadable` or `input-too-large`. */
export async function openInput(
  artifacts: Artifacts,
  name: string,
  encoding: Encoding | undefined,
): Promise<Source> {
  const head = await headOf(artifacts, name);
  if (head.length === 0) throw empty(name);
  const other = otherFormat(head);
  if (other !== undefined)
    throw unreadable(`${plainName(name)} is ${other}.`, "Save the data as CSV, JSON or XLSX.");
  if (head.subarray(0, 4).toString("latin1") === "PK\u0003\u0004") {
    const { openXlsx } = await import("./read-xlsx.ts");
    return openXlsx(artifacts, name);
  }
  const written = encoding ?? encodingOf(head);
  const text = new TextDecoder(written).decode(head).replace(/^\uFEFF/, "");
  const start = text.trimStart();
  if (start === "") throw empty(name);
  if (written !== "windows-1252" && /^[[{]/.test(start)) {
    const { openJson } = await import("./read-json.ts");
    return openJson(artifacts, name, written);
  }
  if (/^<(?:[?!a-z])/i.test(start))
    throw unreadable(`${plainName(name)} is XML or a web page.`, "Save the data as CSV, JSON or XLSX.");
  if (!written.startsWith("utf-16") && head.includes(0))
    throw unreadable(
      `${plainName(name)} is not a text file: it contains NUL bytes.`,
      "Save the sheet as CSV (UTF-8) or as .xlsx.",
    );
  return openCsv(artifacts, name, written, text);
}

function empty(name: string): CsrdError {
  return new CsrdError("input-empty", {
    summary: `${plainName(name)} is empty.`,
    hint: "Give a file with a header row and at least one row of data.",
  });
}

/** What some well-known beginnings are called; undefined for what may be data. */
function otherFormat(head: Buffer): string | undefined {
  const starts = (bytes: string): boolean => head.subarray(0, bytes.length).toString("latin1") === bytes;
  if (starts("\u00d0\u00cf\u0011\u00e0")) return "an old or encrypted Excel workbook (.xls)";
  if (starts("PAR1")) return "a Parquet file";
  if (starts("%PDF")) return "a PDF";
  if (starts("\u001f\u008b")) return "a gzip archive";
  if (starts("PK\u0005\u0006")) return "an empty archive";
  return undefined;
}

function encodingOf(head: Buffer): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  const nulAt = (parity: number): number =>
    head.subarray(0, 400).filter((byte, index) => byte === 0 && index % 2 === parity).length;
  const enough = Math.min(head.length, 400) / 4;
  if (nulAt(1) > enough) return "utf-16le";
  if (nulAt(0) > enough) return "utf-16be";
  return "utf-8";
}
