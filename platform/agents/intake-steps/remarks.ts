import type { CsrdErrorCode } from "../../errors.ts";
import type { Remark } from "../documents.ts";
import type { IntakeCodes } from "./rules.ts";

/** Warnings that are no errors; the errors' reasons are error codes with a page of their own. */
export const warningReasons = [
  "quality-low",
  "outlier",
  "metadata-missing",
  "code-translated",
  "gap",
  "jump",
  "unit-doubtful",
  "out-of-range",
  "repeated",
  "us-average",
  "calculated-cell",
  "site-missing",
  "breakdown-unused",
  "encoding-guessed",
  "columns-unused",
  "factor-outdated",
  "sheet-unused",
] as const;
export type WarningReason = (typeof warningReasons)[number];
/** Why a cell is refused or pointed out. */
export type IntakeReason = CsrdErrorCode | WarningReason;

const kept = 100;

/** Collects remarks, counting all and keeping the first hundred of each code, so that a bad million takes no more memory than a bad hundred. */
export class Remarks {
  readonly #codes: IntakeCodes;
  readonly counts: Record<string, number> = {};
  readonly rejected: Remark[] = [];
  readonly warnings: Remark[] = [];
  /** Rows refused. */
  refused = 0;
  /** Rows refused before they were judged. */
  malformed = 0;

  constructor(codes: IntakeCodes) {
    this.#codes = codes;
  }

  refuse(
    input: string,
    row: number,
    of: { reason: IntakeReason; column: string; sentence: string; hint: string; code?: string | undefined },
  ): Remark {
    this.refused += 1;
    return this.#add(this.rejected, input, row, of);
  }

  warn(
    reason: WarningReason,
    input: string,
    row: number,
    column: string,
    sentence: string | (() => string),
    hint: string,
  ): void {
    const code = this.codeOf(reason);
    const count = this.counts[code] ?? 0;
    if (count >= kept) {
      this.counts[code] = count + 1;
      return;
    }
    this.#add(this.warnings, input, row, {
      reason,
      column,
      sentence: typeof sentence === "string" ? sentence : sentence(),
      hint,
    });
  }

  codeOf(reason: IntakeReason): string {
    return this.#codes.get(reason) ?? "E000";
  }

  #add(
    list: Remark[],
    input: string,
    row: number,
    of: { reason: IntakeReason; column: string; sentence: string; hint: string; code?: string | undefined },
  ): Remark {
    const code = of.code ?? this.codeOf(of.reason);
    const count = (this.counts[code] ?? 0) + 1;
    this.counts[code] = count;
    const remark: Remark = {
      input,
      row,
      code,
      reason: of.reason,
      column: of.column,
      sentence: of.sentence,
      hint: of.hint,
    };
    if (count <= kept) list.push(remark);
    return remark;
  }
}
