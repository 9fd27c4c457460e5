import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { renderResume } from "#kit/render/resume.ts";
import { askAtTerminal } from "./ask.ts";
import type { MakeCommand } from "./commands.ts";
import { driveRun } from "./drive.ts";
import { mustBeIntact } from "#kit/run/known.ts";
import { checkGlass, glassFor, type GlassOptions } from "./glass.ts";
import { collected } from "./params.ts";
import type { ByHand } from "#kit/run/by-hand.ts";
import { runNamed } from "./runs-known.ts";

type Options = GlassOptions & {
  readonly wait: boolean;
  readonly skip: readonly string[];
  readonly done: readonly string[];
};

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
    .option("--skip <step>", "leave this step out from here on, with a --reason", collected, [])
    .option("--done <step>", "take this step as done: you looked, with a --reason", collected, [])
    .option("--reason <text>", "why: for --skip, --done or --break-glass")
    .option("--plan <digest>", "with --yes: the plan you have read")
    .option("--yes", "with --break-glass and --plan: break it without a question")
    .action(async (run: string, options: Options) => {
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
            byHand: byHand(options),
            ...glassFor(door, view, options),
            ...(door.canAsk && door.mode !== "json" ? { ask: (now) => askAtTerminal(door, view, now) } : {}),
          }),
        state.lastSeq,
      );
      end(status);
    });

/** What the person says of single steps; a word without a reason is refused. */
function byHand({ skip, done, reason }: Options): readonly ByHand[] {
  const words = [
    ...skip.map((key) => ({ key, as: "skip" }) as const),
    ...done.map((key) => ({ key, as: "done" }) as const),
  ];
  if (words.length > 0 && (reason === undefined || reason.trim().length < 3))
    throw new OpsError("usage", {
      summary: "--skip and --done need a --reason: it is all that the record will know.",
      hint: 'Add: --reason "the instance was terminated by hand"',
    });
  return words.map((word) => ({ ...word, reason: reason ?? "" }));
}
