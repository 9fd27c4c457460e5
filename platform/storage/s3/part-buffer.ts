/** The bytes of one part while they are collected; small artifacts never take a whole part's memory. */
export class PartBuffer {
  #bytes = Buffer.alloc(0);
  #used = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get isFull(): boolean {
    return this.#used === this.#most;
  }

  get length(): number {
    return this.#used;
  }

  /** Copies as much as fits of `piece` from `offset` on; gives how many bytes that was. */
  add(piece: Uint8Array, offset: number): number {
    const count = Math.min(piece.byteLength - offset, this.#most - this.#used);
    this.#reserve(this.#used + count);
    this.#bytes.set(piece.subarray(offset, offset + count), this.#used);
    this.#used += count;
    return count;
  }

  /** What was collected; good until the next `clear`. */
  content(): Buffer {
    return this.#bytes.subarray(0, this.#used);
  }

  clear(): void {
    this.#used = 0;
  }

  #reserve(wanted: number): void {
    if (wanted <= this.#bytes.byteLength) return;
    const bytes = Buffer.allocUnsafeSlow(
      Math.min(this.#most, Math.max(wanted, 2 * this.#bytes.byteLength, 4_096)),
    );
    bytes.set(this.content());
    this.#bytes = bytes;
  }
}
