import type { Health } from "../check.ts";
import type { ShownState } from "../fold.ts";
import type { Reading } from "../finding.ts";
import type { Risk } from "../plan.ts";
import { paint, type Tone } from "./palette.ts";
import type { Screen } from "./screen.ts";

/** How a state looks: always a word and a shape, colour only on top. */
export type StateLook = {
  readonly word: string;
  readonly glyph: string;
  readonly ascii: string;
  readonly tone: Tone;
};

/** The nine states of every surface. */
export const states: Readonly<Record<ShownState, StateLook>> = {
  done: { word: "Done", glyph: "✔", ascii: "[ok]", tone: "done" },
  running: { word: "Running", glyph: "●", ascii: "[..]", tone: "running" },
  waiting: { word: "Waits", glyph: "◷", ascii: "[wait]", tone: "waiting" },
  failed: { word: "Failed", glyph: "✖", ascii: "[FAIL]", tone: "failed" },
  unknown: { word: "Unknown", glyph: "?", ascii: "[??]", tone: "unknown" },
  next: { word: "Next", glyph: "○", ascii: "[  ]", tone: "muted" },
  skipped: { word: "Skipped", glyph: "–", ascii: "[--]", tone: "muted" },
  undone: { word: "Undone", glyph: "↶", ascii: "[undo]", tone: "waiting" },
  stale: { word: "Stale", glyph: "~", ascii: "[old]", tone: "muted" },
};

/** Cells that a mark takes, spaces after it included: glyphs may be drawn two cells wide, so two spaces follow. */
export function markWidth(screen: Screen): number {
  return screen.ascii ? 7 : 3;
}

/** The shape of a state, padded to `markWidth`. */
export function mark(screen: Screen, state: ShownState): string {
  const { glyph, ascii, tone } = states[state];
  return screen.ascii
    ? paint(screen, tone, ascii) + " ".repeat(7 - ascii.length)
    : `${paint(screen, tone, glyph)}  `;
}

/** The shape of something that is neither good nor bad. */
function noteMark(screen: Screen): string {
  return screen.ascii ? "[i]    " : "·  ";
}

/** A check's verdict as one of the nine states; degraded is shown as failing, never as done. */
export function stateOfHealth(health: Health | undefined): ShownState {
  if (health === undefined) return "next";
  if (health.state === "healthy") return "done";
  return health.state === "unknown" ? "unknown" : "failed";
}

/** A reading's shape; an answer that only informs has the neutral one. */
export function markOfReading(screen: Screen, reading: Reading): string {
  if (reading.state === "note") return noteMark(screen);
  return mark(screen, reading.state === "fine" ? "done" : "failed");
}

/** A risk as its own word, coloured; never a synonym. */
export function riskWord(screen: Screen, risk: Risk, pad = 0): string {
  const tones: Readonly<Record<Risk, Tone>> = {
    safe: "done",
    reversible: "running",
    disruptive: "waiting",
    destructive: "failed",
  };
  return paint(screen, tones[risk], risk.padEnd(pad));
}
