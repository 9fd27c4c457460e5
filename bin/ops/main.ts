import { openDoor, type Door } from "./door.ts";
import { bareOf, globalsOf } from "./globals.ts";
import { guardOutputs } from "./guard.ts";

/** Runs one command line; returns the exit status. Everything thrown becomes a sentence, and a refusal is recorded. */
export async function main(argv: readonly string[]): Promise<number> {
  guardOutputs();
  const door = openDoor(globalsOf(argv));
  mindReaders(door);
  try {
    return await answer(argv, door);
  } catch (error) {
    return await (await import("./ending.ts")).endWith(door, error, argv);
  } finally {
    door.close();
  }
}

/** What is asked for most, and by people who wait, loads nothing that it does not need: `ops` alone, and completion. */
async function answer(argv: readonly string[], door: Door): Promise<number> {
  if (argv[0] === "--complete") return (await import("./complete.ts")).complete(door, argv.slice(1));
  const bare = bareOf(argv);
  if (bare !== undefined) return (await import("./situation.ts")).situation(door, bare);
  return (await import("./program.ts")).obey(argv, door);
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
