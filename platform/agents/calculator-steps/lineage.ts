import { createHash, hash } from "node:crypto";
import type { Artifacts, ArtifactWriter } from "../../agent.ts";
import { digest } from "../../catalogue/load.ts";
import {
  type DataPoint,
  type EmissionLineage,
  files,
  type MetricsDocument,
  type RowLineage,
} from "../documents.ts";
import type { Emission } from "./emissions.ts";

const pieceSize = 256 * 1024;

/** Writes the lineage file line by line, counting and hashing what it writes; published by `close`, discarded by `abort`. */
export class LineageWriter {
  readonly #file: ArtifactWriter;
  readonly #sum = createHash("sha256");
  #held: string[] = [];
  #size = 0;
  #entries = 0;
  #traced = 0;

  private constructor(file: ArtifactWriter) {
    this.#file = file;
  }

  static async open(artifacts: Artifacts): Promise<LineageWriter> {
    return new LineageWriter(await artifacts.writer(files.lineage));
  }

  /** The entries of one activity record. */
  emissions(entries: readonly Emission[]): void {
    this.#traced += 1;
    for (const entry of entries) this.#hashed(entry);
  }

  /** What one row gave to a figure. */
  row(metric: string, { input, row, code, value = "", unit, as_given }: DataPoint): void {
    const body: Omit<RowLineage, "hash"> = {
      ...(as_given === undefined ? {} : { as_given: { unit: as_given.unit, value: as_given.value } }),
      code,
      input,
      kind: "row",
      metric,
      row,
      unit,
      value,
    };
    this.#traced += 1;
    this.#hashed(body);
  }

  /** Hands what is held to the file when it has grown; wait for it between rows. */
  async settle(): Promise<void> {
    if (this.#size >= pieceSize) await this.#flush();
  }

  async close(): Promise<MetricsDocument["lineage"]> {
    await this.#flush();
    await this.#file.close();
    return { entries: this.#entries, traced: this.#traced, sha256: this.#sum.digest("hex") };
  }

  async abort(): Promise<void> {
    await this.#file.abort();
  }

  /** One line with the hash of its canonical JSON: the keys of what comes here are in their order already. */
  #hashed(body: object): void {
    const text = JSON.stringify(body);
    this.#held.push(`${text.slice(0, -1)},"hash":"${hash("sha256", text)}"}`);
    this.#size += text.length + 75;
    this.#entries += 1;
  }

  async #flush(): Promise<void> {
    if (this.#held.length === 0) return;
    const piece = Buffer.from(`${this.#held.join("\n")}\n`);
    this.#held = [];
    this.#size = 0;
    this.#sum.update(piece);
    await this.#file.write(piece);
  }
}

/** Whether a lineage line's hash is that of its content. */
export function isIntact({ hash: stated, ...body }: EmissionLineage | RowLineage): boolean {
  return digest(body) === stated;
}
