import type { RunState } from "../fold.ts";
import type { Undo } from "../run/undo.ts";
import { band, environmentName } from "./environment.ts";
import { paint } from "./palette.ts";
import { itemLines } from "./plan.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang } from "./width.ts";

/** What undoing will do, in the form of a plan, and what stays as it is. */
export function renderUndo(screen: Screen, state: RunState, { steps, stays }: Undo): readonly string[] {
  return [
    ...band(screen, state, state.run),
    ...hang(screen, "", `Takes back what ${clean(state.title, 120)} did, last effect first:`),
    "",
    ...itemLines(screen, state, steps, true),
    ...stays.flatMap((title) =>
      hang(screen, `  ${mark(screen, "skipped")}`, `${clean(title, 240)}: cannot be undone, stays`),
    ),
    "",
  ];
}

/** The question, with the environment named right beside it. */
export function undoQuestion(screen: Screen, state: RunState): string {
  const place = clean(environmentName(state), 30);
  return `${paint(screen, "strong", place.toUpperCase())} >  Type ${paint(screen, "strong", place)} to undo, Enter for no: `;
}
