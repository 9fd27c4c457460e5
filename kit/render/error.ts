import type { CodedError } from "../errors.ts";
import { commandLines } from "./command.ts";
import { exitLine } from "./exits.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang } from "./width.ts";

/** What is known around an error. */
export type ErrorContext = {
  /** True when the command certainly changed nothing. */
  readonly nothingChanged: boolean;
  /** A valid command of the same kind, for a slip in usage. */
  readonly example?: string;
  /** Where a defect's details were written. */
  readonly crashFile?: string;
};

/** A refusal or failure: a sentence, what to do, that nothing was changed where it is true, the code and its page, the exit status. */
export function errorLines(
  screen: Screen,
  error: CodedError<string>,
  context: ErrorContext,
): readonly string[] {
  const code = clean(error.code, 40);
  const details = error.code === "defect" ? "" : clean(error.details ?? "", 600);
  return [
    ...hang(screen, mark(screen, error.exit === 7 ? "unknown" : "failed"), clean(error.summary, 1_000)),
    ...hang(screen, "   ", clean(error.hint, 1_000)),
    ...(details === "" ? [] : hang(screen, "   ", `It said: ${details}`, "muted")),
    ...(context.example === undefined ? [] : commandLines(screen, context.example, "   ")),
    ...(context.nothingChanged ? ["   Nothing was changed."] : []),
    ...(context.crashFile === undefined
      ? []
      : hang(
          screen,
          "   ",
          `Details: ${context.crashFile} (only you can read it; look through it before you pass it on)`,
        )),
    ...hang(screen, "   ", `${code}   ops explain ${code}`, "muted"),
    ...hang(screen, "   ", exitLine(error.exit), "muted"),
  ];
}
