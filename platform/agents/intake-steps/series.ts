/** Which months of the reporting period each series (concept, breakdown, site, subsidiary) has figures for; 17 bytes a place. */
export class Series {
  #capacity = 1 << 10;
  #low = new Uint32Array(this.#capacity);
  #high = new Uint32Array(this.#capacity);
  #months = new Uint32Array(this.#capacity);
  #rows = new Uint32Array(this.#capacity);
  #kinds = new Uint8Array(this.#capacity);
  size = 0;

  /**
   * Notes a row; answers the row that it contradicts, having stated the same months in a period of another length, or 0.
   * `row` counts from 1.
   */
  note(low: number, high: number, row: number, months: number, kind: number): number {
    if (this.size * 2 >= this.#capacity) this.#grow();
    const at = this.#slot(low, high);
    const before = this.#rows[at] ?? 0;
    if (before === 0) {
      this.#low[at] = low;
      this.#high[at] = high;
      this.#rows[at] = row;
      this.#months[at] = months;
      this.#kinds[at] = kind;
      this.size += 1;
      return 0;
    }
    const known = this.#months[at] ?? 0;
    const overlap = known & months;
    if (overlap !== 0 && (this.#kinds[at] !== kind || (kind === 1 && overlap !== months))) return before;
    this.#months[at] = known | months;
    return 0;
  }

  /** Every series that was stated by months: its first row and the months it has. */
  *monthly(): Generator<{ readonly row: number; readonly months: number }> {
    for (let at = 0; at < this.#capacity; at += 1)
      if (this.#rows[at] !== 0 && this.#kinds[at] === 2)
        yield { row: this.#rows[at] ?? 0, months: this.#months[at] ?? 0 };
  }

  #slot(low: number, high: number): number {
    const mask = this.#capacity - 1;
    let at = low & mask;
    while (this.#rows[at] !== 0 && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [low, high, months, rows, kinds] = [this.#low, this.#high, this.#months, this.#rows, this.#kinds];
    this.#capacity *= 2;
    this.#low = new Uint32Array(this.#capacity);
    this.#high = new Uint32Array(this.#capacity);
    this.#months = new Uint32Array(this.#capacity);
    this.#rows = new Uint32Array(this.#capacity);
    this.#kinds = new Uint8Array(this.#capacity);
    for (let from = 0; from < rows.length; from += 1) {
      if (rows[from] === 0) continue;
      const at = this.#slot(low[from] ?? 0, high[from] ?? 0);
      this.#low[at] = low[from] ?? 0;
      this.#high[at] = high[from] ?? 0;
      this.#months[at] = months[from] ?? 0;
      this.#rows[at] = rows[from] ?? 0;
      this.#kinds[at] = kinds[from] ?? 0;
    }
  }
}
