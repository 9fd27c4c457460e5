import type { Artifacts, ArtifactWriter } from "../../agent.ts";
import { escapedInJson } from "./characters.ts";

/** Bytes gathered before they are handed to the disk, and characters gathered before they become bytes. */
const block = 1 << 18;
const piece = 1 << 13;

/**
 * A text artifact that is written line by line. Lines become bytes in memory as they come; the disk writes one block while the next is filled,
 * and `flush` waits when it is behind.
 */
export class Lines {
  readonly #writer: ArtifactWriter;
  readonly #free: Buffer[] = [];
  #full: Uint8Array[] = [];
  #buffer: Buffer = Buffer.allocUnsafe(block * 2);
  #at = 0;
  #held = "";
  #pending: Promise<void> = Promise.resolve();
  #failure: unknown;
  count = 0;

  private constructor(writer: ArtifactWriter) {
    this.#writer = writer;
  }

  static async open(artifacts: Artifacts, name: string): Promise<Lines> {
    return new Lines(await artifacts.writer(name));
  }

  /** Adds a line, which must end with its own line feed. */
  add(line: string): void {
    this.#held += line;
    this.count += 1;
    if (this.#held.length > piece) this.#encode();
  }

  /** Room for so many bytes, at most a block, that the caller fills himself from the place returned on. */
  room(bytes: number): number {
    if (this.#held !== "") this.#encode();
    if (bytes > this.#buffer.length - this.#at) this.#turn();
    return this.#at;
  }

  /** The bytes that `room` speaks of; another buffer after each call of it. */
  get bytes(): Buffer {
    return this.#buffer;
  }

  /** Says up to where a line was written into `bytes`. */
  filled(to: number): void {
    this.#at = to;
    this.count += 1;
    if (to >= block) this.#turn();
  }

  /** Hands on what was gathered when it is enough to be worth a write. */
  async flush(): Promise<void> {
    if (this.#full.length > 0) await this.#hand();
  }

  async close(): Promise<void> {
    this.#encode();
    this.#turn();
    await this.#hand();
    await this.#settled();
    await this.#writer.close();
  }

  async abort(): Promise<void> {
    this.#held = "";
    this.#full = [];
    await this.#pending;
    await this.#writer.abort();
  }

  #encode(): void {
    // A character takes at most three bytes.
    const needed = this.#held.length * 3;
    if (needed > this.#buffer.length - this.#at) this.#turn();
    if (needed > this.#buffer.length) this.#full.push(Buffer.from(this.#held));
    else this.#at += this.#buffer.write(this.#held, this.#at, "utf8");
    this.#held = "";
    if (this.#at >= block) this.#turn();
  }

  #turn(): void {
    if (this.#at === 0) return;
    this.#full.push(this.#buffer.subarray(0, this.#at));
    this.#buffer = this.#free.pop() ?? Buffer.allocUnsafe(block * 2);
    this.#at = 0;
  }

  async #hand(): Promise<void> {
    await this.#settled();
    const blocks = this.#full;
    this.#full = [];
    this.#pending = this.#write(blocks).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  async #write(blocks: readonly Uint8Array[]): Promise<void> {
    for (const bytes of blocks) {
      await this.#writer.write(bytes);
      if (bytes.buffer.byteLength === block * 2 && this.#free.length < 3)
        this.#free.push(Buffer.from(bytes.buffer));
    }
  }

  async #settled(): Promise<void> {
    await this.#pending;
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** A text as JSON. */
export function jsonText(text: string): string {
  return escapedInJson.test(text) ? JSON.stringify(text.toWellFormed()) : `"${text}"`;
}
