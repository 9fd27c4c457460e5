import { Command, CommanderError } from "commander";
import { endWith } from "./csrd/ending.ts";

type Registers = { readonly register: (program: Command) => void };

/** Every subcommand with its line in the help; a command's file is read only when it is asked for. */
const commands: readonly {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Registers>;
}[] = [
  {
    name: "run",
    summary: "turn activity data into an audited, tagged E1-6 statement",
    load: () => import("./csrd/run.ts"),
  },
  {
    name: "validate",
    summary: "check activity data and list every problem; writes nothing",
    load: () => import("./csrd/validate.ts"),
  },
  {
    name: "explain",
    summary: "show where a reported figure comes from, down to the rows",
    load: () => import("./csrd/explain.ts"),
  },
  {
    name: "factors",
    summary: "search the emission factors and units",
    load: () => import("./csrd/factors.ts"),
  },
  { name: "serve", summary: "run the API", load: () => import("./csrd/serve.ts") },
  { name: "agent", summary: "serve one agent over HTTP", load: () => import("./csrd/agent.ts") },
  { name: "work", summary: "take reports from the queue and run them", load: () => import("./csrd/work.ts") },
];

const program = new Command("csrd")
  .description("Turns a company's activity data into an audited, XBRL-tagged ESRS statement.")
  .showHelpAfterError("Run csrd --help for the commands.")
  .exitOverride()
  .configureHelp({ sortSubcommands: false });

const asked = process.argv.slice(2).find((word) => !word.startsWith("-"));
for (const { name, summary, load } of commands) {
  if (name === asked) (await load()).register(program);
  else program.command(name).description(summary);
}
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 1;
  else endWith(error, { json: process.argv.includes("--json") });
}
