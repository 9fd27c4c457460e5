import { formatMs } from "#kit/duration.ts";
import type { Engine } from "#kit/engine.ts";
import type { RunState } from "#kit/fold.ts";
import { suggestionLines } from "#kit/render/command.ts";
import { exitLine } from "#kit/render/exits.ts";
import { remarkLine } from "#kit/render/line-mode.ts";
import { noticeOf } from "#kit/render/notice.ts";
import { nextCommands } from "#kit/render/next.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { Door } from "./door.ts";
import { lastDrill, rememberDrill } from "./readiness.ts";
import { watch, type Watch } from "./watch.ts";

const tellForMs = 5_000;

/** Drives an engine under a watching screen, tells Slack and PagerDuty what they are owed, and gives the exit status. */
export async function driveRun(
  door: Door,
  work: (engine: Engine, view: Watch) => Promise<RunState>,
  after = 0,
): Promise<number> {
  door.goOnUnseen();
  const wired = await door.wired();
  const view = await watch(door, after);
  let state: RunState;
  try {
    const engine = await wired.engine(view.onEntry);
    view.guard(engine);
    state = await work(engine, view);
  } finally {
    view.end();
  }
  sayLastDrill(door, state);
  rememberDrill(state);
  sayWhatIsLeft(door, state);
  if (door.globals.notify && process.stdout.isTTY) process.stdout.write(noticeOf(state));
  const { waiting, lastError } = await wired.tellOwed(tellForMs);
  if (waiting > 0 && !door.globals.quiet)
    door.tell(
      `Not everybody was told yet${lastError === undefined ? "" : ` (${clean(lastError, 160)})`}; the record keeps what is owed, and the next command goes on.`,
    );
  return exitOfRun(state);
}

/** How long this took the last time it was practised: whether today was slow is worth knowing. */
function sayLastDrill(door: Door, { runbook, ended, run, askedAt }: RunState) {
  const drill = lastDrill(runbook);
  if (ended?.outcome !== "solved" || drill === undefined || drill.run === run) return;
  if (door.mode === "json" || door.globals.quiet) return;
  const took = formatMs(Date.parse(ended.at) - Date.parse(askedAt));
  const text = `${took} from asking to proof; the last drill, ${drill.run}, took ${formatMs(drill.tookMs)}.`;
  if (door.mode === "lines") return door.print(remarkLine(door.screen(), new Date(), "Compare", text));
  door.print(hang(door.screen(), "   ", text));
}

/** Exit status of a run: its own, or 9 when it waits, or 130 when a person left it. */
function exitOfRun(state: RunState): number {
  if (state.ended !== undefined) return state.ended.exit;
  return state.interrupted === undefined ? 9 : 130;
}

function waitingText({ run, child, steps }: RunState): string {
  if (child !== undefined && child.ended === undefined)
    return `${run} waits for ${child.run} (${child.runbook}), which it handed over to and which waits for people. It goes on with resume.`;
  const step = steps.find(({ state }) => state === "waiting");
  if (step !== undefined)
    return `${run} waits for an answer: ${clean(step.title, 200)}. It goes on with resume once it is there.`;
  return `${run} waits for approval; nothing was changed. It goes on with resume once it is approved.`;
}

/** A run that has not ended stays where it is; says so, and how it goes on. */
function sayWhatIsLeft(door: Door, state: RunState) {
  if (state.ended !== undefined || door.mode === "json") return;
  const screen = door.screen();
  const exit = exitOfRun(state);
  const text = waitingText(state);
  if (door.mode === "lines") {
    door.print(remarkLine(screen, new Date(), "Waits", text));
    for (const { command, effect } of nextCommands(screen, state))
      door.print(remarkLine(screen, new Date(), "Next", `${command}   ${effect}`));
    return door.print(remarkLine(screen, new Date(), "Ended", exitLine(exit)));
  }
  door.print([
    ...hang(screen, mark(screen, "waiting"), text),
    ...suggestionLines(screen, nextCommands(screen, state)),
    exitLine(exit),
  ]);
}
