/** What a renderer must know about where its text goes. Nothing else about the terminal reaches it, so every view is a pure function. */
export type Screen = {
  /** Cells per line; see `usableColumns` for odd terminals. */
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
  /** Only ASCII in our own glyphs and punctuation. */
  readonly ascii: boolean;
  /** Appended to every command that is suggested, so that it reaches the same environment: " --env sandbox", or nothing. */
  readonly suffix: string;
};

/** Width to lay out for: 80 where the terminal does not say (a pseudo-terminal of width 0, a pipe), never under 40. */
export function usableColumns(columns: number | undefined): number {
  if (columns === undefined || !Number.isFinite(columns) || columns <= 0) return 80;
  return Math.max(40, Math.floor(columns));
}

/** Widest line that still reads well; wider windows get margins, not longer lines. */
export function textColumns(screen: Screen): number {
  return Math.min(screen.columns, 100);
}

/** The same screen, some cells narrower, for lines that will be indented. */
export function inset(screen: Screen, cells: number): Screen {
  return { ...screen, columns: screen.columns - cells };
}
