import type { Block } from "./block.ts";
import type { DatapointRow, DatapointRows, RowKind } from "./datapoint-rows.ts";
import { shifted } from "./decimal-text.ts";
import type { Lines } from "./lines.ts";
import { Fingerprint } from "./seen.ts";

/** Columns that make the kind of a row: rows that agree in them differ only in figure, place and provenance. */
const kindColumns = [
  "metric_code",
  "unit",
  "period_start",
  "period_end",
  "data_quality",
  "verification_status",
  "dimensions",
  "breakdown",
];
const mostKinds = 65_536;
/** The most bytes that a line takes beside the cells of its row. */
const around = 4096;

/** A kind of rows as it was met, ready to be written. */
type Known = {
  readonly kind: RowKind;
  /** The cells of `kindColumns` as written, each with a line feed behind it. */
  readonly key: Uint8Array;
  /** A line from the row's number to its figure. */
  readonly head: Uint8Array;
  /** From the figure to the place, for a figure that is written as it was given. */
  readonly middle: Uint8Array;
  /** From a figure that was converted to the figure as given, and from there to the place. */
  readonly converted: Uint8Array;
  readonly givenMiddle: Uint8Array;
  readonly filled: number;
};

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const words = {
  location: bytesOf(',"location":"'),
  subsidiary: bytesOf(',"subsidiary":"'),
  source: bytesOf(',"source_document":"'),
  method: bytesOf(',"calculation_method":"'),
  notes: bytesOf(',"notes":"'),
} as const;
const quote = 34;
const tens = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/**
 * Reads rows from bytes, without making texts of their cells, once a row of their kind has been judged as text. It accepts only what needs no
 * second look; every other row is left to `DatapointRows`, so that both ways judge and write alike.
 */
export class DatapointBytes {
  readonly #rows: DatapointRows;
  readonly #row: DatapointRow;
  readonly #lines: Lines;
  readonly #start: Uint8Array;
  readonly #kindAt: readonly number[];
  /** Those of them that count as filled or not; dimensions and breakdown do not. */
  readonly #judgedAt: readonly number[];
  readonly #value: number;
  readonly #location: number;
  readonly #subsidiary: number;
  readonly #source: number;
  readonly #method: number;
  readonly #notes: number;
  readonly #print = new Fingerprint();
  readonly #known: Known[] = [];
  readonly #table = new Int32Array(mostKinds * 2);
  #met: { readonly block: Block; readonly place: number } | undefined;
  // Where the cell looked at last begins and ends.
  #from = 0;
  #to = 0;
  // The figure looked at last: its size, and whether it could be read.
  #amount = 0;

  constructor(rows: DatapointRows, row: DatapointRow, header: readonly string[], lines: Lines) {
    this.#rows = rows;
    this.#row = row;
    this.#lines = lines;
    this.#start = bytesOf(row.start);
    this.#kindAt = kindColumns.map((name) => header.indexOf(name)).filter((at) => at >= 0);
    this.#judgedAt = kindColumns
      .slice(0, 6)
      .map((name) => header.indexOf(name))
      .filter((at) => at >= 0);
    this.#value = header.indexOf("value");
    this.#location = header.indexOf("location");
    this.#subsidiary = header.indexOf("subsidiary_id");
    this.#source = header.indexOf("source_document");
    this.#method = header.indexOf("calculation_method");
    this.#notes = header.indexOf("notes");
  }

  /** Notes the row that is about to be judged as text, so that its kind can be learnt. */
  meet(block: Block | undefined, place: number): void {
    this.#met = block === undefined ? undefined : { block, place };
  }

  /** Keeps the kind of the row that was just accepted. */
  learn(): void {
    const kind = this.#rows.like;
    if (kind === undefined || this.#met === undefined || this.#known.length >= mostKinds) return;
    const { block, place } = this.#met;
    if (block.places[place * (block.columns + 1) + 1] === -1) return;
    const slot = this.#slot(block, place);
    if (this.#table[slot] !== 0) return;
    const { head, quality, verification, unit } = kind;
    const judged =
      (quality === "" ? "" : `,"data_quality":"${quality}"`) +
      (verification === "" ? "" : `,"verification":"${verification}"`);
    this.#known.push({
      kind,
      key: this.#keyOf(block, place),
      head: bytesOf(`${head.start},"value":"`),
      middle: bytesOf(`"${judged}`),
      converted: bytesOf('","as_given":{"value":"'),
      givenMiddle: bytesOf(`","unit":${JSON.stringify(unit)}}${judged}`),
      filled: this.#judgedAt.filter((at) => this.#cell(block, place, at) > 0).length,
    });
    this.#table[slot] = this.#known.length;
  }

  /** Accepts a row from its bytes; false leaves it to be judged as text, having changed nothing. */
  take(block: Block, place: number, number: number): boolean {
    if (block.places[place * (block.columns + 1) + 1] === -1) return false;
    const known = this.#known[(this.#table[this.#slot(block, place)] ?? 0) - 1];
    if (known === undefined) return false;
    const { bytes } = block;
    const { kind, head } = known;
    const { target, period, plan } = kind;
    // The figure.
    if (this.#cell(block, place, this.#value) === 0) return false;
    const valueFrom = this.#from;
    const valueTo = this.#to;
    if (!this.#figure(bytes, valueFrom, valueTo)) return false;
    const { places, conversion } = kind.head;
    const plain = places === 0 && conversion === undefined;
    let exact = "";
    let amount = this.#amount;
    if (!plain) {
      const text = bytes.toString("latin1", valueFrom, valueTo);
      exact = conversion === undefined ? shifted(text, places) : conversion.apply(text);
      amount = Number(exact);
      // Nothing moves nowhere: 0 is 0 in every unit, and is left to the other way of reading.
      if (exact === text) return false;
    }
    if (target.type === "percent" && amount > 1) return false;
    if (target.type === "integer" && !Number.isSafeInteger(amount)) return false;
    // The cells that tell where it comes from.
    const location = this.#cell(block, place, this.#location);
    const locationFrom = this.#from;
    const locationTo = this.#to;
    if (location > 0 && !isClean(bytes, locationFrom, locationTo)) return false;
    const subsidiary = this.#cell(block, place, this.#subsidiary);
    const subsidiaryFrom = this.#from;
    const subsidiaryTo = this.#to;
    if (subsidiary > 0 && !isClean(bytes, subsidiaryFrom, subsidiaryTo)) return false;
    const source = this.#cell(block, place, this.#source);
    const sourceFrom = this.#from;
    const sourceTo = this.#to;
    if (source > 0 && !isClean(bytes, sourceFrom, sourceTo)) return false;
    const method = this.#cell(block, place, this.#method);
    const methodFrom = this.#from;
    const methodTo = this.#to;
    if (method > 0 && !isClean(bytes, methodFrom, methodTo)) return false;
    const notes = this.#cell(block, place, this.#notes);
    const notesFrom = this.#from;
    const notesTo = this.#to;
    if (notes > 0 && !isClean(bytes, notesFrom, notesTo)) return false;

    const row = this.#row;
    row.go(number);
    const { ordinal } = row;
    const rows = this.#rows;
    const print = this.#print.start(plan.group.id).bytes(bytes, locationFrom, locationTo);
    if (subsidiary > 0) print.bytes(bytes, subsidiaryFrom, subsidiaryTo);
    const { series } = rows;
    const before = series.size;
    // A contradiction is told by the other way of reading, which finds it again.
    if (series.note(print.low, print.high, ordinal, period.months, period.kind) !== 0) return false;
    if (series.size !== before && location > 0)
      rows.sites.note(bytes.toString("utf8", locationFrom, locationTo), target.key);
    print.number(period.id).number(kind.head.unit);
    if (plain) print.bytes(bytes, valueFrom, valueTo);
    else print.add(exact);
    print.bytes(bytes, sourceFrom, sourceTo);
    if (notes > 0) print.bytes(bytes, notesFrom, notesTo);
    if (method > 0) print.bytes(bytes, methodFrom, methodTo);
    const same = rows.seen.note(print.low, print.high, ordinal);
    if (same !== 0) rows.repeated(row, same);
    plan.group.note(amount, ordinal, 0);

    const lines = this.#lines;
    let at = lines.room(around + head.length);
    const out = lines.bytes;
    at = put(out, at, this.#start);
    at = putNumber(out, at, number);
    out.set(head, at);
    at += head.length;
    if (plain) {
      at = copy(out, at, bytes, valueFrom, valueTo);
      at = put(out, at, known.middle);
    } else {
      at += out.write(exact, at, "latin1");
      at = put(out, at, known.converted);
      at = copy(out, at, bytes, valueFrom, valueTo);
      at = put(out, at, known.givenMiddle);
    }
    if (location > 0) at = putCell(out, at, words.location, bytes, locationFrom, locationTo);
    if (subsidiary > 0) at = putCell(out, at, words.subsidiary, bytes, subsidiaryFrom, subsidiaryTo);
    if (source > 0) at = putCell(out, at, words.source, bytes, sourceFrom, sourceTo);
    if (method > 0) at = putCell(out, at, words.method, bytes, methodFrom, methodTo);
    if (notes > 0) at = putCell(out, at, words.notes, bytes, notesFrom, notesTo);
    out[at] = 125;
    out[at + 1] = 10;
    lines.filled(at + 2);

    const { counts } = rows;
    counts.rows += 1;
    counts.valid += 1;
    counts.cells += 8;
    counts.filled += known.filled + 1 + (source > 0 ? 1 : 0);
    if (kind.quality === "high") counts.high += 1;
    else if (kind.quality === "medium") counts.medium += 1;
    if (source > 0) counts.sourced += 1;
    counts.timely += 1;
    return true;
  }

  /** Finds a cell; answers its length, 0 for a column that is not there. */
  #cell({ places, columns }: Block, place: number, column: number): number {
    if (column < 0) {
      this.#from = 0;
      this.#to = 0;
      return 0;
    }
    const at = place * (columns + 1) + column;
    this.#from = places[at] ?? 0;
    this.#to = (places[at + 1] ?? 1) - 1;
    return this.#to - this.#from;
  }

  /** The place in the table of a row's kind, whether known or not. */
  #slot(block: Block, place: number): number {
    const { bytes, places, columns } = block;
    const base = place * (columns + 1);
    // A few bytes of each cell tell most kinds apart; the rest is compared.
    let hash = 0;
    for (let index = 0; index < this.#kindAt.length; index += 1) {
      const column = this.#kindAt[index] ?? 0;
      const from = places[base + column] ?? 0;
      const length = (places[base + column + 1] ?? 1) - 1 - from;
      if (length === 0) continue;
      const half = from + (length >> 1);
      const few =
        (bytes[from] ?? 0) ^
        ((bytes[half] ?? 0) << 7) ^
        ((bytes[half + (length > 1 ? 1 : 0)] ?? 0) << 14) ^
        ((bytes[from + length - 1] ?? 0) << 21);
      hash = Math.imul(hash ^ few ^ length, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const mask = this.#table.length - 1;
    let slot = hash & mask;
    for (;;) {
      const known = this.#known[(this.#table[slot] ?? 0) - 1];
      if (known === undefined || this.#isSame(known.key, block, base)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #isSame(key: Uint8Array, { bytes, places }: Block, base: number): boolean {
    let at = 0;
    for (let index = 0; index < this.#kindAt.length; index += 1) {
      const column = this.#kindAt[index] ?? 0;
      const from = places[base + column] ?? 0;
      const to = (places[base + column + 1] ?? 1) - 1;
      if (at + to - from >= key.length) return false;
      for (let byte = from; byte < to; byte += 1, at += 1) if (key[at] !== bytes[byte]) return false;
      // No cell of a block holds a line feed.
      if (key[at] !== 10) return false;
      at += 1;
    }
    return at === key.length;
  }

  #keyOf(block: Block, place: number): Uint8Array {
    const parts = this.#kindAt.map((column) => {
      this.#cell(block, place, column);
      return `${block.bytes.toString("latin1", this.#from, this.#to)}\n`;
    });
    return new Uint8Array(Buffer.from(parts.join(""), "latin1"));
  }

  /** Reads a figure that is written as it would be written again: digits, at most one dot, not negative. */
  #figure(bytes: Buffer, from: number, to: number): boolean {
    const length = to - from;
    if (length > 24) return false;
    const first = bytes[from] ?? 0;
    if (first === 48 && length > 1 && bytes[from + 1] !== 46) return false;
    let whole = 0;
    let dot = -1;
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte >= 48 && byte <= 57) whole = whole * 10 + byte - 48;
      else if (byte === 46 && dot < 0 && at > from && at < to - 1) dot = at;
      else return false;
    }
    const decimals = dot < 0 ? 0 : to - dot - 1;
    // One to three digits, a dot and three more could be a thousand where decimals have commas.
    if (decimals === 3 && dot - from <= 3 && this.#row.mark !== ".") return false;
    // Up to fifteen digits a number is exact, and so is its division by a power of ten.
    this.#amount = length > 15 ? Number(bytes.toString("latin1", from, to)) : whole / (tens[decimals] ?? 1);
    return true;
  }
}

/** Whether a cell begins and ends with what `Row` takes as it is. */
function isClean(bytes: Uint8Array, from: number, to: number): boolean {
  const [first, last] = [bytes[from] ?? 0, bytes[to - 1] ?? 0];
  return first > 39 && last > 32 && isLetter(first) && (last < 128 || isLetter(bytes[to - 2] ?? 0));
}

/** Whether a byte is ASCII, or begins a letter of two bytes; some spaces have two or three bytes, and the first of those is 0xC2 or above 0xDF. */
const isLetter = (byte: number): boolean => byte < 127 || (byte > 0xc2 && byte < 0xe0);

function put(out: Buffer, at: number, word: Uint8Array): number {
  // A call into the engine pays off from about this length on.
  if (word.length > 20) out.set(word, at);
  else for (let from = 0; from < word.length; from += 1) out[at + from] = word[from] ?? 0;
  return at + word.length;
}

function copy(out: Buffer, at: number, bytes: Uint8Array, from: number, to: number): number {
  let next = at;
  for (let place = from; place < to; place += 1) {
    out[next] = bytes[place] ?? 0;
    next += 1;
  }
  return next;
}

function putCell(
  out: Buffer,
  at: number,
  word: Uint8Array,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  const next = copy(out, put(out, at, word), bytes, from, to);
  out[next] = quote;
  return next + 1;
}

function putNumber(out: Buffer, at: number, number: number): number {
  const end = at + String(number).length;
  let rest = number;
  for (let place = end - 1; place >= at; place -= 1) {
    out[place] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return end;
}
