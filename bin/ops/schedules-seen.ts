import { firesIn } from "#kit/schedule.ts";
import type { ScheduleView, SeenFire } from "#kit/render/schedules.ts";
import { ruleOf } from "#kit/scheduling/decide.ts";
import { nextInstants } from "#kit/scheduling/instants.ts";
import type { Fire, KnownSchedule } from "#kit/scheduling/ledger.ts";
import { schedulerLock } from "#kit/scheduling/lock.ts";
import type { Wired } from "../wire.ts";

const ahead = 3;

/** Every schedule that can be used, with what this environment's ledger knows of it. */
export async function scheduleViews(wired: Wired, now = new Date()): Promise<readonly ScheduleView[]> {
  const { environment, ledger, calendar } = wired;
  const [placed, holds, held] = await Promise.all([
    wired.schedules(),
    ledger.holds(environment.name),
    // Who fires is worth knowing, and not worth failing for.
    wired
      .locks()
      .then((locks) => locks.locks())
      .catch(() => []),
  ]);
  return Promise.all(
    placed.map(async ({ schedule, dir }): Promise<ScheduleView> => {
      const here = firesIn(schedule, environment);
      const [last] = here ? await seenFires(wired, schedule.id, 1) : [];
      const hold = holds.findLast((word) => word.schedule === schedule.id);
      const closure = here ? calendar({ environment, runbook: schedule.run, at: now }) : undefined;
      const holder = held.find(
        ({ lock, state }) => lock === schedulerLock(environment.name, dir) && state === "held",
      );
      return {
        schedule,
        here,
        next: nextInstants(ruleOf(schedule), now, ahead),
        ...(dir === undefined ? {} : { dir }),
        ...(last === undefined ? {} : { last }),
        ...(hold === undefined ? {} : { hold }),
        ...(closure === undefined ? {} : { closure }),
        ...(holder === undefined ? {} : { firedBy: holder.owner }),
      };
    }),
  );
}

/** The last fires of a schedule here, each with its run. */
export async function seenFires(wired: Wired, schedule: string, limit: number): Promise<readonly SeenFire[]> {
  const { environment, ledger } = wired;
  const fires = await ledger.fires({ environment: environment.name, schedule, limit });
  return Promise.all(fires.map((fire) => withRun(wired, fire)));
}

/** Schedules that this environment's ledger knows and nobody loaded: what once fired here and does so no more, unsaid. */
export async function lostSchedules(wired: Wired): Promise<readonly KnownSchedule[]> {
  const [known, placed, broken] = await Promise.all([
    wired.ledger.known(wired.environment.name),
    wired.schedules(),
    wired.broken(),
  ]);
  const here = new Set([
    ...placed.map(({ schedule }) => schedule.id),
    ...broken.filter(({ kind }) => kind === "schedule").map(({ id }) => id),
  ]);
  return known.filter(({ schedule }) => !here.has(schedule));
}

async function withRun({ journal }: Wired, fire: Fire): Promise<SeenFire> {
  const run = fire.run === undefined ? undefined : await journal.row(fire.run);
  return run === undefined ? { fire } : { fire, run };
}
