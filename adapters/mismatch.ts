import { OpsError } from "#kit/errors.ts";
import { plainText } from "./foreign-text.ts";

/** The error of a place that is not the one that the environment's file states. Both sides are named, so that a person sees which is wrong. */
export function mismatch(place: string, found: string, expected: string): OpsError {
  return new OpsError("environment-mismatch", {
    summary: `${place} ${plainText(found, 80) || "(none)"}, but this environment's file says ${expected}.`,
    hint: "Nothing was changed. Choose the right environment, or correct the address, the credentials or the file.",
  });
}
