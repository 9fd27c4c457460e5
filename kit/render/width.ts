import { stripVTControlCharacters } from "node:util";
import { eastAsianWidth } from "get-east-asian-width";
import { paint, plainly, type Tone } from "./palette.ts";
import { textColumns, type Screen } from "./screen.ts";

// oxlint-disable-next-line no-control-regex -- these are the characters to take out
const controls = /[\u0000-\u001f\u007f-\u009f]+/g;
// Characters that reorder or hide text: bidirectional controls, zero-width characters, line and paragraph separators, tags.
const invisible =
  /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Text from outside, fit for one line anywhere: no control character, nothing that reorders or hides, at most `cap` characters. */
export function clean(text: string, cap = 400): string {
  const line = stripVTControlCharacters(text)
    .replace(controls, " ")
    .replace(invisible, "")
    .replace(/ {2,}/g, " ")
    .trim();
  const characters = Array.from(line.slice(0, (cap + 1) * 2));
  return characters.length > cap ? `${characters.slice(0, cap - 1).join("")}…` : line;
}

// One cell each: ASCII, our shapes, our punctuation, the bars of a vital sign.
const oneCell = /^[\u0020-\u007e✔●◷✖○–↶·…—→≥≤×±▁-█]*$/;
// Made when a text first needs it: most lines are ASCII, and making one takes a tenth of what a quick command may take.
let segmenter: Intl.Segmenter | undefined;
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** Cells a text takes in a terminal; colour codes take none. */
export function displayWidth(styled: string): number {
  const text = stripVTControlCharacters(styled);
  if (oneCell.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0;
  if (/^[\p{Mark}\p{Control}\p{Format}]/u.test(grapheme)) return 0;
  if (/^\p{Emoji_Presentation}/u.test(grapheme) || grapheme.includes("\ufe0f")) return 2;
  return eastAsianWidth(code);
}

/** Text filled with spaces to a width. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/** Unstyled text cut to a width, with a visible cut. */
export function truncate(screen: Screen, text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  const cut = screen.ascii ? "..." : "…";
  let kept = "";
  let width = 0;
  for (const { segment } of graphemes(text)) {
    const next = graphemeWidth(segment);
    if (width + next > columns - cut.length) break;
    kept += segment;
    width += next;
  }
  return kept + cut;
}

/** Unstyled text in lines of a width; words longer than a line are broken, nothing is lost. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((word) => broken(word, columns))) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line];
}

function broken(word: string, columns: number): readonly string[] {
  if (displayWidth(word) <= columns) return [word];
  const parts: string[] = [];
  let part = "";
  for (const { segment } of graphemes(word)) {
    if (displayWidth(part) + graphemeWidth(segment) > columns) {
      parts.push(part);
      part = "";
    }
    part += segment;
  }
  return [...parts, part];
}

/** A first part of known width, then text that wraps under itself. The first part may be styled. */
export function hang(screen: Screen, first: string, text: string, tone?: Tone): readonly string[] {
  const indent = displayWidth(first);
  const columns = Math.max(16, textColumns(screen) - indent);
  const styled = (line: string) => (tone === undefined ? line : paint(screen, tone, line));
  return wrap(plainly(screen, text), columns).map(
    (line, index) => (index === 0 ? first : " ".repeat(indent)) + styled(line),
  );
}

/** `Label     text`, the label in a column of its own; on a narrow screen the label stands above. */
export function labelled(
  screen: Screen,
  label: string,
  text: string,
  column = 15,
  tone?: Tone,
): readonly string[] {
  if (screen.columns < 60) {
    const name = paint(screen, "strong", label);
    if (label === "") return hang(screen, "  ", text, tone);
    if (label.length + 2 + displayWidth(text) <= screen.columns) return hang(screen, `${name}  `, text, tone);
    return [name, ...hang(screen, "  ", text, tone)];
  }
  return hang(
    screen,
    paint(screen, "strong", label) + " ".repeat(Math.max(1, column - label.length)),
    text,
    tone,
  );
}

/** Text at the left and, where it fits on the same line, a short remark at the right edge; else beneath. */
export function withRight(
  screen: Screen,
  lines: readonly string[],
  right: string,
  tone: Tone = "muted",
): readonly string[] {
  if (right === "") return lines;
  const columns = Math.min(textColumns(screen), 80);
  const remark = plainly(screen, right);
  const last = lines.at(-1) ?? "";
  const gap = columns - displayWidth(last) - displayWidth(remark);
  if (gap >= 2) return [...lines.slice(0, -1), `${last}${" ".repeat(gap)}${paint(screen, tone, remark)}`];
  const indent = Math.max(2, columns - displayWidth(remark));
  return [
    ...lines,
    ...wrap(remark, columns - 2).map(
      (line, index) => `${" ".repeat(index === 0 ? indent : 2)}${paint(screen, tone, line)}`,
    ),
  ];
}
