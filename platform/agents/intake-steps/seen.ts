/** Words per entry: the two halves of the hash, and the row. */
const stride = 3;

/** Names of what was seen, as 64-bit hashes with a row number each: a million of them take 24 MB, whatever their length. */
export class Seen {
  #capacity: number;
  #table: Uint32Array;
  #size = 0;

  constructor(capacity = 1 << 11) {
    this.#capacity = capacity;
    this.#table = new Uint32Array(capacity * stride);
  }

  /** The row under which this key was seen before, or 0 after noting it under this row, which counts from 1. */
  note(low: number, high: number, row: number): number {
    if (this.#size * 2 >= this.#capacity) this.#grow();
    const at = this.#slot(low, high);
    const table = this.#table;
    const before = table[at + 2] ?? 0;
    if (before !== 0) return before;
    table[at] = low;
    table[at + 1] = high;
    table[at + 2] = row;
    this.#size += 1;
    return 0;
  }

  /** The row under which this key was noted, or 0. */
  find(low: number, high: number): number {
    return this.#table[this.#slot(low, high) + 2] ?? 0;
  }

  #slot(low: number, high: number): number {
    const mask = this.#capacity - 1;
    const table = this.#table;
    let place = low & mask;
    let at = place * stride;
    while (table[at + 2] !== 0 && (table[at] !== low || table[at + 1] !== high)) {
      place = (place + 1) & mask;
      at = place * stride;
    }
    return at;
  }

  #grow(): void {
    const old = this.#table;
    // Few large steps leave less behind than many small ones.
    this.#capacity *= this.#capacity < 1 << 20 ? 4 : 2;
    this.#table = new Uint32Array(this.#capacity * stride);
    const table = this.#table;
    for (let from = 0; from < old.length; from += stride) {
      const row = old[from + 2] ?? 0;
      if (row === 0) continue;
      const [low, high] = [old[from] ?? 0, old[from + 1] ?? 0];
      const at = this.#slot(low, high);
      table[at] = low;
      table[at + 1] = high;
      table[at + 2] = row;
    }
  }
}

/** A 64-bit hash that texts and numbers are fed into one after the other; not for secrets, only to tell things apart. */
export class Fingerprint {
  #a = 0;
  #b = 0;

  start(seed: number): this {
    this.#a = 0xdeadbeef | 0;
    this.#b = 0x41c6ce57 | 0;
    return this.number(seed);
  }

  number(value: number): this {
    this.#a = Math.imul(this.#a ^ value, 2654435761);
    this.#b = Math.imul((this.#b << 15) ^ (this.#b >>> 17) ^ value, 1597334677);
    return this;
  }

  add(text: string): this {
    let a = this.#a;
    let b = this.#b;
    const { length } = text;
    for (let at = 0; at < length; at += 1) {
      const code = text.charCodeAt(at);
      if (code > 127) return this.#wide(text);
      a = Math.imul((a << 13) ^ (a >>> 19) ^ code, 2654435761);
      b = Math.imul((b << 15) ^ (b >>> 17) ^ code, 1597334677);
    }
    // The length divides texts, so that "ab" and "c" are not "a" and "bc".
    this.#a = Math.imul((a << 13) ^ (a >>> 19) ^ length, 2246822507);
    this.#b = Math.imul((b << 15) ^ (b >>> 17) ^ length, 3266489909);
    return this;
  }

  #wide(text: string): this {
    const bytes = Buffer.from(text);
    return this.bytes(bytes, 0, bytes.length);
  }

  /** The same as `add` of the text whose UTF-8 these bytes are. */
  bytes(bytes: Uint8Array, from: number, to: number): this {
    let a = this.#a;
    let b = this.#b;
    for (let at = from; at < to; at += 1) {
      const code = bytes[at] ?? 0;
      a = Math.imul((a << 13) ^ (a >>> 19) ^ code, 2654435761);
      b = Math.imul((b << 15) ^ (b >>> 17) ^ code, 1597334677);
    }
    const length = to - from;
    this.#a = Math.imul((a << 13) ^ (a >>> 19) ^ length, 2246822507);
    this.#b = Math.imul((b << 15) ^ (b >>> 17) ^ length, 3266489909);
    return this;
  }

  get low(): number {
    return mixed(this.#a ^ (this.#b << 16) ^ (this.#b >>> 16));
  }

  get high(): number {
    return mixed(this.#b ^ Math.imul(this.#a, 0x9e3779b1));
  }
}

/** Spreads a hash over all its bits, so that near ones do not lie side by side. */
function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
