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

/** The refusal of a cell that should hold a number. */
export function noFigure(
  column: string,
  value: string,
  why: "ambiguous" | "unreadable" | "contradictory",
  dotted: number,
): Rejection {
  if (why === "unreadable")
    return new Rejection(
      "amount-unreadable",
      column,
      `${quote(value)} is not a number.`,
      "Write digits only; the unit goes into its own column.",
    );
  return new Rejection(
    "amount-unreadable",
    column,
    why === "ambiguous"
      ? `${quote(value)} could mean a thousand or a decimal.`
      : `${quote(value)} has a decimal comma, but in row ${dotted} a dot was read as one.`,
    "Write it without a thousands separator, or with decimals.",
    "E012",
  );
}
