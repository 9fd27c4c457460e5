import { Command } from "commander";
import { document } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { MakeCommand } from "./commands.ts";
import { runNamed } from "./runs-known.ts";

const longest = 4_000;

/** `ops review <run> text`: what a second person found about a run behind broken glass. */
export const reviewCommand: MakeCommand = async (door, end) =>
  new Command("review")
    .description("Reviews a run behind broken glass; somebody other than the one who broke it.")
    .argument("<run>", "the run: see ops runs --review-owed")
    .argument("<text...>", "what you looked at, and whether it was right")
    .action(async (run: string, words: readonly string[]) => {
      await runNamed(door, run);
      const wired = await door.wired();
      const engine = await wired.desk();
      const text = clean(words.join(" "), longest);
      await engine.review(run, { by: wired.identity, text });
      door.acted();
      const screen = door.screen();
      if (door.globals.json) door.print(document({ run, reviewed: true, text }));
      else
        door.print(
          hang(
            screen,
            mark(screen, "done"),
            `Reviewed. ${run} owes nothing more; the review is in its record.`,
          ),
        );
      await wired.tellOwed(5_000);
      end(0);
    });
