import { Command } from "commander";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { Journal, RunRow } from "#kit/journal.ts";
import { document } from "#kit/render/ndjson.ts";
import { lastSign, renderRuns, runsTsv, type ListedRun } from "#kit/render/runs.ts";
import { reviewOwed } from "#kit/run/glass.ts";
import { clean } from "#kit/render/width.ts";
import type { MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { withRecord } from "./record-here.ts";
import { wholeNumber } from "./numbers.ts";

type Options = { readonly open?: boolean; readonly reviewOwed?: boolean; readonly limit: number };

/** `ops runs`: newest first. */
export const runsCommand: MakeCommand = async (door, end) =>
  new Command("runs")
    .description("What ran and what runs, newest first.")
    .option("--open", "only what has not ended")
    .option("--review-owed", "only what was done behind broken glass and nobody reviewed")
    .option("--limit <count>", "how many", wholeNumber(1, 1_000), 20)
    .action(async (options: Options) => {
      const runs = await withRecord((journal) =>
        options.reviewOwed === true ? owedReviews(journal, door) : listRuns(journal, door, options),
      );
      if (door.globals.json) door.print(document({ runs: runs.map(asJson) }));
      else if (door.isPiped) door.print(runsTsv(runs, door.globals.header));
      else door.print(renderRuns(door.screen(), runs));
      end(0);
    });

/** Runs of the chosen environment, or of all where none was chosen; open ones with where they stand. */
async function listRuns(
  journal: Journal,
  door: Door,
  options: { readonly open?: boolean; readonly limit: number },
): Promise<readonly ListedRun[]> {
  const rows = await journal.runs({
    limit: options.limit,
    ...(options.open === true ? { open: true } : {}),
    ...(door.globals.env === undefined ? {} : { environment: door.globals.env }),
  });
  return Promise.all(
    rows.map(async (row) => {
      if (row.endedAt !== undefined) return { row, phase: "ended" };
      const state = foldRun(await journal.read(row.run));
      return state === undefined
        ? { row, phase: "unknown" }
        : { row, phase: state.phase, now: whereItStands(row, state) };
    }),
  );
}

/** Runs behind broken glass without a review, among the newest thousand. */
async function owedReviews(journal: Journal, door: Door): Promise<readonly ListedRun[]> {
  const here = door.globals.env === undefined ? {} : { environment: door.globals.env };
  const rows = (await journal.runs({ limit: 1_000, ...here })).filter(({ planOnly }) => !planOnly);
  const listed = await Promise.all(
    rows.map(async (row): Promise<readonly ListedRun[]> => {
      const state = foldRun(await journal.read(row.run));
      if (state?.glass === undefined || !reviewOwed(state)) return [];
      const { by, reason } = state.glass;
      const now = `${clean(by.name, 40)} broke the glass, because: ${clean(reason, 200)}; review it: ops review ${row.run} "..."`;
      return [{ row, phase: state.phase, now }];
    }),
  );
  return listed.flat();
}

function whereItStands(row: RunRow, state: RunState): string {
  const sign = lastSign(row, new Date());
  if (state.phase === "waiting")
    return `waits for approval until ${state.plan?.expiresAt.slice(11, 16) ?? "?"} UTC; ${sign}`;
  const step = state.steps.find((known) => known.state === "running" || known.state === "unknown");
  if (step !== undefined)
    return `at step ${clean(step.key, 6)} of ${state.steps.length}, ${clean(step.title, 160)}; ${sign}`;
  return `${state.phase}; ${sign}`;
}

function asJson({ row, phase, now }: ListedRun) {
  const { digest, ...rest } = row;
  return {
    ...rest,
    phase,
    ...(digest === undefined ? {} : { plan: digest }),
    ...(now === undefined ? {} : { now }),
  };
}
