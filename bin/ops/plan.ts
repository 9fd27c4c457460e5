import { Command } from "commander";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { Plan } from "#kit/plan.ts";
import { exitLine } from "#kit/render/exits.ts";
import { lookingLines } from "#kit/render/found.ts";
import { entryLine } from "#kit/render/ndjson.ts";
import { renderDecision } from "#kit/render/decision.ts";
import { renderPlan } from "#kit/render/plan.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { collected, givenParams, runbookNamed, withParams, type ParamOptions } from "./params.ts";
import { environmentOr, knownReadiness } from "./readiness.ts";

type Options = ParamOptions & {
  readonly full?: boolean;
  readonly why?: boolean;
  readonly without: readonly string[];
  readonly reason?: string;
};

/** `ops plan <runbook>`: looks, decides, plans; changes nothing and holds no acting credentials. */
export const planCommand: MakeCommand = async (door, end, argv) =>
  withParams(
    new Command("plan")
      .description("Looks and plans. Changes nothing.")
      .argument("<runbook>", "which runbook")
      .option("--full", "every step's preview and limit, every question")
      .option("--why", "also the decision table, with the row that matched")
      .option(
        "--without <step>",
        "leave this step out, by its key; what remains is another plan",
        collected,
        [],
      )
      .option("--reason <text>", "why you ask, for the record")
      .action((id: string, options: Options) => plan(door, end, id, options)),
    door,
    argv,
  );

async function plan(door: Door, end: End, id: string, options: Options): Promise<void> {
  const runbook = await runbookNamed(door, id);
  const params = givenParams(runbook, options);
  const wired = await door.wired();
  if (door.mode === "json") door.printVersion();
  const ticking = tick(door);
  const engine = await wired.engine((entry, now) => {
    if (door.mode === "json") door.print(entryLine(entry));
    ticking.show(now);
  });
  const state = await engine
    .plan(runbook, params, {
      by: wired.identity,
      without: options.without,
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    })
    .finally(() => ticking.end());

  const exit = exitOfPlan(state);
  if (door.mode !== "json") {
    const screen = door.screen();
    const { readiness } = knownReadiness(runbook, environmentOr(door.globals.env));
    if (options.why)
      door.print([
        ...renderPlan(screen, state, { full: true, readiness }),
        "",
        ...renderDecision(screen, runbook, state),
      ]);
    else if (door.globals.quiet) door.print(state.ended?.verdict ?? "");
    else
      door.print(
        renderPlan(screen, state, {
          full: options.full === true,
          previous: await previousPlan(door, state),
          readiness,
        }),
      );
    if (door.globals.verbose) door.print(exitLine(exit));
  }
  end(exit);
}

/** Nothing to do is only 0 when everything that was needed is known. */
function exitOfPlan(state: RunState): number {
  const { ended } = state;
  if (
    ended?.outcome === "all-clear" &&
    state.probes.some((probe) => !probe.optional && probe.finding?.known !== true)
  )
    return 7;
  return ended?.exit ?? 1;
}

/** One ticking line on standard error while looking, on a terminal only. */
function tick(door: Door) {
  let state: RunState | undefined;
  const live = door.mode === "live" && process.stderr.isTTY;
  const paint = () => {
    if (state === undefined || state.phase !== "looking") return;
    const [line = ""] = lookingLines({ ...door.screen(), columns: 1_000 }, state, new Date());
    process.stderr.write(`\r\u001b[2K${line.slice(0, Math.max(1, door.screen().columns - 1))}`);
  };
  const timer = live ? setInterval(paint, 200) : undefined;
  timer?.unref();
  return {
    show(now: RunState) {
      state = now;
      if (live) paint();
    },
    end() {
      clearInterval(timer);
      if (live) process.stderr.write("\r\u001b[2K");
    },
  };
}

/** The plan of this runbook made before this one here, when it is recent enough to compare with. */
async function previousPlan(door: Door, state: RunState): Promise<Plan | undefined> {
  const { journal, environment } = await door.wired();
  const rows = await journal.runs({ limit: 50, environment: environment.name });
  const before = rows.find(
    (row) =>
      row.run !== state.run &&
      row.runbook === state.runbook &&
      row.digest !== undefined &&
      Date.parse(state.askedAt) - Date.parse(row.askedAt) < 60 * 60_000,
  );
  return before === undefined ? undefined : foldRun(await journal.read(before.run))?.plan;
}
