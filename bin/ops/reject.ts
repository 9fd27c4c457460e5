import { Command } from "commander";
import { document } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { hang } from "#kit/render/width.ts";
import type { MakeCommand } from "./commands.ts";
import { runNamed } from "./runs-known.ts";

/** `ops reject <run> --reason …`: refuses a waiting plan. */
export const rejectCommand: MakeCommand = async (door, end) =>
  new Command("reject")
    .description("Refuses a waiting plan. The reason is part of the record.")
    .argument("<run>", "the run that waits")
    .requiredOption("--reason <text>", "why not")
    .action(async (run: string, { reason }: { readonly reason: string }) => {
      await runNamed(door, run);
      const wired = await door.wired();
      const engine = await wired.desk();
      await engine.reject(run, { by: wired.identity, reason });
      const screen = door.screen();
      if (door.globals.json) door.print(document({ run, refused: true, reason }));
      else door.print(hang(screen, mark(screen, "skipped"), `Refused. ${run} ends without a change.`));
      await wired.tellOwed(5_000);
      end(0);
    });
