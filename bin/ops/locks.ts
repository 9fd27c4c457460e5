import { Command } from "commander";
import { locksTsv, renderLocks } from "#kit/render/locks.ts";
import { document } from "#kit/render/ndjson.ts";
import { isOutboxLock } from "#kit/run/deliver.ts";
import type { MakeCommand } from "./commands.ts";

/** `ops locks`: what is held in this environment, by whom and why, wherever its locks live. */
export const locksCommand: MakeCommand = async (door, end) =>
  new Command("locks")
    .description("What is held, by whom, since when and why. A lock whose holder is gone is shown as stale.")
    .action(async () => {
      const wired = await door.wired();
      const held = (await (await wired.locks()).locks()).filter((lock) => !isOutboxLock(lock.lock));
      const now = new Date();
      if (door.globals.json) door.print(document({ locks: held }));
      else if (door.isPiped) door.print(locksTsv(held, door.globals.header, now));
      else door.print(renderLocks(door.screen(), held, now));
      end(0);
    });
