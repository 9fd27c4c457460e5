import type { BrokenDefinition } from "../registry.ts";
import { tsv } from "./table.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang } from "./width.ts";

/** Definitions that cannot be used, each with the sentence that says why and what to do. */
export function brokenLines(screen: Screen, broken: readonly BrokenDefinition[]): readonly string[] {
  return broken.flatMap(({ kind, id, error }) => [
    ...hang(
      screen,
      mark(screen, "failed"),
      `${kind} ${clean(id, 80)} is broken. ${clean(error.summary, 500)}`,
    ),
    ...hang(screen, "     ", clean(error.hint, 400), "muted"),
  ]);
}

/** The same for programs. */
export function brokenFacts(broken: readonly BrokenDefinition[]) {
  return broken.map(({ kind, id, file, error: { code, summary, hint } }) => ({
    kind,
    id,
    file,
    code,
    summary,
    hint,
  }));
}

/** The same for pipes, in the columns of a list of runbooks. */
export function brokenTsv(broken: readonly BrokenDefinition[]): readonly string[] {
  const rows = broken.map(({ kind, id, error }) => [
    id,
    "",
    `${kind}, broken`,
    `broken: ${error.summary}`,
    "",
    "",
  ]);
  return tsv([], rows, false);
}
