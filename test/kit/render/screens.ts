import type { Screen } from "#kit/render/screen.ts";

/** A screen of 80 by 24 without colour, with what a test cares about changed. */
export function screenOf(changes: Partial<Screen>): Screen {
  return { columns: 80, rows: 24, color: false, ascii: false, suffix: "", ...changes };
}
