import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { owedFacts, renderOwed } from "#kit/render/owed.ts";
import { document } from "#kit/render/ndjson.ts";
import { owed, type Owed } from "#kit/run/deliver.ts";
import type { MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { wholeNumber } from "./numbers.ts";

type Options = { readonly list?: boolean; readonly for: number };

/** `ops deliver`: what Slack and PagerDuty have not been told; tells it now, also what would be tried again later. */
export const deliverCommand: MakeCommand = async (door, end) =>
  new Command("deliver")
    .description(
      "Tells Slack and PagerDuty now what they are owed, and says what is still owed to whom and why. Runs do this by themselves; this is for after an outage.",
    )
    .option("--list", "only say what is owed; tell nobody")
    .option("--for <seconds>", "for at most so long", wholeNumber(1, 3_600), 60)
    .action(async (options: Options) => {
      const wired = await door.wired();
      const names = await wired.destinations();
      if (names.length === 0)
        throw new OpsError("usage", {
          summary: `${wired.environment.name} tells nobody: it binds neither Slack nor PagerDuty.`,
          hint: "Bind one in the environment file: see ops help environments.",
        });
      const before = await owed(wired.journal, wired.environment.name, names);
      if (options.list !== true && before.some(({ entries }) => entries > 0))
        await wired.tellOwed(options.for * 1_000, { now: true });
      const after = await owed(wired.journal, wired.environment.name, names);
      show(door, names, before, after);
      end(options.list === true || after.every(({ entries }) => entries === 0) ? 0 : 4);
    });

function show(door: Door, names: readonly string[], before: readonly Owed[], after: readonly Owed[]) {
  const told = before.filter(
    (one) =>
      one.entries > 0 &&
      !after.some(
        ({ run, destination, entries }) => entries > 0 && run === one.run && destination === one.destination,
      ),
  ).length;
  if (door.globals.json) return door.print(document({ told, ...owedFacts(names, after) }));
  door.print(renderOwed(door.screen(), names, told, after, new Date()));
}
