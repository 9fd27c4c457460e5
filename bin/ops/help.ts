import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { helpLines, helpTopics } from "#kit/render/help.ts";
import { clean } from "#kit/render/width.ts";
import { usableRunbook } from "../definitions.ts";
import { commandEntries, type MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { withGlobals } from "./flags.ts";
import { globalFlags } from "./globals.ts";
import { didYouMean } from "./nearest.ts";

/** `ops help [topic]`: a command, a runbook, or a topic. */
export const helpCommand: MakeCommand = async (door, end, argv) =>
  new Command("help")
    .description("This page, a command, a runbook or a topic.")
    .argument("[topic]")
    .action(async (topic: string | undefined) => {
      await help(door, topic, argv);
      end(0);
    });

/** The page of `ops --help`. */
export function printHelp(door: Door): void {
  door.print(
    helpLines(
      door.screen(),
      commandEntries.map(({ usage, about }) => ({ usage, about })),
      globalFlags.map(({ flags, about }) => ({ usage: flags, about })),
    ),
  );
}

async function help(door: Door, topic: string | undefined, argv: readonly string[]): Promise<void> {
  if (topic === undefined) return printHelp(door);
  const page = Object.hasOwn(helpTopics, topic) ? helpTopics[topic] : undefined;
  if (page !== undefined) return door.print(page(door.screen()));
  const entry = commandEntries.find(({ name }) => name === topic);
  if (entry !== undefined) {
    const make = await entry.load();
    const command = withGlobals(await make(door, () => undefined, argv));
    command.name(`ops ${topic}`).configureHelp({ helpWidth: Math.min(100, door.screen().columns) });
    return door.print(command.helpInformation().trimEnd());
  }
  const wired = await door.wired();
  const runbooks = await wired.runbooks();
  if (usableRunbook({ runbooks, broken: await wired.broken() }, topic) !== undefined)
    return (await import("./show.ts")).showRunbook(door, topic);
  const known = [
    ...Object.keys(helpTopics),
    ...commandEntries.map(({ name }) => name),
    ...runbooks.map(({ id }) => id),
  ];
  throw new OpsError("usage", {
    summary: `There is no help on "${clean(topic, 60)}".`,
    hint:
      didYouMean(topic, known) ||
      `Topics are: ${Object.keys(helpTopics).join(", ")}, every command and every runbook.`,
  });
}
