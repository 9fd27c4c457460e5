import { Command } from "commander";
import { freezeFacts, freezesTsv, renderFreezes } from "#kit/render/freezes.ts";
import { document } from "#kit/render/ndjson.ts";
import { freezesHere, openings } from "#rules/freezes.ts";
import type { MakeCommand } from "./commands.ts";

const openingsShown = 3;

/** `ops freezes`: when nothing is changed here, and when planned work is done. */
export const freezesCommand: MakeCommand = async (door, end) =>
  new Command("freezes")
    .description("Freezes that are in force or to come here, and the next openings of maintenance windows.")
    .action(async () => {
      const { environment, freezes } = await door.wired();
      const rules = freezes();
      const now = new Date();
      const spans = [
        ...freezesHere(rules, environment).filter(({ to }) => to > now),
        ...openings(rules, environment, now).slice(0, openingsShown),
      ];
      if (door.globals.json) door.print(document({ freezes: freezeFacts(spans, now) }));
      else if (door.isPiped) door.print(freezesTsv(spans, now, door.globals.header));
      else door.print(renderFreezes(door.screen(), spans, now));
      end(0);
    });
