import { CommanderError } from "commander";
import { expect } from "vitest";
import { openDoor } from "#bin/ops/door.ts";
import { bareOf, globalsOf } from "#bin/ops/globals.ts";
import { buildProgram } from "#bin/ops/program.ts";

/** Parses a suggested command with the real program; its action is replaced, so that nothing happens. */
export async function expectParses(command: string): Promise<void> {
  const argv = words(command).slice(1);
  if (bareOf(argv) !== undefined) return;
  const program = await buildProgram(argv, openDoor(globalsOf(argv)), () => undefined);
  const [child] = program.commands;
  expect(child?.name()).toBe(argv[0]);
  child?.action(() => undefined);
  for (const one of child?.commands ?? []) one.action(() => undefined);
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    if (error instanceof CommanderError) throw new Error(`${command}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Words as a POSIX shell reads them; only single quotes are ever written. */
function words(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|\\'|[^\s'])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|\\(')/g, (_, quoted: string | undefined) => quoted ?? "'"),
  );
}
