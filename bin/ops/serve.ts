import { hostname } from "node:os";
import { Command } from "commander";
import { readSecret } from "#adapters/secret.ts";
import { parseControlBinding, type ControlBinding } from "#control/binding.ts";
import { keep } from "#control/keeper.ts";
import { receiver } from "#control/receiver.ts";
import { createScheduler, fireSchedules, type Scheduler } from "#control/scheduler.ts";
import { systemClock } from "#kit/clock.ts";
import type { Engine } from "#kit/engine.ts";
import { OpsError } from "#kit/errors.ts";
import type { RunState } from "#kit/fold.ts";
import type { Identity } from "#kit/identity.ts";
import { remarkLine } from "#kit/render/line-mode.ts";
import { clean } from "#kit/render/width.ts";
import type { EntryListener } from "#kit/run/recorder.ts";
import { firesIn } from "#kit/schedule.ts";
import { fireName } from "#kit/scheduling/decide.ts";
import type { Wired } from "../wire.ts";
import type { MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";

const everyMs = 2_000;
const tellForMs = 5_000;
/** Scheduled runs at the same time; the next one waits, and its record says so. */
const atOnce = 4;

/** `ops serve`: the always-on process. Fires schedules, goes on with runs that people answered, tells Slack and PagerDuty, takes webhooks. */
export const serveCommand: MakeCommand = async (door, end) =>
  new Command("serve")
    .description(
      "Stays: fires the schedules, goes on with runs that were approved or answered, tells Slack and PagerDuty what they are owed, takes webhooks.",
    )
    .action(async () => end(await serve(door)));

async function serve(door: Door): Promise<number> {
  const wired = await door.wired();
  const { environment, journal } = wired;
  const binding = parseControlBinding(environment.bindings["control"]);
  const key = (await readSecret(binding.secret)).reveal();
  const by: Identity = { name: "ops serve", host: hostname(), via: "serve" };
  const stop = new AbortController();
  const engines = new Set<Engine>();
  const say = (line: string) => door.print(remarkLine(door.screen(), new Date(), "Serve", clean(line, 400)));

  const app = await receiver({
    key,
    signal: async (run, signal) => (await wired.desk()).signal(run, signal),
    ready: async () => void (await journal.runs({ limit: 1 })),
  });
  await listening(app.listen({ host: binding.host, port: binding.port }), binding);
  say(`${environment.name} on ${app.listeningOrigin}; Ctrl-C ends it, runs under way stop after their step`);
  const leave = (signal: NodeJS.Signals) => {
    say(`${signal}: finishing what is under way`);
    stop.abort();
    for (const engine of engines) engine.interrupt(signal);
  };
  process.on("SIGINT", leave).on("SIGTERM", leave);
  door.goOnUnseen();
  const drive = async (work: (engine: Engine) => Promise<RunState>, onEntry?: EntryListener) => {
    const engine = await wired.engine(onEntry);
    engines.add(engine);
    try {
      return await work(engine);
    } finally {
      engines.delete(engine);
    }
  };
  try {
    const schedulers = await schedulersOf(wired, drive, say);
    const firing = schedulers.map((scheduler) =>
      fireSchedules(scheduler, { clock: systemClock, say }, stop.signal),
    );
    await keep({
      journal,
      environment: environment.name,
      clock: systemClock,
      resume: (run) => drive((engine) => engine.resume(run, { by, wait: false })),
      tell: () => wired.tellOwed(tellForMs),
      say,
      everyMs,
      signal: stop.signal,
    });
    await Promise.all(firing);
  } finally {
    process.off("SIGINT", leave).off("SIGTERM", leave);
    await app.close();
  }
  return 0;
}

/** One scheduler for the shipped schedules and one for a team's own: another process may serve the first without knowing the second. */
async function schedulersOf(
  wired: Wired,
  drive: (work: (engine: Engine) => Promise<RunState>, onEntry?: EntryListener) => Promise<RunState>,
  say: (line: string) => void,
): Promise<readonly Scheduler[]> {
  const { environment, journal, ledger, calendar, owner } = wired;
  const locks = await wired.locks();
  const placed = await wired.schedules();
  const broken = (await wired.broken()).filter(({ kind }) => kind === "schedule");
  for (const { id, error } of broken) say(`the schedule ${id} is broken and never fires: ${error.summary}`);
  return [...new Set(placed.map(({ dir }) => dir))].map((dir) => {
    const schedules = placed.filter((one) => one.dir === dir).map(({ schedule }) => schedule);
    const here = schedules.filter((schedule) => firesIn(schedule, environment)).length;
    say(
      `${here} of ${schedules.length} ${dir === undefined ? "shipped schedules" : `schedules of ${dir}`} fire in ${environment.name}`,
    );
    return createScheduler({
      ledger,
      journal,
      locks,
      environment,
      schedules,
      dir,
      calendar,
      clock: systemClock,
      owner,
      say,
      atOnce,
      start: (schedule, fire, begun) =>
        drive(
          (engine) =>
            engine.run(schedule.run, schedule.params, {
              by: { name: schedule.as, host: hostname(), via: "cron" },
              wait: false,
              reason: `schedule ${fireName(schedule, new Date(fire.at))}${fire.because === undefined ? "" : `, ${fire.because}`}`,
              scheduled: { schedule: schedule.id, at: fire.at, run: fire.run },
            }),
          begun,
        ),
      resume: (run, schedule) =>
        drive((engine) =>
          engine.resume(run, { by: { name: schedule.as, host: hostname(), via: "cron" }, wait: false }),
        ),
    });
  });
}

async function listening(started: Promise<unknown>, { host, port }: ControlBinding): Promise<void> {
  try {
    await started;
  } catch (error) {
    throw new OpsError("usage", {
      summary: `Nothing can listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}.`,
      hint: "Choose another port in bindings.control, or stop the one that runs already.",
    });
  }
}
