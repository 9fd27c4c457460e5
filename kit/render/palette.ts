import { styleText } from "node:util";
import type { Screen } from "./screen.ts";

/** The part of the process environment that decides about colour and glyphs. */
export type TerminalEnv = Readonly<Record<string, string | undefined>>;

/** What `--color` was given as; undefined when it was not given. */
export type ColorFlag = "always" | "never" | "auto" | undefined;

/** Whether to colour and whether lines may be redrawn; the two differ on a dumb terminal with forced colour. */
export type ColorDecision = { readonly color: boolean; readonly redraw: boolean; readonly because: string };

/**
 * The one place that decides about colour. Order: `--color`, `NO_COLOR` (not empty), `FORCE_COLOR` (`0` or `false` is off),
 * `TERM=dumb`, then whether the stream is a terminal. A dumb terminal is never redrawn, whatever the rest says.
 */
export function decideColor(flag: ColorFlag, env: TerminalEnv, isTerminal: boolean): ColorDecision {
  const dumb = env["TERM"] === "dumb";
  const redraw = isTerminal && !dumb;
  const say = (color: boolean, because: string): ColorDecision => ({ color, redraw, because });
  if (flag === "always") return say(true, "--color=always");
  if (flag === "never") return say(false, "--color=never");
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return say(false, "NO_COLOR");
  const force = env["FORCE_COLOR"];
  if (force !== undefined) {
    const off = force === "0" || force === "false";
    return say(!off, "FORCE_COLOR");
  }
  if (dumb) return say(false, "TERM=dumb");
  return say(isTerminal, isTerminal ? "terminal" : "not a terminal");
}

/** True where glyphs beyond ASCII would come out wrong: asked for, the Linux console, or a locale that is not UTF-8. */
export function decideAscii(env: TerminalEnv): boolean {
  if (env["OPS_ASCII"] !== undefined && env["OPS_ASCII"] !== "") return env["OPS_ASCII"] !== "0";
  if (env["TERM"] === "linux") return true;
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find(
    (value) => value !== undefined && value !== "",
  );
  return locale === "C" || locale === "POSIX" || (locale !== undefined && /\.(?!utf-?8)/i.test(locale));
}

/** Meanings that may be coloured; only the terminal's own sixteen colours, so the user's theme decides. */
export type Tone =
  | "done"
  | "running"
  | "waiting"
  | "failed"
  | "unknown"
  | "muted"
  | "strong"
  | "command"
  | "production"
  | "staging";

type Style = Parameters<typeof styleText>[0];

const styles: Readonly<Record<Tone, Style>> = {
  done: "green",
  running: "cyan",
  waiting: "yellow",
  failed: "red",
  unknown: "magenta",
  muted: "dim",
  strong: "bold",
  command: ["bold", "cyan"],
  production: ["bold", "white", "bgRed"],
  staging: ["bold", "black", "bgYellow"],
};

/** Text in a tone; unchanged without colour or when empty. */
export function paint(screen: Screen, tone: Tone, text: string): string {
  if (!screen.color || text === "") return text;
  return styleText(styles[tone], text, { validateStream: false });
}

const replacements: readonly (readonly [RegExp, string])[] = [
  [/…/g, "..."],
  [/[–—─]/g, "-"],
  [/→/g, "->"],
  [/≥/g, ">="],
  [/≤/g, "<="],
  [/·/g, "-"],
  [/±/g, "+-"],
  [/×/g, "x"],
  [/[‹›]/g, "'"],
];

/** Our own punctuation, in ASCII where the screen asks for it. */
export function plainly(screen: Screen, text: string): string {
  if (!screen.ascii) return text;
  let plain = text;
  for (const [from, to] of replacements) plain = plain.replace(from, to);
  return plain;
}
