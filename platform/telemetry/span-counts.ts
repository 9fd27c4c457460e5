/** What became of the spans of this process: sent, or left out because the receiver was away or slower than they came. */
export type SpanCounts = { sent: number; refused: number; overflowed: number };

/** Counted from the start of the process; all stay 0 where no traces are kept. */
export const spanCounts: SpanCounts = { sent: 0, refused: 0, overflowed: 0 };
