import { paint, type Tone } from "#kit/render/palette.ts";
import type { Screen } from "#kit/render/screen.ts";
import { states } from "#kit/render/states.ts";

/** Slack's names of the shapes that stand for the nine states, as our messages use them. */
const emoji: Readonly<Record<string, keyof typeof states>> = {
  white_check_mark: "done",
  large_blue_circle: "running",
  hourglass_flowing_sand: "waiting",
  x: "failed",
  grey_question: "unknown",
  white_circle: "next",
  heavy_minus_sign: "skipped",
  leftwards_arrow_with_hook: "undone",
  zzz: "stale",
};

/** Emoji names as the shapes a person sees; a name we do not know stays as it is. */
export function withShapes(screen: Screen, text: string): string {
  return text.replaceAll(/:([a-z_]+):/g, (whole, name: string) => {
    const state = emoji[name];
    if (state === undefined) return whole;
    return screen.ascii ? states[state].ascii : states[state].glyph;
  });
}

/** Slack's marks around words turned into the terminal's own; without colour the bare words are left. Widths change, so call it on whole lines. */
export function withMarks(screen: Screen, line: string): string {
  const painted = (tone: Tone) => (_: string, words: string) => paint(screen, tone, words);
  return line
    .replaceAll(/(?<![\w*])\*([^*\n]+)\*(?![\w*])/g, painted("strong"))
    .replaceAll(/`([^`\n]+)`/g, painted("command"));
}
