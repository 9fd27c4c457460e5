import { stillMissing } from "../consent.ts";
import type { RunState } from "../fold.ts";
import type { RunRow } from "../journal.ts";
import { nobodySince } from "./alive.ts";
import { opsCommand, suggestionLines, type Suggestion } from "./command.ts";
import { exitLine } from "./exits.ts";
import { remarkLine } from "./line-mode.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang } from "./width.ts";

/** What a watcher says when it stops watching, for a terminal and as plain lines, and its exit status. */
export type AttachEnd = {
  readonly lines: readonly string[];
  readonly plain: readonly string[];
  readonly exit: number;
};

/** How watching ended: the run's own end says enough; leaving and an orphaned run are explained, with the command that goes on. */
export function attachEnd(
  screen: Screen,
  state: RunState,
  row: RunRow,
  how: "left" | "over",
  now: Date,
): AttachEnd {
  if (state.ended !== undefined) return { lines: [], plain: [], exit: state.ended.exit };
  const approving = state.phase === "waiting" && stillMissing(state) > 0;
  const approve: Suggestion = {
    command: opsCommand(screen, "approve", state.run),
    effect: "reads the plan and asks",
  };
  if (how === "left")
    return told(
      screen,
      now,
      "running",
      `You left ${state.run}; it goes on, driven by ${clean(row.owner ?? "nobody", 80)}.`,
      [
        { command: opsCommand(screen, "attach", state.run), effect: "watches it again" },
        ...(approving ? [approve] : []),
      ],
      130,
    );
  const resume: Suggestion = {
    command: opsCommand(screen, "resume", state.run),
    effect: "looks at what was interrupted, then goes on",
  };
  const text = `${state.run}: ${nobodySince(row) ?? "nobody is working on it"}${approving ? "; it waits for approval" : ""}.`;
  const inTheMiddle = state.phase === "acting" || state.phase === "verifying";
  return told(screen, now, "stale", text, [...(approving ? [approve] : []), resume], inTheMiddle ? 7 : 9);
}

function told(
  screen: Screen,
  now: Date,
  shape: "running" | "stale",
  text: string,
  next: readonly Suggestion[],
  exit: number,
): AttachEnd {
  const word = shape === "running" ? "Left" : "Stale";
  return {
    lines: [...hang(screen, mark(screen, shape), text), ...suggestionLines(screen, next), exitLine(exit)],
    plain: [
      remarkLine(screen, now, word, text),
      ...next.map(({ command, effect }) => remarkLine(screen, now, "Next", `${command}   ${effect}`)),
      remarkLine(screen, now, "Ended", exitLine(exit)),
    ],
    exit,
  };
}
