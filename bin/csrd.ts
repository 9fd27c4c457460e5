import { Command, CommanderError } from "commander";
import { CsrdError } from "#platform/errors.ts";
import { endWith } from "./csrd/ending.ts";
import type { StageVerb } from "./csrd/stage.ts";
import { guardOutputs } from "./ops/guard.ts";

type Registers = { readonly register: (program: Command) => void };

/** Every subcommand with its line in the help; a command's file is read only when it is asked for. */
const commands: readonly {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Registers>;
}[] = [
  {
    name: "run",
    summary: "turn a company's data into an audited, tagged ESRS statement",
    load: () => import("./csrd/run.ts"),
  },
  {
    name: "validate",
    summary: "check data and list every problem",
    load: () => import("./csrd/validate.ts"),
  },
  { name: "materialize", summary: "assess which topics are material", load: stage("materialize") },
  { name: "calculate", summary: "calculate every figure that the data allow", load: stage("calculate") },
  { name: "aggregate", summary: "sort the figures by other laws", load: stage("aggregate") },
  { name: "report", summary: "write the statement and its package", load: stage("report") },
  { name: "audit", summary: "judge a finished report by every rule", load: stage("audit") },
  {
    name: "explain",
    summary: "show where a reported figure comes from, down to the rows",
    load: () => import("./csrd/explain.ts"),
  },
  {
    name: "catalog",
    summary: "search the standard's datapoints, or show one",
    load: () => import("./csrd/catalog.ts"),
  },
  {
    name: "factors",
    summary: "search the emission factors and units",
    load: () => import("./csrd/factors.ts"),
  },
  {
    name: "config",
    summary: "show the settings, or begin a .csrd.yaml",
    load: () => import("./csrd/config.ts"),
  },
  {
    name: "doctor",
    summary: "say whether reports can be made here, and what to mend",
    load: () => import("./csrd/doctor.ts"),
  },
  {
    name: "preload",
    summary: "warm the caches, so that the next run starts fast",
    load: () => import("./csrd/preload.ts"),
  },
  { name: "serve", summary: "run the API", load: () => import("./csrd/serve.ts") },
  { name: "agent", summary: "serve one agent over HTTP", load: () => import("./csrd/agent.ts") },
  { name: "work", summary: "take reports from the queue and run them", load: () => import("./csrd/work.ts") },
  {
    name: "queue",
    summary: "look at the reports that wait, and act on them",
    load: () => import("./csrd/queue.ts"),
  },
  {
    name: "switch",
    summary: "show or throw the kill switches",
    load: () => import("./csrd/switch.ts"),
  },
  {
    name: "smoke",
    summary: "check that a running platform does its work",
    load: () => import("./csrd/smoke.ts"),
  },
  {
    name: "bench",
    summary: "measure how long a running platform takes, beside what is expected",
    load: () => import("./csrd/bench.ts"),
  },
  {
    name: "load",
    summary: "send many real reports at once, and say what became of them",
    load: () => import("./csrd/load.ts"),
  },
  {
    name: "keys",
    summary: "make, list, rotate and revoke the keys of the API",
    load: () => import("./csrd/keys.ts"),
  },
  {
    name: "migrate",
    summary: "show the database's schema, or bring it forward",
    load: () => import("./csrd/migrate.ts"),
  },
  {
    name: "audit-log",
    summary: "show, export or verify the record of who did what",
    load: () => import("./csrd/audit-log.ts"),
  },
  {
    name: "retention",
    summary: "show what is past its time, or archive and delete it",
    load: () => import("./csrd/retention.ts"),
  },
  { name: "hold", summary: "keep something whatever its age", load: () => import("./csrd/hold.ts") },
  {
    name: "lineage",
    summary: "ask over all reports what was made from what",
    load: () => import("./csrd/lineage.ts"),
  },
];

function stage(name: StageVerb): () => Promise<Registers> {
  return async () => (await import("./csrd/stage.ts")).stageCommand(name);
}

// Addresses with passwords and keys come by variables; none of them leaves by what is printed, logged or thrown.
guardOutputs();

// A reader that closes early, such as `head`, ends the output and nothing else.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const program = new Command("csrd")
  .description("Turns a company's data into an audited, XBRL-tagged ESRS statement.")
  .configureOutput({ writeErr: () => undefined })
  .exitOverride()
  .configureHelp({ sortSubcommands: false });

const asked = process.argv.slice(2).find((word) => !word.startsWith("-"));
for (const { name, summary, load } of commands) {
  if (name === asked) (await load()).register(program);
  else program.command(name).description(summary);
}
for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError && error.exitCode === 0) process.exitCode = 0;
  else
    endWith(error instanceof CommanderError ? misused(error) : error, {
      json: process.argv.includes("--json"),
    });
}

/** What the command line parser found wrong, as a sentence of ours. */
function misused({ message }: CommanderError): CsrdError {
  const said = message
    .replace(/^error: /, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  const none = said === "(outputHelp)" || said === "";
  return new CsrdError("csrd-usage", {
    summary: none
      ? "No command is named."
      : `${said.charAt(0).toUpperCase()}${said.slice(1)}${/[.?)]$/.test(said) ? "" : "."}`,
    hint: "`csrd --help` lists the commands, `csrd <command> --help` its options.",
  });
}
