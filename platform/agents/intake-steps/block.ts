/** The longest row that is read as bytes, in bytes; longer ones are read as text, where every limit is checked. */
const longestRow = 4000;

/**
 * Whole rows of a delimited file as bytes, with the places of their cells. Only bytes that need no care are kept so: UTF-8 without quotation
 * marks, backslashes and characters that cannot be seen, where a delimiter always divides cells and a line end always divides rows.
 */
export type Block = {
  readonly bytes: Buffer;
  readonly delimiter: string;
  readonly columns: number;
  readonly rows: number;
  /** Whether there is more than ASCII; that it is UTF-8 is left to the caller to see. */
  readonly wide: boolean;
  /** For each row the start of every cell and one past the byte after its last; `columns + 1` places a row. -1 as the second says that the row has another number of cells. */
  readonly places: Int32Array;
};

/**
 * Cuts the whole rows at the start of `bytes` into cells; `end` is where they end. Undefined when a byte needs more care than a delimiter,
 * or when `places`, into which the places go, is too short.
 */
export function cut(
  bytes: Buffer,
  delimiter: string,
  columns: number,
  places: Int32Array,
): { readonly block: Block; readonly end: number } | undefined {
  const mark = delimiter.charCodeAt(0);
  const stride = columns + 1;
  const most = places.length - 2 * stride;
  let rows = 0;
  let end = 0;
  wide = false;
  while (rows * stride <= most) {
    const next = cutRow(bytes, end, mark, columns, places, rows * stride);
    if (next === needsCare) return undefined;
    if (next === notWhole) return { block: { bytes, delimiter, columns, rows, wide, places }, end };
    rows += 1;
    end = next;
  }
  return undefined;
}

const needsCare = -1;
const notWhole = -2;
/** Whether the block that is being cut holds more than ASCII. */
let wide = false;

/** Cuts the row that begins at `start`, with its places from `base` on; answers where the next begins. Small, and called for every row, so that it runs fast soon. */
function cutRow(
  bytes: Buffer,
  start: number,
  mark: number,
  columns: number,
  places: Int32Array,
  base: number,
): number {
  const { length } = bytes;
  let cell = 1;
  places[base] = start;
  for (let at = start; at < length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === mark) {
      if (cell < columns) places[base + cell] = at + 1;
      cell += 1;
    } else if (byte === 10) {
      const last = at > start && bytes[at - 1] === 13 ? at : at + 1;
      if (cell === columns && at - start <= longestRow) places[base + columns] = last;
      else {
        places[base + 1] = -1;
        places[base + 2] = last;
      }
      return at + 1;
    } else if (byte < 35 || byte === 92 || byte > 126) {
      if (byte === 32 || byte === 33) continue;
      if (byte > 127) {
        if (isUnseen(bytes, at)) return needsCare;
        wide = true;
      } else if (byte !== 13 || (at + 1 < length && bytes[at + 1] !== 10)) return needsCare;
    }
  }
  return notWhole;
}

/** Whether a character of several bytes begins here that cannot be seen: a control character, a direction, or none at all. */
function isUnseen(bytes: Buffer, at: number): boolean {
  const [first, second, third] = [bytes[at], bytes[at + 1] ?? 0, bytes[at + 2] ?? 0];
  if (first === 0xc2) return second < 0xa0;
  if (first === 0xe2 && second === 0x80) return third >= 0xaa && third <= 0xae;
  if (first === 0xe2 && second === 0x81) return third >= 0xa6 && third <= 0xa9;
  return first === 0xef && second === 0xbf && third >= 0xbe;
}

/** The cells of a row as text. */
export function cellsOf({ bytes, delimiter, columns, wide, places }: Block, row: number): readonly string[] {
  const at = row * (columns + 1);
  if (places[at + 1] === -1)
    return slice(bytes, wide, places[at], (places[at + 2] ?? 1) - 1).split(delimiter);
  const cells: string[] = [];
  for (let cell = 0; cell < columns; cell += 1)
    cells.push(slice(bytes, wide, places[at + cell], (places[at + cell + 1] ?? 1) - 1));
  return cells;
}

const slice = (bytes: Buffer, wide: boolean, from: number | undefined, to: number): string =>
  bytes.toString(wide ? "utf8" : "latin1", from, to);
