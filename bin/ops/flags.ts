import { InvalidArgumentError, Option, type Command } from "commander";
import { globalFlags } from "./globals.ts";

/** Adds the global flags to a command, leaving out those it has itself. */
export function withGlobals(command: Command): Command {
  for (const { flags, about } of globalFlags) {
    const option = new Option(flags, about);
    if (command.options.some((own) => own.long === option.long)) continue;
    if (option.long === "--color") option.argParser(colorFlag);
    command.addOption(option);
  }
  for (const child of command.commands) withGlobals(child);
  return command;
}

function colorFlag(value: string): string {
  if (value === "always" || value === "never" || value === "auto") return value;
  throw new InvalidArgumentError("Say always, never or auto.");
}
