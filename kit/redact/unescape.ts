import { ampersand, backslash, lone, longestEscape, percent, reduction } from "./escapes.ts";

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

/** Marks what an escape stood for, which begins no other escape when they are undone once. */
const settled = 0x20000;
const longestAnsi = 32;

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
  for (let at = length - 1; at >= Math.max(0, length - longestEscape); at -= 1) {
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
