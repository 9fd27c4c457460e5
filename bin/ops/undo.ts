import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { digestMatches, shortDigest } from "#kit/plan.ts";
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

type Options = { readonly plan?: string; readonly yes?: boolean };

const patienceMs = 15 * 60_000;

/** `ops undo <run>`: shows what would be taken back and what cannot be, asks, and does it, last effect first. */
export const undoCommand: MakeCommand = async (door, end) =>
  new Command("undo")
    .description(
      "Takes back what a run did, last effect first. Says what cannot be undone. Enter alone is no.",
    )
    .argument("<run>", "the run to take back")
    .option("--plan <digest>", "the plan that the run carried out; any other is refused")
    .option("--yes", "without a question; needs --plan")
    .action((run: string, options: Options) => undo(door, end, run, options));

async function undo(door: Door, end: End, run: string, options: Options): Promise<void> {
  if (options.yes && options.plan === undefined)
    throw new OpsError("usage", {
      summary: "--yes takes back only a plan that you name.",
      hint: "Read what it would do first, then add --plan and the run's digest.",
    });
  const { state } = await runNamed(door, run);
  const digest = state.plan?.digest ?? "";
  if (options.plan !== undefined && !digestMatches(digest, options.plan))
    throw new OpsError("plan-altered", {
      summary: `${run} carried out plan ${shortDigest(digest)}, not "${options.plan.slice(0, 80)}".`,
      hint: `Read it first: ops timeline ${run}`,
    });
  const wired = await door.wired();
  const preview = await (await wired.engine()).undoPlan(run);
  if (door.mode !== "json" && !door.globals.quiet) door.print(renderUndo(door.screen(), state, preview));
  if (!options.yes) {
    if (!door.canAsk || door.globals.json)
      throw new OpsError("approval-needs-terminal", {
        summary: `Undoing ${run} needs an answer typed at a terminal, and here is none.`,
        hint: `Read what it would do, then: ${opsCommand(door.screen(), "undo", run, "--plan", shortDigest(digest), "--yes")}`,
      });
    if ((await typed(undoQuestion(door.screen(), state), patienceMs)) !== environmentName(state)) {
      door.print(hang(door.screen(), mark(door.screen(), "waiting"), "Not undone; nothing was changed."));
      return end(5);
    }
  }
  end(await driveRun(door, (engine) => engine.undo(run, { by: wired.identity }), state.lastSeq));
}
