import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import Papa from "papaparse";
import type { Artifacts } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import { type DecimalMark, markOf } from "./number.ts";

/** Bounds that keep a hostile file from taking the machine down. */
export const limits = { bytes: 100_000_000, rows: 200_000, columns: 64, cell: 5000 } as const;

/** What one look at the whole file tells before any row is judged. */
export type Survey = {
  readonly sha256: string;
  readonly bytes: number;
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";
  readonly delimiter: string;
  readonly decimalMark: DecimalMark;
};

/** Finds size, hash, encoding, delimiter and decimal mark; throws `input-empty`, `input-too-large` or `input-unreadable`. */
export async function survey(artifacts: Artifacts, name: string): Promise<Survey> {
  const hash = createHash("sha256");
  const strict = new TextDecoder("utf-8", { fatal: true });
  const head: Uint8Array[] = [];
  let [bytes, headBytes, isUtf8, hasNul] = [0, 0, true, false];
  for await (const chunk of artifacts.stream(name)) {
    bytes += chunk.length;
    if (bytes > limits.bytes) throw tooLarge(`${name} is larger than ${limits.bytes / 1_000_000} MB.`);
    hash.update(chunk);
    if (headBytes < 262_144) {
      head.push(chunk);
      headBytes += chunk.length;
    }
    hasNul ||= chunk.includes(0);
    if (isUtf8) isUtf8 = decodes(strict, chunk, true);
  }
  if (isUtf8) isUtf8 = decodes(strict, new Uint8Array(), false);
  const first = Buffer.concat(head).subarray(0, 262_144);
  const encoding = encodingOf(first, isUtf8);
  const sample = new TextDecoder(encoding).decode(first).replace(/^\uFEFF/, "");
  if (sample.trim() === "")
    throw new CsrdError("input-empty", {
      summary: `${name} is empty.`,
      hint: "Give a CSV with a header row and at least one activity.",
    });
  if (hasNul && !encoding.startsWith("utf-16"))
    throw new CsrdError("input-unreadable", {
      summary: `${name} is not a text file: it contains NUL bytes.`,
      hint: "Save the sheet as CSV (UTF-8); a workbook (.xlsx) is not read directly.",
    });
  const stated = /^sep=(.)\r?\n/i.exec(sample);
  const preview = Papa.parse<string[]>(
    (stated === null ? sample : sample.slice(stated[0].length)).replaceAll(/\r\n?/g, "\n"),
    {
      newline: "\n",
      preview: 500,
      ...(stated?.[1] === undefined
        ? { delimitersToGuess: [",", ";", "\t", "|"] }
        : { delimiter: stated[1] }),
    },
  );
  return {
    sha256: hash.digest("hex"),
    bytes,
    encoding,
    delimiter: preview.meta.delimiter,
    decimalMark: markOfColumn(preview.data),
  };
}

function decodes(decoder: InstanceType<typeof TextDecoder>, chunk: Uint8Array, stream: boolean): boolean {
  try {
    decoder.decode(chunk, { stream });
    return true;
  } catch {
    return false;
  }
}

function encodingOf(first: Uint8Array, isUtf8: boolean): Survey["encoding"] {
  if (first[0] === 0xff && first[1] === 0xfe) return "utf-16le";
  if (first[0] === 0xfe && first[1] === 0xff) return "utf-16be";
  const nulAt = (parity: number): number =>
    first.subarray(0, 400).filter((byte, index) => byte === 0 && index % 2 === parity).length;
  const enough = Math.min(first.length, 400) / 4;
  if (nulAt(1) > enough) return "utf-16le";
  if (nulAt(0) > enough) return "utf-16be";
  return isUtf8 ? "utf-8" : "windows-1252";
}

function markOfColumn([header, ...rows]: readonly (readonly string[])[]): DecimalMark {
  const at = header?.findIndex((name) => headerName(name) === "amount") ?? -1;
  if (at < 0) return "unknown";
  for (const row of rows) {
    const mark = markOf(row[at] ?? "");
    if (mark !== "unknown") return mark;
  }
  return "unknown";
}

/** A header cell as a column name: trimmed, lower case, spaces as underscores. */
export function headerName(text: string): string {
  return text
    .replace(/^\uFEFF/, "")
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");
}

/** One line of the sheet: its number (the header is row 1) and its cells, or why it could not be cut into cells. */
export type RawRow = { readonly row: number; readonly cells: readonly string[]; readonly broken?: string };

/** The rows in order, streamed; blank lines and a spreadsheet's own `sep=` line are skipped but counted. Throws `input-too-large` past the limits. */
export async function* rowsOf(
  artifacts: Artifacts,
  name: string,
  { encoding, delimiter }: Survey,
): AsyncGenerator<RawRow> {
  const decoder = new TextDecoder(encoding);
  async function* text(): AsyncGenerator<string> {
    for await (const chunk of artifacts.stream(name)) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  }
  const results = Readable.from(withPlainLineEnds(text())).pipe(
    Papa.parse(Papa.NODE_STREAM_INPUT, { delimiter, newline: "\n" }),
  );
  let row = 0;
  for await (const cells of results as AsyncIterable<string[]>) {
    row += 1;
    if (row > limits.rows + 1) throw tooLarge(`${name} has more than ${limits.rows} rows.`);
    if (cells.length > limits.columns)
      throw tooLarge(`Row ${row} of ${name} has more than ${limits.columns} columns.`);
    if (cells.some((cell) => cell.length > limits.cell)) {
      yield {
        row,
        cells: cells.map((cell) => cell.slice(0, 200)),
        broken: `a cell holds more than ${limits.cell} characters; is a quotation mark left open?`,
      };
      continue;
    }
    if (cells.every((cell) => cell.trim() === "")) continue;
    if (row === 1 && /^\uFEFF?sep=/i.test(cells[0] ?? "")) continue;
    yield { row, cells };
  }
}

/** Makes every line end a line feed, also where a file mixes them, and never hands on an empty chunk, which would end the parsing. */
async function* withPlainLineEnds(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let held = "";
  for await (const part of parts) {
    const text = held + part;
    held = text.endsWith("\r") ? "\r" : "";
    const plain = text.slice(0, text.length - held.length).replaceAll(/\r\n?/g, "\n");
    if (plain !== "") yield plain;
  }
  if (held !== "") yield "\n";
}

function tooLarge(summary: string): CsrdError {
  return new CsrdError("input-too-large", {
    summary,
    hint: "Split the file by site or by month, or aggregate it, and run again.",
  });
}
