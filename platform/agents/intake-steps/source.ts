import { createHash } from "node:crypto";
import type { Artifacts } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import type { Block } from "./block.ts";
import type { DecimalMark } from "./number.ts";

/** Bounds that keep a hostile file from taking the machine down. */
export const limits = {
  bytes: 4_000_000_000,
  rows: 10_000_000,
  columns: 64,
  cell: 5000,
  /** A text block, in the column `value`. */
  text: 200_000,
  /** One row of a CSV, or one item of a JSON array, in characters. */
  record: 1 << 20,
  /** A workbook as stored, and what it may unpack to. */
  workbook: 64_000_000,
  unpacked: 2_000_000_000,
  head: 262_144,
} as const;

/** How a file is written; told from its first bytes, never from its name. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** Some rows of an input in order. */
export type Batch = {
  readonly rows: readonly (readonly string[])[];
  /** Row numbers beside `rows`; where absent, they count on from `first`. */
  readonly numbers?: readonly number[];
  readonly first: number;
  /** No cell holds a quotation mark, a backslash, a control or direction character, or half a surrogate pair. */
  readonly plain: boolean;
  /** Rows that could not be cut into cells, by their place in `rows`. */
  readonly broken?: ReadonlyMap<number, string>;
};

/** Rows as bytes, cut into cells but not yet turned into text. */
export type ByteBatch = { readonly block: Block; readonly first: number };

/** One data file, opened: what its head tells, and its rows as a stream. */
export type Source = {
  readonly name: string;
  readonly format: "csv" | "json" | "xlsx";
  readonly encoding: Encoding;
  readonly delimiter: string;
  readonly decimalMark: DecimalMark;
  /** Column names, lower case with underscores. */
  readonly header: readonly string[];
  /** The rows in order. A caller that can read them as bytes is given them so where nothing speaks against it. */
  rows(asBytes?: boolean): AsyncGenerator<Batch | ByteBatch>;
  /** Size and hash of what was read; complete when `rows` has ended. */
  seal(): { readonly bytes: number; readonly sha256: string };
  /** Things to tell a person about the file as a whole. */
  readonly notes: readonly { readonly reason: string; readonly sentence: string; readonly hint: string }[];
};

/** Thrown when a file that began as UTF-8 turns out not to be; it is read again as windows-1252. */
export class OtherEncoding extends Error {}

/** An artifact's bytes, hashed and counted as they pass. */
export function counted(
  artifacts: Artifacts,
  name: string,
): {
  readonly bytes: () => AsyncGenerator<Uint8Array>;
  readonly seal: Source["seal"];
} {
  const hash = createHash("sha256");
  let size = 0;
  return {
    async *bytes() {
      for await (const chunk of artifacts.stream(name)) {
        size += chunk.length;
        if (size > limits.bytes)
          throw tooLarge(`${plainName(name)} is larger than ${limits.bytes / 1e9} GB.`);
        hash.update(chunk);
        yield chunk;
      }
    },
    seal: () => ({ bytes: size, sha256: hash.copy().digest("hex") }),
  };
}

/** The first bytes of an artifact; the stream is closed after them. */
export async function headOf(artifacts: Artifacts, name: string): Promise<Buffer> {
  const head: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of artifacts.stream(name)) {
    head.push(chunk.length > limits.head ? chunk.subarray(0, limits.head) : chunk);
    size += chunk.length;
    if (size >= limits.head) break;
  }
  return Buffer.concat(head).subarray(0, limits.head);
}

/** A header cell as a column name: trimmed, lower case, spaces as underscores. */
export function headerName(text: string): string {
  return text
    .replace(/^\uFEFF/, "")
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");
}

/** An input's name as people gave it, without the folder in which the report keeps it. */
export function plainName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** The refusal of a file beyond the limits. */
export function tooLarge(summary: string): CsrdError {
  return new CsrdError("input-too-large", {
    summary,
    hint: "Split the file by site or by month, or aggregate it, and run again.",
  });
}

/** The refusal of a file that cannot be read at all. */
export function unreadable(summary: string, hint: string, cause?: unknown): CsrdError {
  return new CsrdError("input-unreadable", {
    summary,
    hint,
    ...(cause === undefined
      ? {}
      : { details: (cause instanceof Error ? cause.message : "").slice(0, 300), cause }),
  });
}
