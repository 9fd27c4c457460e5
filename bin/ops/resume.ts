import { Command } from "commander";
import { renderResume } from "#kit/render/resume.ts";
import { askAtTerminal } from "./ask.ts";
import type { MakeCommand } from "./commands.ts";
import { driveRun } from "./drive.ts";
import { mustBeIntact } from "#kit/engine.ts";
import { runNamed } from "./runs-known.ts";

/** `ops resume <run>`: goes on where the journal ends; says first what is kept, looked at and done. */
export const resumeCommand: MakeCommand = async (door, end) =>
  new Command("resume")
    .description(
      "Goes on where a run stopped. Finished steps are not repeated; an interrupted one is looked at first.",
    )
    .argument("<run>", "the run to go on with")
    .option("--no-wait", "leave as soon as only people are waited for")
    .action(async (run: string, { wait }: { readonly wait: boolean }) => {
      const { state } = await runNamed(door, run);
      await mustBeIntact((await door.wired()).journal, run);
      const wired = await door.wired();
      if (door.mode !== "json" && !door.globals.quiet) door.print(renderResume(door.screen(), state));
      const status = await driveRun(
        door,
        (engine, view) =>
          engine.resume(run, {
            by: wired.identity,
            wait,
            ...(door.canAsk && door.mode !== "json" ? { ask: (now) => askAtTerminal(door, view, now) } : {}),
          }),
        state.lastSeq,
      );
      end(status);
    });
