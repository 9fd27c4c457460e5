import { CommanderError } from "commander";
import { openDoor, type Door } from "./door.ts";
import { endWith } from "./ending.ts";
import { globalsOf } from "./globals.ts";
import { guardOutputs } from "./guard.ts";
import { buildProgram } from "./program.ts";
import { slipOf } from "./slips.ts";

/** Runs one command line; returns the exit status. Everything thrown becomes a sentence, and a refusal is recorded. */
export async function main(argv: readonly string[]): Promise<number> {
  guardOutputs();
  const door = openDoor(globalsOf(argv));
  mindReaders(door);
  try {
    return await obey(argv, door);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const known = error instanceof CommanderError ? await slipOf(error, argv) : error;
    return await endWith(door, known, argv);
  } finally {
    door.close();
  }
}

async function obey(argv: readonly string[], door: Door): Promise<number> {
  let exit = 0;
  const program = await buildProgram(argv, door, (status) => {
    exit = status;
  });
  await program.parseAsync([...argv], { from: "user" });
  return exit;
}

/** `ops list | head`: a reader that has seen enough is no failure. A run goes on without one; its record is the journal. */
function mindReaders(door: Door) {
  const gone = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    if (!door.goesOnUnseen) process.exit(process.exitCode ?? 0);
  };
  process.stdout.on("error", gone);
  process.stderr.on("error", gone);
}
