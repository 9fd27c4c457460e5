import { Command } from "commander";
import { foldRun, type RunState } from "#kit/fold.ts";
import { digestMatches } from "#kit/plan.ts";
import { askAtTerminal } from "./ask.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { driveRun } from "./drive.ts";
import { checkGlass, glassFor, type GlassOptions } from "./glass.ts";
import { collected, givenParams, runbookNamed, withParams, type ParamOptions } from "./params.ts";
import { tellReadiness } from "./readiness.ts";

type Options = ParamOptions & {
  readonly plan?: string;
  readonly without: readonly string[];
  readonly reason?: string;
  readonly wait: boolean;
} & GlassOptions;

/** `ops run <runbook>`: looks, plans, asks, acts, proves. */
export const runCommand: MakeCommand = async (door, end, argv) =>
  withParams(
    new Command("run")
      .description("Looks, plans, asks for approval, acts, and proves that it helped.")
      .argument("<runbook>", "which runbook")
      .option("--plan <digest>", "exactly this plan, made before; refused when the world moved on")
      .option(
        "--without <step>",
        "leave this step out, by its key; what remains is another plan",
        collected,
        [],
      )
      .option("--reason <text>", "why, for the record")
      .option(
        "--break-glass",
        "go without approval, for a while and for a --reason; a second person reviews it",
      )
      .option("--yes", "with --break-glass and --plan: break it without a question")
      .option("--no-wait", "leave as soon as only people are waited for; go on later with ops resume")
      .action((id: string, options: Options) => run(door, end, id, options)),
    door,
    argv,
  );

async function run(door: Door, end: End, id: string, options: Options): Promise<void> {
  const runbook = await runbookNamed(door, id);
  checkGlass(door, "run", runbook.id, options);
  const wired = await door.wired();
  const planned = options.plan === undefined ? undefined : await runOfPlan(door, runbook.id, options.plan);
  const params = { ...planned?.params, ...givenParams(runbook, options) };
  const without = options.without.length > 0 ? options.without : (planned?.without ?? []);
  tellReadiness(door, runbook);
  const status = await driveRun(door, (engine, view) =>
    engine.run(runbook, params, {
      by: wired.identity,
      wait: options.wait,
      without,
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(options.plan === undefined ? {} : { plan: options.plan }),
      ...glassFor(door, view, options),
      ...(door.canAsk && door.mode !== "json" ? { ask: (state) => askAtTerminal(door, view, state) } : {}),
    }),
  );
  end(status);
}

/** A plan named by its digest brings its own parameters and omissions, so that its command needs no others. */
async function runOfPlan(door: Door, runbook: string, typed: string): Promise<RunState | undefined> {
  const { journal, environment } = await door.wired();
  const rows = await journal.runs({ limit: 500, environment: environment.name });
  const row = rows.find(
    (known) => known.runbook === runbook && known.digest !== undefined && digestMatches(known.digest, typed),
  );
  return row === undefined ? undefined : foldRun(await journal.read(row.run));
}
