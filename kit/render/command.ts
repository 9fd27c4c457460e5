import { paint } from "./palette.ts";
import { textColumns, type Screen } from "./screen.ts";
import { clean, hang, wrap } from "./width.ts";

/** A command worth typing next, and what it does; an empty effect is left out. */
export type Suggestion = { readonly command: string; readonly effect: string };

/** A word as a shell reads it back unchanged. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

const longestWord = 400;

/** True when a word can be shown exactly as it would have to be typed. */
export function isTypable(word: string): boolean {
  return clean(word, longestWord) === word;
}

/** `ops …` for the same environment, ready to be copied. */
export function opsCommand(screen: Screen, ...words: readonly string[]): string {
  return `ops ${words.map((word) => shellWord(clean(word, longestWord))).join(" ")}${screen.suffix}`;
}

/** A command on lines of its own, never cut: where it does not fit it continues after a backslash, so a copy still works. */
export function commandLines(screen: Screen, command: string, first = "  "): readonly string[] {
  // Inside quotes a backslash would become part of the word; there the terminal's own wrapping is the faithful one.
  const lines = command.includes("'") ? [command] : wrap(command, screen.columns - first.length - 2);
  return lines.map((line, index) => {
    const more = index < lines.length - 1 ? " \\" : "";
    return `${index === 0 ? first : `${first}  `}${paint(screen, "command", `${line}${more}`)}`;
  });
}

/** Next commands, at most four, each with its effect beside it or, on a narrow screen, beneath. */
export function suggestionLines(screen: Screen, suggestions: readonly Suggestion[]): readonly string[] {
  const shown = suggestions.slice(0, 4);
  const longest = Math.max(0, ...shown.map(({ command }) => command.length));
  const aside = screen.columns >= 72 && longest + 36 <= textColumns(screen);
  return shown.flatMap(({ command, effect }) => {
    if (effect === "") return commandLines(screen, command);
    if (aside) {
      const first = `  ${paint(screen, "command", command)}${" ".repeat(longest - command.length + 3)}`;
      return hang(screen, first, effect, "muted");
    }
    return [...commandLines(screen, command), ...hang(screen, "      ", effect, "muted")];
  });
}
