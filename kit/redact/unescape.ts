/** Text without its escapes: one number per character that counts, and where in the text each of them stands. */
export type Units = {
  /** UTF-16 code units; bits above them are marks of how they came about. */
  readonly code: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly length: number;
  /** Where an escape begins that the text's end has cut off; the text's length when there is none. */
  readonly openFrom: number;
};

/** How often escapes are undone: not at all, once, or until none is left. */
export type Undoing = "none" | "once" | "all";

/** Marks a byte that waits for the rest of its UTF-8 sequence. */
const lone = 0x10000;
/** Marks what an escape stood for, which begins no other escape when they are undone once. */
const settled = 0x20000;
const backslash = 0x5c;
const percent = 0x25;
const ampersand = 0x26;
const longestEntity = 10;
const longestAnsi = 32;

/** Every ASCII character that HTML has a name for, and the space that does not break. */
const entities: Readonly<Record<string, number>> = {
  amp: 38,
  apos: 39,
  ast: 42,
  bsol: 92,
  colon: 58,
  comma: 44,
  commat: 64,
  dollar: 36,
  equals: 61,
  excl: 33,
  grave: 96,
  gt: 62,
  hat: 94,
  lcub: 123,
  lowbar: 95,
  lpar: 40,
  lsqb: 91,
  lt: 60,
  nbsp: 32,
  newline: 10,
  num: 35,
  percnt: 37,
  period: 46,
  plus: 43,
  quest: 63,
  quot: 34,
  rcub: 125,
  rpar: 41,
  rsqb: 93,
  semi: 59,
  sol: 47,
  tab: 9,
  verbar: 124,
};

/**
 * Takes away percent, backslash, HTML and byte escapes, and drops what wrapping and quoting add: white space, quotes, control
 * characters, colours. Undone until none is left, it gives the same characters for a secret and for a text that holds any such
 * form of it, however often it was escaped; undone less often, it finds a secret beside which escapes begin by accident.
 * Linear: each character is pushed once, and each reduction shortens what was pushed.
 */
export function unescaped(text: string, undoing: Undoing): Units {
  // No escape is shorter than what it stands for.
  const code = new Int32Array(text.length);
  const from = new Int32Array(text.length);
  const to = new Int32Array(text.length);
  const mark = undoing === "once" ? settled : 0;
  let length = 0;

  function add(unit: number, start: number, end: number) {
    code[length] = unit;
    from[length] = start;
    to[length] = end;
    length += 1;
  }

  function push(unit: number, start: number, end: number) {
    const isSpace = isDropped(unit & 0xffff) && unit < lone;
    if (undoing !== "none" && length > 0 && code[length - 1] === backslash) {
      // Escaped white space is white space; an escape may also be wrapped in its middle, which leaves it open.
      if (isEscapedSpace(unit)) {
        length -= 1;
        return;
      }
      if (isSpace && !isQuote(unit)) return;
      const began = from[length - 1] ?? start;
      if (unit === backslash || (unit !== 0x75 && unit !== 0x78)) length -= 1;
      if (unit === backslash) return add(backslash | mark, began, end);
      if (unit !== 0x75 && unit !== 0x78 && undoing === "once") {
        if (!isSpace) add(unit | mark, began, end);
        return;
      }
    }
    if (isSpace) return;
    add(unit, start, end);
    if (undoing === "none") return;
    const reduced = reduction(code, length);
    if (reduced === undefined) return;
    const began = from[length - reduced.length] ?? start;
    length -= reduced.length;
    for (const one of reduced.units) {
      if (undoing === "all" || one >= lone) push(one, began, end);
      else if (!isDropped(one)) add(one | mark, began, end);
    }
  }

  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 27) at = ansiEnd(text, at);
    else push(unit, at, at + 1);
  }
  return {
    code,
    from,
    to,
    length,
    openFrom: undoing === "none" ? text.length : (openFrom(code, from, length) ?? text.length),
  };
}

type Reduction = { readonly length: number; readonly units: readonly number[] };

/** The escape that the last unit completes, if it completes one. */
function reduction(code: Int32Array, length: number): Reduction | undefined {
  const last = code[length - 1] ?? 0;
  if ((last & lone) !== 0) return utf8(code, length);
  if (last === 0x3b) return entity(code, length);
  if (hexDigit(last) < 0) return undefined;
  if (code[length - 3] === percent) {
    const byte = hexOf(code, length - 2, length);
    return byte < 0 ? undefined : { length: 3, units: [byte < 0x80 ? byte : lone + byte] };
  }
  if (code[length - 4] === backslash && code[length - 3] === 0x78) {
    const byte = hexOf(code, length - 2, length);
    return byte < 0 ? undefined : { length: 4, units: [byte < 0x80 ? byte : lone + byte] };
  }
  if (code[length - 6] === backslash && code[length - 5] === 0x75) {
    const unit = hexOf(code, length - 4, length);
    return unit < 0 ? undefined : { length: 6, units: [unit] };
  }
  return undefined;
}

/** Escaped bytes that together are one character of UTF-8. */
function utf8(code: Int32Array, length: number): Reduction | undefined {
  for (let size = 2; size <= 4; size += 1) {
    const lead = (code[length - size] ?? 0) - lone;
    if (lead < 0) return undefined;
    if ((lead & 0xc0) === 0x80) continue;
    if (lead >> (7 - size) !== (1 << (size + 1)) - 2) return undefined;
    let point = lead & (0x7f >> size);
    for (let at = length - size + 1; at < length; at += 1)
      point = (point << 6) | (((code[at] ?? 0) - lone) & 0x3f);
    return point > 0x10ffff ? undefined : { length: size, units: unitsOf(point) };
  }
  return undefined;
}

function unitsOf(point: number): readonly number[] {
  return point < 0x10000 ? [point] : [0xd800 + ((point - 0x10000) >> 10), 0xdc00 + (point & 0x3ff)];
}

function entity(code: Int32Array, length: number): Reduction | undefined {
  const least = Math.max(0, length - longestEntity);
  for (let at = length - 2; at >= least; at -= 1) {
    if (code[at] !== ampersand) continue;
    const name = String.fromCharCode(...code.subarray(at + 1, length - 1));
    const point = name.startsWith("#") ? numeric(name) : entities[name.toLowerCase()];
    return point === undefined || point > 0x10ffff
      ? undefined
      : { length: length - at, units: unitsOf(point) };
  }
  return undefined;
}

function numeric(name: string): number | undefined {
  const [, hex, digits] = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name) ?? [];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  return digits === undefined ? undefined : Number.parseInt(digits, 10);
}

/** Last character of a terminal sequence, so that a colour inside a secret does not hide it; the escape itself otherwise. */
function ansiEnd(text: string, at: number): number {
  if (text.charCodeAt(at + 1) !== 0x5b) return at;
  for (let end = at + 2; end < at + longestAnsi && end < text.length; end += 1) {
    const unit = text.charCodeAt(end);
    if (unit >= 0x40 && unit <= 0x7e) return end;
    if (unit < 0x20 || unit > 0x3f) return at;
  }
  return at;
}

/** Where an unfinished escape begins; undefined when there is none. */
function openFrom(code: Int32Array, from: Int32Array, length: number): number | undefined {
  for (let at = length - 1; at >= Math.max(0, length - longestEntity); at -= 1) {
    const unit = code[at] ?? 0;
    const isOpen =
      (unit === percent && length - at < 3) ||
      (unit === backslash && length - at < 6) ||
      unit === ampersand ||
      (unit & lone) !== 0;
    if (isOpen) return from[at];
  }
  return undefined;
}

function isQuote(unit: number): boolean {
  return unit === 0x22 || unit === 0x27;
}

function isDropped(unit: number): boolean {
  return (
    unit <= 0x20 ||
    isQuote(unit) ||
    (unit >= 0x7f && unit <= 0xa0) ||
    unit === 0xad ||
    (unit >= 0x200b && unit <= 0x200f) ||
    (unit >= 0x2028 && unit <= 0x202e) ||
    unit === 0x2060 ||
    unit === 0xfeff
  );
}

const escapedSpaces = new Set(["n", "r", "t", "b", "f", "v"].map((letter) => letter.charCodeAt(0)));

function isEscapedSpace(unit: number): boolean {
  return escapedSpaces.has(unit);
}

function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** The number these units write in hexadecimal; -1 when one of them is no digit. */
function hexOf(code: Int32Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = hexDigit(code[at] ?? 0);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}
