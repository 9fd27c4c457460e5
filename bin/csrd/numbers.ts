import { CsrdError } from "#platform/errors.ts";
import { inert } from "./ending.ts";

/** A whole number from an option; throws `csrd-usage` outside of its bounds. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new CsrdError("csrd-usage", {
    summary: `${option} takes a whole number from ${least} to ${most.toLocaleString("en")}, not "${inert(text).slice(0, 40)}".`,
    hint: "`csrd --help` shows every command, `csrd <command> --help` its options.",
  });
}
