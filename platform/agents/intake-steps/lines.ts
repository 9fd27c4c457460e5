import { escapedInJson } from "./characters.ts";
import type { ArtifactWriter, Artifacts } from "../../agent.ts";

/** How much text is gathered before it is handed to the disk. */
const enough = 1 << 18;

/** A text artifact that is written line by line: lines are gathered in memory and written when `flush` is awaited. */
export class Lines {
  readonly #writer: ArtifactWriter;
  #held = "";
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
  }

  /** Hands on what was gathered when it is enough to be worth a write; waits when the disk is behind. */
  async flush(): Promise<void> {
    if (this.#held.length < enough) return;
    const piece = this.#held;
    this.#held = "";
    await this.#writer.write(piece);
  }

  async close(): Promise<void> {
    if (this.#held !== "") await this.#writer.write(this.#held);
    this.#held = "";
    await this.#writer.close();
  }

  async abort(): Promise<void> {
    this.#held = "";
    await this.#writer.abort();
  }
}

/** A text as JSON. */
export function jsonText(text: string): string {
  return escapedInJson.test(text) ? JSON.stringify(text.toWellFormed()) : `"${text}"`;
}
