import { isAscii, isUtf8 } from "node:buffer";
import Papa from "papaparse";
import type { Artifacts } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import { unusual, unusualButTab } from "./characters.ts";
import { commonMark } from "./number.ts";
import {
  type Batch,
  counted,
  type Encoding,
  headerName,
  limits,
  OtherEncoding,
  plainName,
  type Source,
  tooLarge,
} from "./source.ts";

/** Columns that hold the figures, by which the decimal mark is told. */
const figures: ReadonlySet<string> = new Set(["value", "amount", "own_factor", "market_factor"]);

/** Opens a delimited text file; `head` is its decoded beginning. */
export function openCsv(artifacts: Artifacts, name: string, encoding: Encoding, head: string): Source {
  const stated = /^sep=(.)\r?\n/i.exec(head);
  const preview = Papa.parse<string[]>(
    (stated === null ? head : head.slice(stated[0].length)).replaceAll(/\r\n?/g, "\n"),
    {
      newline: "\n",
      preview: 500,
      ...(stated?.[1] === undefined
        ? { delimitersToGuess: [",", ";", "\t", "|"] }
        : { delimiter: stated[1] }),
    },
  );
  const { delimiter } = preview.meta;
  const at = preview.data.findIndex((cells) => cells.some((cell) => cell.trim() !== ""));
  const cells = preview.data[at] ?? [];
  const headerRow = at + 1 + (stated === null ? 0 : 1);
  if (cells.length > limits.columns)
    throw tooLarge(
      `Row ${headerRow} of ${plainName(name)} has more than ${limits.columns} columns, or its delimiter is not , ; tab or |.`,
    );
  if (cells.some((cell) => cell.length > limits.cell))
    throw tooLarge(
      `Row ${headerRow} of ${plainName(name)} has a column name of more than ${limits.cell} characters.`,
    );
  const header = cells.map(headerName);
  const twice = header.find((column, index) => column !== "" && header.indexOf(column) !== index);
  if (twice !== undefined)
    throw new CsrdError("column-duplicate", {
      summary: `Row ${headerRow}: the column ${JSON.stringify(twice.slice(0, 40))} occurs twice.`,
      hint: "Remove or rename one of them.",
    });
  const marked = header.flatMap((column, index) => (figures.has(column) ? [index] : []));
  const { bytes, seal } = counted(artifacts, name);
  return {
    name,
    format: "csv",
    encoding,
    delimiter,
    decimalMark: commonMark(
      preview.data.slice(at + 1).flatMap((row) => marked.map((index) => row[index] ?? "")),
    ),
    header,
    notes: [],
    seal,
    rows: () => {
      const tab = delimiter === "\t";
      const text = decoded(bytes(), encoding, tab ? unusualButTab : unusual, tab);
      return rowsOf(name, text, tab ? unusualButTab : unusual, delimiter, headerRow, header);
    },
  };
}

/** A piece of text, and whether it is free of what needs cleaning or quoting. */
type Piece = { readonly text: string; readonly plain: boolean };

/** The text of a byte stream, decoded strictly: UTF-8 that is none throws `OtherEncoding`. */
async function* decoded(
  bytes: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  special: RegExp,
  tab: boolean,
): AsyncGenerator<Piece> {
  let first = true;
  const piece = (whole: string, plain?: boolean): Piece => {
    const text = first && whole.startsWith("\uFEFF") ? whole.slice(1) : whole;
    if (whole !== "") first = false;
    return { text, plain: plain ?? !special.test(text) };
  };
  if (encoding !== "utf-8") {
    const decoder = new TextDecoder(encoding, { ignoreBOM: true });
    for await (const chunk of bytes) yield piece(decoder.decode(chunk, { stream: true }));
    yield piece(decoder.decode());
    return;
  }
  let held = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const all =
      held.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
        : Buffer.concat([held, chunk]);
    if (isAscii(all)) {
      held = Buffer.alloc(0);
      yield piece(all.toString("latin1"), isQuiet(all, tab));
      continue;
    }
    const whole = wholeCharacters(all);
    const cut = all.subarray(0, whole);
    if (!isUtf8(cut)) throw new OtherEncoding();
    held = Buffer.from(all.subarray(whole));
    yield piece(cut.toString("utf8"));
  }
  if (held.length > 0) throw new OtherEncoding();
}

/** Whether ASCII bytes hold no quotation mark, backslash or control character but line ends; carriage returns become line feeds before anything is cut. */
function isQuiet(bytes: Uint8Array, tab: boolean): boolean {
  const { length } = bytes;
  for (let at = 0; at < length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte > 34 && byte !== 92 && byte !== 127) continue;
    if (byte === 32 || byte === 33 || byte === 10 || byte === 13 || (byte === 9 && tab)) continue;
    return false;
  }
  return true;
}

/** How many of the bytes make whole UTF-8 characters, at most three fewer than there are. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte < 0xc0) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needs > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** What is parsed at once; papaparse hands back as many whole rows as there are. */
const block = 131_072;

/** What the parser hands back: whole rows, and how far they go. */
type Cut = { readonly data: string[][]; readonly meta: { readonly cursor: number } };

async function* rowsOf(
  name: string,
  text: AsyncIterable<Piece>,
  special: RegExp,
  delimiter: string,
  headerRow: number,
  header: readonly string[],
): AsyncGenerator<Batch> {
  const parser = { delimiter, newline: "\n" } as const;
  const textColumn = header.indexOf("value");
  let [row, rest, held] = [0, "", ""];
  let [last, plain] = [false, true];
  const take = (input: string): Batch | undefined => {
    const { data, meta }: Cut = new Papa.Parser(parser).parse(input, 0, !last);
    rest = last ? "" : input.slice(meta.cursor);
    if (rest.length > limits.record)
      throw tooLarge(
        `Row ${row + data.length + 1} of ${plainName(name)} is longer than ${limits.record.toLocaleString("en")} characters; is a quotation mark left open?`,
      );
    // A file that ends with a line feed ends with an empty row.
    if (last && data.at(-1)?.length === 1 && data.at(-1)?.[0] === "") data.pop();
    const first = row + 1;
    row += data.length;
    if (row > limits.rows)
      throw tooLarge(`${plainName(name)} has more than ${limits.rows.toLocaleString("en")} rows.`);
    const skip = Math.max(0, Math.min(data.length, headerRow - first + 1));
    const rows = skip === 0 ? data : data.slice(skip);
    if (rows.length === 0) return undefined;
    const cut = last && !input.endsWith("\n") && (rows.at(-1)?.length ?? 0) < header.length;
    return { rows, first: first + skip, plain, ...broken(rows, header.length, textColumn, cut) };
  };
  for await (const part of text) {
    const joined = held + part.text;
    plain &&= part.plain;
    held = joined.endsWith("\r") ? "\r" : "";
    const lines = held === "" ? joined : joined.slice(0, -1);
    rest += lines.includes("\r") ? lines.replaceAll(/\r\n?/g, "\n") : lines;
    if (rest.length < block) continue;
    const batch = take(rest);
    if (batch !== undefined) yield batch;
    // What is left over may hold what was not plain.
    plain ||= rest === "";
    if (!plain) plain = !special.test(rest);
  }
  last = true;
  const batch = take(held === "" ? rest : `${rest}\n`);
  if (batch !== undefined) yield batch;
}

/** Rows with too many cells, rows with a cell that is too long, and a last row that is `cut`, by their place. */
function broken(
  rows: readonly (readonly string[])[],
  columns: number,
  text: number,
  cut: boolean,
): { readonly broken?: ReadonlyMap<number, string> } {
  let found: Map<number, string> | undefined;
  for (let place = 0; place < rows.length; place += 1) {
    const cells = rows[place] ?? [];
    let why: string | undefined;
    if (cells.length > columns && cells.slice(columns).some((cell) => cell.trim() !== ""))
      why = `the row has ${cells.length} cells, the header ${columns}.`;
    for (let at = 0; at < cells.length; at += 1)
      if ((cells[at]?.length ?? 0) > (at === text ? limits.text : limits.cell))
        why = `a cell holds more than ${at === text ? limits.text : limits.cell} characters; is a quotation mark left open?`;
    if (cut && place === rows.length - 1 && cells.length > 1)
      why = `the file ends in the middle of the row, after ${cells.length} of ${columns} cells; was it written to its end?`;
    if (why !== undefined) (found ??= new Map()).set(place, why);
  }
  return found === undefined ? {} : { broken: found };
}
