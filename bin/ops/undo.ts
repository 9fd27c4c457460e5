import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { opsCommand } from "#kit/render/command.ts";
import { environmentName } from "#kit/render/environment.ts";
import { mark } from "#kit/render/states.ts";
import { renderUndo, undoQuestion } from "#kit/render/undo.ts";
import { hang } from "#kit/render/width.ts";
import { typed } from "./ask.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { driveRun } from "./drive.ts";
import { runNamed } from "./runs-known.ts";

const patienceMs = 15 * 60_000;

/** `ops undo <run>`: shows what would be taken back and what cannot be, asks, and does it, last effect first. */
export const undoCommand: MakeCommand = async (door, end) =>
  new Command("undo")
    .description(
      "Takes back what a run did, last effect first. Says what cannot be undone. Enter alone is no.",
    )
    .argument("<run>", "the run to take back")
    .option("--yes", "without a question")
    .action((run: string, { yes = false }: { readonly yes?: boolean }) => undo(door, end, run, yes));

async function undo(door: Door, end: End, run: string, yes: boolean): Promise<void> {
  const { state } = await runNamed(door, run);
  const wired = await door.wired();
  const preview = await (await wired.engine()).undoPlan(run);
  if (door.mode !== "json" && !door.globals.quiet) door.print(renderUndo(door.screen(), state, preview));
  if (!yes) {
    if (!door.canAsk || door.globals.json)
      throw new OpsError("approval-needs-terminal", {
        summary: `Undoing ${run} needs an answer typed at a terminal, and here is none.`,
        hint: `Read what it would do, then: ${opsCommand(door.screen(), "undo", run, "--yes")}`,
      });
    if ((await typed(undoQuestion(door.screen(), state), patienceMs)) !== environmentName(state)) {
      door.print(hang(door.screen(), mark(door.screen(), "waiting"), "Not undone; nothing was changed."));
      return end(5);
    }
  }
  end(await driveRun(door, (engine) => engine.undo(run, { by: wired.identity }), state.lastSeq));
}
