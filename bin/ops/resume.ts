import { Command } from "commander";
import { renderResume } from "#kit/render/resume.ts";
import { askAtTerminal } from "./ask.ts";
import type { MakeCommand } from "./commands.ts";
import { driveRun } from "./drive.ts";
import { mustBeIntact } from "#kit/engine.ts";
import { checkGlass, glassFor, type GlassOptions } from "./glass.ts";
import { runNamed } from "./runs-known.ts";

/** `ops resume <run>`: goes on where the journal ends; says first what is kept, looked at and done. */
export const resumeCommand: MakeCommand = async (door, end) =>
  new Command("resume")
    .description(
      "Goes on where a run stopped. Finished steps are not repeated; an interrupted one is looked at first.",
    )
    .argument("<run>", "the run to go on with")
    .option("--no-wait", "leave as soon as only people are waited for")
    .option(
      "--break-glass",
      "go on without approval, for a while and for a --reason; a second person reviews it",
    )
    .option("--reason <text>", "why the glass is broken")
    .option("--plan <digest>", "with --yes: the plan you have read")
    .option("--yes", "with --break-glass and --plan: break it without a question")
    .action(async (run: string, options: GlassOptions & { readonly wait: boolean }) => {
      const { state } = await runNamed(door, run);
      checkGlass(door, "resume", run, options);
      await mustBeIntact((await door.wired()).journal, run);
      const wired = await door.wired();
      if (door.mode !== "json" && !door.globals.quiet) door.print(renderResume(door.screen(), state));
      const status = await driveRun(
        door,
        (engine, view) =>
          engine.resume(run, {
            by: wired.identity,
            wait: options.wait,
            ...glassFor(door, view, options),
            ...(door.canAsk && door.mode !== "json" ? { ask: (now) => askAtTerminal(door, view, now) } : {}),
          }),
        state.lastSeq,
      );
      end(status);
    });
