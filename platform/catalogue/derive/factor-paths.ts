import { Decimal } from "decimal.js";

/** Lower-case words joined by dashes; the form in which activities are matched. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("&", " and ")
    .replaceAll(/[^a-z0-9.+%]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

/** A number of a source as plain decimal text: `9e-05` is `0.00009`; anything else throws. */
export function plain(text: string | undefined): string {
  const value = new Decimal((text ?? "").trim());
  if (!value.isFinite()) throw new Error(`${text} is no number.`);
  return value.toFixed();
}

/** Whether a cell of a source holds a number. */
export function isNumber(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== "" && Number.isFinite(Number(text));
}
