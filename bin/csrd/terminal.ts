import { decideAscii, decideColor } from "#kit/render/palette.ts";
import { type Screen, usableColumns } from "#kit/render/screen.ts";

/** The screen that text is laid out for now, and whether its last lines may be redrawn. */
export function terminal(): { readonly screen: Screen; readonly redraw: boolean } {
  const { stdout, env } = process;
  const isTerminal = stdout.isTTY;
  const { color, redraw } = decideColor(undefined, env, isTerminal);
  return {
    screen: {
      columns: usableColumns(isTerminal ? stdout.columns : undefined),
      rows: isTerminal && stdout.rows > 0 ? stdout.rows : 24,
      color,
      ascii: isTerminal ? decideAscii(env) : true,
      suffix: "",
    },
    redraw,
  };
}

/** Writes lines to stdout. */
export function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}
