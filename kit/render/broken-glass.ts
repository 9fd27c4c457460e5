import type { RunState } from "../fold.ts";
import type { Screen } from "./screen.ts";
import { clockMinute } from "./times.ts";
import { clean, labelled } from "./width.ts";

/** The word that stands for skipped approval on every surface; nothing else is called so. */
export const glassWord = "BREAK-GLASS";

/** Who broke the glass, why, what was skipped, and whether somebody reviewed it since; undefined when nobody did. */
export function glassText({ glass, reviewed }: RunState): string | undefined {
  if (glass === undefined) return undefined;
  const skipped = glass.skips.map((one) => clean(one, 40)).join(" and ");
  const review =
    reviewed === undefined
      ? "a review by somebody else is owed"
      : `reviewed by ${clean(reviewed.by.name, 60)}: ${clean(reviewed.text, 300)}`;
  return `by ${clean(glass.by.name, 60)} until ${clockMinute(glass.expiresAt)} UTC, because: ${clean(glass.reason, 300)}. Skipped: ${skipped}; ${review}`;
}

/** The same as a labelled part of a view, in red where there is colour. */
export function glassLines(screen: Screen, state: RunState): readonly string[] {
  const text = glassText(state);
  return text === undefined ? [] : labelled(screen, glassWord, `${text}.`, 15, "failed");
}
