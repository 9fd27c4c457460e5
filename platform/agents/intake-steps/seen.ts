/** Names of what was seen, as 64-bit hashes with a row number each: a million of them take 24 MB, whatever their length. */
export class Seen {
  #capacity: number;
  #low: Uint32Array;
  #high: Uint32Array;
  #rows: Uint32Array;
  #size = 0;

  constructor(capacity = 1 << 12) {
    this.#capacity = capacity;
    this.#low = new Uint32Array(capacity);
    this.#high = new Uint32Array(capacity);
    this.#rows = new Uint32Array(capacity);
  }

  /** The row under which this key was seen before, or 0 after noting it under this row. */
  note(low: number, high: number, row: number): number {
    if (this.#size * 2 >= this.#capacity) this.#grow();
    const at = this.#slot(low, high);
    const before = this.#rows[at] ?? 0;
    if (before !== 0) return before;
    this.#low[at] = low;
    this.#high[at] = high;
    this.#rows[at] = row;
    this.#size += 1;
    return 0;
  }

  /** The row under which this key was noted, or 0. */
  find(low: number, high: number): number {
    return this.#rows[this.#slot(low, high)] ?? 0;
  }

  #slot(low: number, high: number): number {
    const mask = this.#capacity - 1;
    let at = low & mask;
    while (this.#rows[at] !== 0 && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [low, high, rows] = [this.#low, this.#high, this.#rows];
    this.#capacity *= 2;
    this.#low = new Uint32Array(this.#capacity);
    this.#high = new Uint32Array(this.#capacity);
    this.#rows = new Uint32Array(this.#capacity);
    for (let from = 0; from < rows.length; from += 1) {
      const row = rows[from] ?? 0;
      if (row === 0) continue;
      const [l, h] = [low[from] ?? 0, high[from] ?? 0];
      const at = this.#slot(l, h);
      this.#low[at] = l;
      this.#high[at] = h;
      this.#rows[at] = row;
    }
  }
}

/** A 64-bit hash that texts are fed into one after the other; not for secrets, only to tell texts apart. */
export class Fingerprint {
  #a = 0xdeadbeef;
  #b = 0x41c6ce57;

  start(seed: number): this {
    this.#a = 0xdeadbeef ^ seed;
    this.#b = 0x41c6ce57 ^ seed;
    return this;
  }

  add(text: string): this {
    let [a, b] = [this.#a, this.#b];
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      a = Math.imul(a ^ code, 2654435761);
      a = (a << 13) | (a >>> 19);
      b = Math.imul(b ^ code, 1597334677);
      b = (b << 15) | (b >>> 17);
    }
    // A mark between texts, so that "ab" + "c" is not "a" + "bc".
    this.#a = Math.imul(a ^ 0x1ffff, 2654435761);
    this.#b = Math.imul(b ^ 0x2ffff, 1597334677);
    return this;
  }

  get low(): number {
    const a = Math.imul(this.#a ^ (this.#a >>> 16), 2246822507);
    return (a ^ Math.imul(this.#b ^ (this.#b >>> 13), 3266489909)) >>> 0;
  }

  get high(): number {
    const b = Math.imul(this.#b ^ (this.#b >>> 16), 2246822507);
    return (b ^ Math.imul(this.#a ^ (this.#a >>> 13), 3266489909)) >>> 0;
  }
}
