import type { RunState } from "#kit/fold.ts";
import { opsCommand, type Suggestion } from "#kit/render/command.ts";
import { environmentName } from "#kit/render/environment.ts";
import { nextCommands } from "#kit/render/next.ts";
import type { Screen } from "#kit/render/screen.ts";

/** A message is read far from the shell it speaks about, so each command names its environment. */
function away(state: RunState): Screen {
  return { columns: 400, rows: 24, color: false, ascii: false, suffix: ` --env ${environmentName(state)}` };
}

/** `ops …` as it can be typed anywhere for this run's environment. */
export function commandFor(state: RunState, ...words: readonly string[]): string {
  return opsCommand(away(state), ...words);
}

/** What can be typed now, safest first; the same commands as the terminal suggests. */
export function nextSteps(state: RunState): readonly Suggestion[] {
  return nextCommands(away(state), state);
}
