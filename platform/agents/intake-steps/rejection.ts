import type { IntakeReason } from "./remarks.ts";

/** Thrown while one row is judged, and caught there: the problem with one cell. */
export class Rejection extends Error {
  readonly reason: IntakeReason;
  readonly column: string;
  readonly sentence: string;
  readonly hint: string;
  /** The short code, where it is not the reason's own. */
  readonly code: string | undefined;

  constructor(reason: IntakeReason, column: string, sentence: string, hint: string, code?: string) {
    super(sentence);
    this.reason = reason;
    this.column = column;
    this.sentence = sentence;
    this.hint = hint;
    this.code = code;
  }
}

/** Foreign text in a sentence: quoted and cut. */
export function quote(value: string): string {
  return JSON.stringify(value.slice(0, 60));
}
