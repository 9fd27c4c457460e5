import type { CommanderError } from "commander";
import { OpsError } from "#kit/errors.ts";
import { clean } from "#kit/render/width.ts";
import { commandEntries } from "./commands.ts";
import { didYouMean } from "./nearest.ts";

/** A slip in usage as a sentence with the nearest valid thing, never a usage dump. */
export async function slipOf(error: CommanderError, argv: readonly string[]): Promise<OpsError> {
  const verb = commandEntries.find(({ name }) => argv.includes(name))?.name;
  const help = verb === undefined ? "ops help" : `ops help ${verb}`;
  const said = clean(error.message.replace(/^error: /, "").replace(/\n\(?Did you mean.*$/s, ""), 300).replace(
    /\.$/,
    "",
  );
  const near = /Did you mean (?:one of )?(.+?)\?/s.exec(error.message)?.[1];
  const summary = `${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
  const hint = near === undefined ? `See: ${help}` : `Did you mean ${clean(near, 200)}? See: ${help}`;
  return new OpsError("usage", { summary, hint, cause: error });
}

/** A word that is no command. */
export function unknownCommand(word: string): OpsError {
  const typed = clean(word, 60);
  const near = didYouMean(
    word,
    commandEntries.map(({ name }) => name),
  );
  return new OpsError("usage", {
    summary: `"${typed}" is not a command of ops.`,
    hint: near === "" ? "See: ops help" : `${near} See: ops help`,
  });
}
