import Papa from "papaparse";
import type { Artifacts } from "../../agent.ts";
import { CsrdError, type CsrdErrorCode, csrdErrorKinds } from "../../errors.ts";
import type { Remark } from "../documents.ts";
import { Lines } from "./lines.ts";
import { type DecimalMark, readNumber } from "./number.ts";
import { limits } from "./source.ts";

/** `Row 3, column amount: -5 is negative.`, with the file's name when there are several. */
export function placed({ row, column, sentence, input }: Remark, several: boolean): string {
  return `Row ${row}${several ? ` of ${input}` : ""}, column ${column}: ${sentence}`;
}

/** The error that refuses everything for the first bad row, with the others in its details. */
export function refusal(
  first: Remark,
  listed: readonly Remark[],
  count: number,
  several: boolean,
): CsrdError {
  const more = count - 1;
  return new CsrdError(errorCode(first), {
    summary: placed(first, several),
    hint: `${first.hint}${more > 0 ? ` ${more} more ${more === 1 ? "row has" : "rows have"} a problem; \`csrd validate\` lists them.` : ""}`,
    details: details(listed, several),
  });
}

/** The error for inputs of which no row can be used; its details list the rows. */
export function nothingUsable(total: number, listed: readonly Remark[], several: boolean): CsrdError {
  const first = listed[0];
  return new CsrdError("no-records", {
    summary: `None of the ${total} rows can be used.`,
    hint: first === undefined ? "Add data below the header row." : `${placed(first, several)} ${first.hint}`,
    details: details(listed, several),
  });
}

function errorCode({ reason }: Remark): CsrdErrorCode {
  return isErrorCode(reason) ? reason : "row-malformed";
}

const isErrorCode = (reason: string): reason is CsrdErrorCode => Object.hasOwn(csrdErrorKinds, reason);

function details(listed: readonly Remark[], several: boolean): string {
  return listed
    .slice(0, 1000)
    .map((remark) => `${placed(remark, several)} ${remark.hint} [${remark.code} ${remark.reason}]`)
    .join("\n");
}

/** The rows to fix, with the reason beside each. The file is what intake reads again; a spreadsheet runs no cell of it. */
export class RejectedRows {
  readonly #artifacts: Artifacts;
  readonly name: string;
  readonly #columns: readonly string[];
  #lines: Lines | undefined;

  constructor(artifacts: Artifacts, name: string, columns: readonly string[]) {
    this.#artifacts = artifacts;
    this.name = name;
    this.#columns = columns;
  }

  get any(): boolean {
    return this.#lines !== undefined;
  }

  /** Adds a row under the columns that are known; figures are written so that they mean the same in whatever file they stand. */
  async add(
    header: readonly string[],
    cells: readonly string[],
    mark: DecimalMark,
    why: string,
  ): Promise<void> {
    if (this.#lines === undefined) {
      this.#lines = await Lines.open(this.#artifacts, this.name);
      this.#lines.add(`${Papa.unparse([[...this.#columns, "why"]])}\n`);
    }
    const row = this.#columns.map((column) => {
      const cell = cells[header.indexOf(column)] ?? "";
      return inert(figures.has(column) ? unmistakable(cell, mark) : cell);
    });
    this.#lines.add(`${Papa.unparse([[...row, inert(why)]], { newline: "\n" })}\n`);
    await this.#lines.flush();
  }

  async close(): Promise<void> {
    await this.#lines?.close();
  }

  async abort(): Promise<void> {
    await this.#lines?.abort();
  }
}

const figures: ReadonlySet<string> = new Set([
  "value",
  "amount",
  "own_factor",
  "market_factor",
  "biogenic_co2_tonnes",
]);

/** A figure of a file with decimal commas as one with a dot, since its row will be read without the rows that told what a comma means. */
function unmistakable(cell: string, mark: DecimalMark): string {
  if (!/[.,]/.test(cell)) return cell;
  const read = readNumber(cell, mark);
  if (typeof read === "string") return cell;
  const text = read.toFixed();
  // Three decimals would read as a thousand in a file whose other figures have decimal commas.
  return /^-?\d{1,3}\.\d{3}$/.test(text) ? `${text}0` : text;
}

function inert(cell: string): string {
  const text = cell.slice(0, limits.text);
  return /^[\s]*[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.,]+$/.test(text) ? `'${text}` : text;
}
