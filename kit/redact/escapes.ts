/** Marks a byte that waits for the rest of its UTF-8 sequence. */
export const lone = 0x10000;
/** A backslash, as a code unit. */
export const backslash = 0x5c;
/** A percent sign, as a code unit. */
export const percent = 0x25;
/** An ampersand, as a code unit. */
export const ampersand = 0x26;
/** Characters of the longest escape that is looked back for. */
export const longestEscape = 10;

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

/** How many units an escape took, and what it stands for. */
export type Reduction = { readonly length: number; readonly units: readonly number[] };

/** The escape that the last unit completes, if it completes one. */
export function reduction(code: Int32Array, length: number): Reduction | undefined {
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
  const least = Math.max(0, length - longestEscape);
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
