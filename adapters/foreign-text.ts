import { redactor } from "./redactor.ts";

/** Everything that moves a cursor, hides text, turns its direction or ends a line. */
// oxlint-disable-next-line no-control-regex -- control characters are exactly what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** ANSI sequences go whole, so that no `[31m` stays behind. */
// oxlint-disable-next-line no-control-regex -- the escape character starts every sequence
const ansi = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** Foreign text made fit to show: one line, no control or direction characters, secrets masked, at most `most` characters with a visible cut. */
export function plainText(text: string, most = 300): string {
  const oneLine = redactor
    .text(text)
    .replace(ansi, "")
    .replace(unprintable, " ")
    .replace(/ {2,}/g, " ")
    .trim();
  return cut(oneLine, most);
}

/** At most `most` characters, never half a surrogate pair, ending in `…` where something was left out. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
