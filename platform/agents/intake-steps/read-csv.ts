import { isUtf8 } from "node:buffer";
import Papa from "papaparse";
import type { Artifacts } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import { cut } from "./block.ts";
import { unusual, unusualButTab } from "./characters.ts";
import { commonMark } from "./number.ts";
import {
  type Batch,
  type ByteBatch,
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
    rows: (asBytes = false) =>
      new CsvRows(name, delimiter, headerRow, header).read(bytes(), encoding, asBytes),
  };
}

/** Turns bytes into text, piece by piece and strictly: UTF-8 that is none throws `OtherEncoding`. The mark that begins a file is dropped. */
class Decoding {
  readonly #other: InstanceType<typeof TextDecoder> | undefined;
  #held = Buffer.alloc(0);
  #first = true;

  constructor(encoding: Encoding) {
    this.#other = encoding === "utf-8" ? undefined : new TextDecoder(encoding, { ignoreBOM: true });
  }

  /** Whether every byte given so far has become text. */
  get even(): boolean {
    return this.#other === undefined && this.#held.length === 0;
  }

  take(chunk: Buffer): string {
    if (this.#other !== undefined) return this.#begin(this.#other.decode(chunk, { stream: true }));
    const all = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const whole = wholeCharacters(all);
    const cut = all.subarray(0, whole);
    if (!isUtf8(cut)) throw new OtherEncoding();
    this.#held = Buffer.from(all.subarray(whole));
    return this.#begin(cut.toString("utf8"));
  }

  end(): string {
    if (this.#held.length > 0) throw new OtherEncoding();
    return this.#other === undefined ? "" : this.#begin(this.#other.decode());
  }

  #begin(text: string): string {
    const first = this.#first;
    if (text !== "") this.#first = false;
    return first && text.startsWith("\uFEFF") ? text.slice(1) : text;
  }
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

/** The rows of one file, from its bytes. */
class CsvRows {
  readonly #name: string;
  readonly #delimiter: string;
  readonly #headerRow: number;
  readonly #header: readonly string[];
  readonly #special: RegExp;
  readonly #textColumn: number;
  readonly #places = new Int32Array(block * 4);
  #row = 0;
  #rest = "";
  #last = false;

  constructor(name: string, delimiter: string, headerRow: number, header: readonly string[]) {
    this.#name = name;
    this.#delimiter = delimiter;
    this.#headerRow = headerRow;
    this.#header = header;
    this.#special = delimiter === "\t" ? unusualButTab : unusual;
    this.#textColumn = header.indexOf("value");
  }

  async *read(
    bytes: AsyncIterable<Uint8Array>,
    encoding: Encoding,
    asBytes: boolean,
  ): AsyncGenerator<Batch | ByteBatch> {
    const decoding = new Decoding(encoding);
    const useBytes = asBytes && encoding === "utf-8" && this.#header.length > 1;
    let held = "";
    // How many bytes of a row that is not whole yet wait at the start of `desk`; undefined while rows are read as text.
    let waiting: number | undefined;
    let desk: Buffer = Buffer.alloc(0);
    for await (const some of bytes) {
      let chunk = Buffer.from(some.buffer, some.byteOffset, some.length);
      if (useBytes && waiting === undefined && held === "" && this.#row >= this.#headerRow && decoding.even) {
        const rest = this.#restAsBytes();
        waiting = rest?.length;
        if (rest !== undefined) desk = roomFor(desk, rest, rest.length + chunk.length);
      }
      if (waiting !== undefined) {
        desk = roomFor(desk, desk.subarray(0, waiting), waiting + chunk.length);
        chunk.copy(desk, waiting);
        chunk = desk.subarray(0, waiting + chunk.length);
        const batch = this.#cut(chunk);
        if (batch !== undefined) {
          if (batch.block.rows > 0) yield batch;
          desk.copyWithin(0, batch.end, chunk.length);
          waiting = chunk.length - batch.end;
          this.#bounded(waiting, 0);
          continue;
        }
        waiting = undefined;
      }
      const joined = held + decoding.take(chunk);
      held = joined.endsWith("\r") ? "\r" : "";
      const lines = held === "" ? joined : joined.slice(0, -1);
      this.#rest += lines.includes("\r") ? lines.replaceAll(/\r\n?/g, "\n") : lines;
      if (this.#rest.length < block) continue;
      const batch = this.#take();
      if (batch !== undefined) yield batch;
    }
    if (waiting !== undefined) held = decoding.take(desk.subarray(0, waiting));
    this.#rest += `${held}${decoding.end()}`.replaceAll(/\r\n?/g, "\n");
    this.#last = true;
    const batch = this.#take();
    if (batch !== undefined) yield batch;
  }

  /** What is left of the text as bytes, so that the next piece is read as bytes; undefined when it needs care. */
  #restAsBytes(): Buffer | undefined {
    if (this.#special.test(this.#rest)) return undefined;
    const bytes = Buffer.from(this.#rest);
    this.#rest = "";
    return bytes;
  }

  #cut(chunk: Buffer): (ByteBatch & { readonly end: number }) | undefined {
    if (chunk.length + this.#header.length + 3 > this.#places.length) return undefined;
    const found = cut(chunk, this.#delimiter, this.#header.length, this.#places);
    if (found === undefined) return undefined;
    if (found.block.wide && !isUtf8(chunk.subarray(0, found.end))) throw new OtherEncoding();
    const first = this.#row + 1;
    this.#row += found.block.rows;
    this.#counted();
    return { ...found, first };
  }

  #take(): Batch | undefined {
    const input = this.#rest;
    const { data, meta }: Cut = new Papa.Parser({ delimiter: this.#delimiter, newline: "\n" }).parse(
      input,
      0,
      !this.#last,
    );
    this.#rest = this.#last ? "" : input.slice(meta.cursor);
    this.#bounded(this.#rest.length, data.length);
    // A file that ends with a line feed ends with an empty row.
    if (this.#last && data.at(-1)?.length === 1 && data.at(-1)?.[0] === "") data.pop();
    const first = this.#row + 1;
    this.#row += data.length;
    this.#counted();
    const skip = Math.max(0, Math.min(data.length, this.#headerRow - first + 1));
    const rows = skip === 0 ? data : data.slice(skip);
    if (rows.length === 0) return undefined;
    const isCut = this.#last && !input.endsWith("\n") && (rows.at(-1)?.length ?? 0) < this.#header.length;
    return {
      rows,
      first: first + skip,
      plain: !this.#special.test(input),
      ...broken(rows, this.#header.length, this.#textColumn, isCut),
    };
  }

  /** Refuses a row that does not end. */
  #bounded(length: number, rows: number): void {
    if (length > limits.record)
      throw tooLarge(
        `Row ${this.#row + rows + 1} of ${plainName(this.#name)} is longer than ${limits.record.toLocaleString("en")} characters; is a quotation mark left open?`,
      );
  }

  #counted(): void {
    if (this.#row > limits.rows)
      throw tooLarge(`${plainName(this.#name)} has more than ${limits.rows.toLocaleString("en")} rows.`);
  }
}

/** A buffer with room for so many bytes that begins with these. */
function roomFor(desk: Buffer, start: Buffer, bytes: number): Buffer {
  if (desk.length >= bytes) {
    if (start.buffer !== desk.buffer) start.copy(desk);
    return desk;
  }
  const wider = Buffer.alloc(Math.max(bytes, block * 2));
  start.copy(wider);
  return wider;
}

/** What is wrong with the cells of a row, if anything. */
export function wrongCells(cells: readonly string[], columns: number, text: number): string | undefined {
  for (let at = 0; at < cells.length; at += 1) {
    const most = at === text ? limits.text : limits.cell;
    if ((cells[at]?.length ?? 0) > most)
      return `a cell holds more than ${most} characters; is a quotation mark left open?`;
  }
  if (cells.length > columns && cells.slice(columns).some((cell) => cell.trim() !== ""))
    return `the row has ${cells.length} cells, the header ${columns}.`;
  return undefined;
}

/** Rows with too many cells, rows with a cell that is too long, and a last row that `isCut`, by their place. */
function broken(
  rows: readonly (readonly string[])[],
  columns: number,
  text: number,
  isCut: boolean,
): { readonly broken?: ReadonlyMap<number, string> } {
  let found: Map<number, string> | undefined;
  for (let place = 0; place < rows.length; place += 1) {
    const cells = rows[place] ?? [];
    let why = wrongCells(cells, columns, text);
    if (isCut && place === rows.length - 1 && cells.length > 1)
      why = `the file ends in the middle of the row, after ${cells.length} of ${columns} cells; was it written to its end?`;
    if (why !== undefined) (found ??= new Map()).set(place, why);
  }
  return found === undefined ? {} : { broken: found };
}
