import { Command, CommanderError } from "commander";
import { uiVersion } from "#kit/render/ndjson.ts";
import { commandEntries, type CommandEntry, type End } from "./commands.ts";
import type { Door } from "./door.ts";
import { withGlobals } from "./flags.ts";
import { globalFlags } from "./globals.ts";
import { slipOf, unknownCommand } from "./slips.ts";

/** Runs the command that the words name; gives its exit status. A slip in usage becomes a sentence. */
export async function obey(argv: readonly string[], door: Door): Promise<number> {
  let exit = 0;
  try {
    const program = await buildProgram(argv, door, (status) => {
      exit = status;
    });
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw await slipOf(error, argv);
  }
  return exit;
}

/** The program with the one command that was asked for; the others are never imported. */
export async function buildProgram(argv: readonly string[], door: Door, end: End): Promise<Command> {
  const program = withGlobals(
    new Command("ops")
      .enablePositionalOptions()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined }),
  )
    .helpOption(false)
    .helpCommand(false)
    .argument("[command]")
    .option("-h, --help", "this page")
    .option("--version", "the version of ops")
    .option("--look", "look at every alert's check now, also where nobody watches")
    .option("--no-look", "only what is known here, at once");
  const asked = askedFor(argv);
  if (asked !== undefined) program.addCommand(await prepared(asked, door, end, argv));
  program.action(
    async (
      word: string | undefined,
      options: { readonly help?: boolean; readonly version?: boolean; readonly look?: boolean },
    ) => {
      if (word !== undefined) throw unknownCommand(word);
      if (options.version === true) return door.print(await versionText());
      if (options.help === true) return (await import("./help.ts")).printHelp(door);
      return end(await (await import("./situation.ts")).situation(door, { look: options.look }));
    },
  );
  return program;
}

async function prepared(
  entry: CommandEntry,
  door: Door,
  end: End,
  argv: readonly string[],
): Promise<Command> {
  const make = await entry.load();
  const command = withGlobals(await make(door, end, argv));
  quiet(command, door);
  return command;
}

/** Commander's own complaints are thrown, not printed: they become sentences like every other error. */
function quiet(command: Command, door: Door) {
  command.exitOverride().configureOutput({
    writeErr: () => undefined,
    writeOut: (text) => door.print(text.trimEnd()),
  });
  command.configureHelp({ helpWidth: Math.min(100, door.screen().columns), sortOptions: false });
  for (const child of command.commands) quiet(child, door);
}

/** The command's entry: the first word that is not a global flag or the value of one. */
function askedFor(argv: readonly string[]): CommandEntry | undefined {
  const valued = globalFlags
    .filter(({ flags }) => flags.includes("<"))
    .map(({ flags }) => flags.split(" ")[0]);
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (valued.includes(word)) at += 1;
    else if (!word.startsWith("-")) return commandEntries.find(({ name }) => name === word);
  }
  return undefined;
}

async function versionText(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  const version = /"version": "([^"]+)"/.exec(text)?.[1] ?? "of unknown version";
  return `ops ${version}, ui ${uiVersion}, node ${process.version}`;
}
