import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { document } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { MakeCommand } from "./commands.ts";
import { runNamed } from "./runs-known.ts";

const longest = 2_000;

/** `ops note <run> text`: a person's remark, added to the record and never changed. */
export const noteCommand: MakeCommand = async (door, end) =>
  new Command("note")
    .description("Adds a remark to a run's record. A correction is another note.")
    .argument("<run>", "which run")
    .argument("<text...>", "what to remember")
    .action(async (run: string, words: readonly string[]) => {
      const text = clean(words.join(" "), longest);
      if (text === "")
        throw new OpsError("usage", {
          summary: "The note is empty.",
          hint: "Write what to remember after the run.",
        });
      await runNamed(door, run);
      const wired = await door.wired();
      door.acted();
      const entry = await wired.journal.note(run, { type: "note.added", by: wired.identity, text });
      if (door.globals.json) door.print(document({ run, seq: entry.seq, text }));
      else door.print(hang(door.screen(), mark(door.screen(), "done"), `Noted in ${run}: ${text}`));
      await wired.tellOwed(5_000);
      end(0);
    });
