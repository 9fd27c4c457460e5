import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { mustBeIntact } from "#kit/run/known.ts";
import { step as fold, type RunState } from "#kit/fold.ts";
import type { Journal, RunRow } from "#kit/journal.ts";
import { attachEnd } from "#kit/render/attach.ts";
import type { MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { onLeaveKey } from "./leave-key.ts";
import { runNamed } from "./runs-known.ts";
import { watch } from "./watch.ts";

/** How soon what another process writes is seen. */
const pollMs = 250;

/** `ops attach <run>`: watches a run that another process drives, and ends with its verdict. */
export const attachCommand: MakeCommand = async (door, end) =>
  new Command("attach")
    .description(
      "Shows a run that another process drives, from its beginning to its end. Ctrl-C, or q on a terminal, leaves the run alone.",
    )
    .argument("<run>", "the run to watch")
    .action(async (run: string) => end(await follow(door, run)));

/**
 * Shows a run from entry `after` on, as `ops run` does, without owning it: until it ends, until nobody works on it, or until Ctrl-C.
 * Gives the run's own exit status; 9 when it waits and nobody drives it, 7 when it was left in the middle, 130 for Ctrl-C.
 */
export async function follow(door: Door, run: string, after = 0): Promise<number> {
  await runNamed(door, run);
  const { journal } = await door.wired();
  await mustBeIntact(journal, run);
  const left = new AbortController();
  const leave = () => left.abort();
  process.on("SIGINT", leave).on("SIGTERM", leave);
  const unhear = door.mode === "live" ? onLeaveKey(leave) : () => undefined;
  const view = await watch(door, after, { attached: true });
  let last: { readonly state: RunState; readonly row: RunRow };
  try {
    last = await shown(journal, run, view.onEntry, left.signal);
  } finally {
    unhear();
    process.off("SIGINT", leave).off("SIGTERM", leave);
    view.end();
  }
  const how = left.signal.aborted && last.state.ended === undefined ? "left" : "over";
  const ending = attachEnd(door.screen(), last.state, last.row, how, new Date());
  if (ending.lines.length === 0) return ending.exit;
  if (door.mode === "json") door.tell(ending.plain);
  else if (door.mode === "lines") door.print(ending.plain);
  else door.print(ending.lines);
  return ending.exit;
}

/** Shows what is there and what comes, until there is nothing more to wait for. */
async function shown(
  journal: Journal,
  run: string,
  show: (entry: Awaited<ReturnType<Journal["read"]>>[number], state: RunState) => void,
  signal: AbortSignal,
) {
  let state: RunState | undefined;
  for (;;) {
    // The row first: whoever lets go of a run or ends it has written everything by then.
    const row = await journal.row(run);
    for (const entry of await journal.read(run, state?.lastSeq ?? 0)) {
      state = fold(state, entry);
      if (state !== undefined) show(entry, state);
    }
    if (state === undefined || row === undefined) throw new Error(`${run} is gone from the journal`);
    if (state.ended !== undefined || signal.aborted || !row.alive) return { state, row };
    await pause(pollMs, undefined, { signal }).catch(() => undefined);
  }
}
