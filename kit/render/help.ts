import { exitMeanings } from "./exits.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { states } from "./states.ts";
import { hang, pad } from "./width.ts";

/** A command with its line in the help. */
export type HelpEntry = { readonly usage: string; readonly about: string };

/** The help page: two real examples first, then what people use, then every flag. */
export function helpLines(
  screen: Screen,
  commands: readonly HelpEntry[],
  flags: readonly HelpEntry[],
): readonly string[] {
  const rows = (entries: readonly HelpEntry[]) => {
    const column = Math.min(26, Math.max(...entries.map(({ usage }) => usage.length)) + 2);
    return entries.flatMap(({ usage, about }) =>
      screen.columns < 60 || usage.length >= column
        ? [`  ${usage}`, ...hang(screen, "      ", about, "muted")]
        : hang(screen, `  ${pad(usage, column)}`, about),
    );
  };
  return [
    ...hang(screen, "", "ops runs the runbooks of the CSRD platform: look, plan, approve, act, prove."),
    "",
    paint(screen, "strong", "Something is broken"),
    ...rows([
      { usage: "ops list 502 unreachable", about: "find the runbook by what you see" },
      { usage: "ops plan platform-down", about: "look and plan; changes nothing" },
    ]),
    "",
    paint(screen, "strong", "Commands"),
    ...rows(commands),
    "",
    paint(screen, "strong", "Flags of every command"),
    ...rows(flags),
    "",
    ...hang(
      screen,
      "",
      "More: ops help <command>, ops help <runbook>, ops help accessibility, ops help exit-codes",
    ),
  ];
}

/** The pages behind `ops help <topic>`. */
export const helpTopics: Readonly<Record<string, (screen: Screen) => readonly string[]>> = {
  accessibility: (screen) => [
    paint(screen, "strong", "Reading without colour, shapes or redrawing"),
    "",
    ...[
      "Line mode prints one timestamped line per thing that happened, in plain words, and a sign of life every 30 s. Nothing is redrawn and no control code is sent. It is on with --plain, OPS_ACCESSIBLE=1, CI, TERM=dumb, and whenever the output is not a terminal.",
      "Colour is decided by --color=always or never, then NO_COLOR, then FORCE_COLOR, then the terminal. It never carries a meaning alone.",
      "OPS_ASCII=1 replaces every shape by letters:",
    ].flatMap((paragraph) => [...hang(screen, "", paragraph), ""]),
    ...Object.values(states).map(
      ({ word, glyph, ascii }) => `  ${pad(screen.ascii ? ascii : glyph, 8)}${pad(ascii, 8)}${word}`,
    ),
  ],
  "exit-codes": (screen) => [
    paint(screen, "strong", "What the exit status says"),
    "",
    ...Object.entries(exitMeanings).flatMap(([code, meaning]) =>
      hang(screen, `  ${code.padStart(3)}  `, meaning),
    ),
    "",
    ...hang(screen, "", "A new meaning gets a new number; a number never changes its meaning."),
  ],
};
