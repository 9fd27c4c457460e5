import { randomBytes } from "node:crypto";
import type { Clock } from "#kit/clock.ts";
import { OpsError } from "#kit/errors.ts";
import { toFault } from "#kit/fault.ts";
import { foldRun, hasActed, type RunState } from "#kit/fold.ts";
import type { Calendar, Closure } from "#kit/freeze.ts";
import type { Journal, LockRow, LockStore } from "#kit/journal.ts";
import { firesIn, type Schedule } from "#kit/schedule.ts";
import {
  decideFires,
  fireName,
  firesElsewhere,
  firesOfOldRule,
  ruleOf,
  startOf,
  tooLate,
  whyNotNow,
} from "#kit/scheduling/decide.ts";
import { nextInstant } from "#kit/scheduling/instants.ts";
import type { Fire, Hold, KnownSchedule, Ledger } from "#kit/scheduling/ledger.ts";
import { schedulerHolder, schedulerLock } from "#kit/scheduling/lock.ts";

/** What firing schedules needs. */
export type Scheduling = {
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly locks: LockStore;
  readonly environment: { readonly name: string; readonly tier: string };
  readonly schedules: readonly Schedule[];
  /** The team's own folder that these came from; undefined for the shipped ones. */
  readonly dir: string | undefined;
  readonly calendar: Calendar;
  readonly clock: Clock;
  /** Who holds the lock: host, process and a nonce. */
  readonly owner: string;
  /** Runs it under exactly this number, as far as it goes without waiting for people; says when the run exists. */
  readonly start: (
    schedule: Schedule,
    fire: Fire & { readonly run: string },
    begun: () => void,
  ) => Promise<RunState>;
  /** Goes on with a run that died before it changed anything. */
  readonly resume: (run: string, schedule: Schedule) => Promise<RunState>;
  readonly say: (line: string) => void;
  /** Most scheduled runs at the same time. */
  readonly atOnce: number;
};

/** Fires the schedules of one environment. */
export type Scheduler = {
  /** Decides everything that is due, and gives the instant at which something is due next. */
  tick(): Promise<Date | undefined>;
  /** Resolves when no scheduled run of this process is under way. */
  idle(): Promise<void>;
  /** Gives the lock back, so that another scheduler need not wait for its lease. */
  leave(): Promise<void>;
};

const leaseMs = 30_000;
/** A wait is never longer, so that a clock that was set, or a person's pause, is noticed soon. */
const longestWaitMs = 10_000;

/** A scheduler; nothing happens before its first tick. */
export function createScheduler(scheduling: Scheduling): Scheduler {
  const { ledger, journal, locks, environment, clock, say } = scheduling;
  const schedules = scheduling.schedules.filter((schedule) => firesIn(schedule, environment));
  const underWay = new Map<string, Promise<void>>();
  const tried = new Map<string, number>();
  const { dir } = scheduling;
  const name = schedulerLock(environment.name, dir);
  let lock: LockRow | undefined;
  let saidWhy: string | undefined;

  /** True while this process fires: it has the lock, and had it renewed just now. */
  async function leads(): Promise<boolean> {
    try {
      lock =
        lock === undefined
          ? await locks.takeLock(name, schedulerHolder(scheduling.owner, await ledger.id()), leaseMs)
          : await locks.renewLock(lock.lock, lock.run, lock.fence, leaseMs);
      if (saidWhy !== undefined) say("fires the schedules now");
      saidWhy = undefined;
      return true;
    } catch (error) {
      if (!OpsError.is(error)) throw error;
      if (error.code === "lock-lost") lock = undefined;
      if (saidWhy !== error.code) say(`fires no schedules: ${error.summary}`);
      saidWhy = error.code;
      return false;
    }
  }

  /** While another host's scheduler has the lock, the fires are that one's; this host's ledger says so. */
  async function standBy(): Promise<void> {
    const held = (await locks.locks().catch(() => [])).find(
      (row) => row.lock === name && row.state === "held",
    );
    if (held === undefined || held.run.includes(await ledger.id())) return;
    for (const schedule of schedules) {
      const known = await reconciled(schedule);
      await ledger.decide(firesElsewhere(schedule, { ...here(), since: await sinceOf(known) }, held.owner));
    }
  }

  const here = () => ({ environment: environment.name, now: clock.now() });

  async function sinceOf(known: KnownSchedule): Promise<Date> {
    const last = await ledger.lastDecided(environment.name, known.schedule, clock.now());
    return new Date(last !== undefined && last > known.since ? last : known.since);
  }

  /** The schedule as the ledger knows it from now on; a rule that changed settles what the old one still owed. */
  async function reconciled(schedule: Schedule): Promise<KnownSchedule> {
    const { id, title, cron, timeZone } = schedule;
    const now = clock.now();
    const before = (await ledger.known(environment.name)).find((one) => one.schedule === id);
    const isSame = before !== undefined && before.cron === cron && before.timeZone === timeZone;
    if (before !== undefined && !isSame)
      await ledger.decide(firesOfOldRule(before, schedule, { ...here(), since: await sinceOf(before) }));
    // A rule that is first seen has no past, and one from a clock that stood ahead begins now.
    const since = isSame && Date.parse(before.since) <= now.getTime() ? before.since : now.toISOString();
    const known: KnownSchedule = {
      environment: environment.name,
      schedule: id,
      title,
      cron,
      timeZone,
      since,
      ...(dir === undefined ? {} : { dir }),
    };
    if (!isSame || before.since !== since || before.title !== title || before.dir !== dir)
      await ledger.remember(known);
    return known;
  }

  /** A calendar that cannot be read is closed; what looks all the same is refused by the engine when it would act. */
  function closureOf({ run, timeZone }: Schedule): Closure | undefined {
    try {
      return scheduling.calendar({ environment, runbook: run, at: clock.now() });
    } catch (error) {
      return { kind: "freeze", name: "unreadable", because: toFault(error).summary, zone: timeZone };
    }
  }

  /** Fires that this scheduler answers for, oldest first: of its own schedules, and of those that its folder had before. */
  async function mine(states: readonly Fire["state"][]): Promise<readonly Fire[]> {
    const open = await ledger.fires({ environment: environment.name, states, limit: 200 });
    if (open.length === 0) return [];
    const had = await ledger.known(environment.name);
    return open
      .filter(({ schedule }) => had.some((known) => known.schedule === schedule && known.dir === dir))
      .reverse();
  }

  /** Why its last run is in the way, and whether a fire waits. */
  async function busyWith(schedule: Schedule): Promise<{ busy: string | undefined; waiting: boolean }> {
    const open = await ledger.fires({
      environment: environment.name,
      schedule: schedule.id,
      states: ["queued", "starting", "ran"],
      limit: 2,
    });
    const waiting = open.some(({ state }) => state === "queued");
    for (const fire of open) {
      if (fire.state === "queued") continue;
      const row = fire.run === undefined ? undefined : await journal.row(fire.run);
      if (fire.state === "ran" && row?.endedAt !== undefined) continue;
      const alone = row?.alive === false && !underWay.has(row.run) ? ", and nobody works on it" : "";
      return { busy: `${fire.run ?? "its last run"} has not ended${alone}`, waiting };
    }
    return { busy: waiting ? "an earlier one has not begun" : undefined, waiting };
  }

  async function due(schedule: Schedule, holds: readonly Hold[]): Promise<Date | undefined> {
    const known = await reconciled(schedule);
    const since = await sinceOf(known);
    const next = nextInstant(ruleOf(schedule), since);
    if (next === undefined || startOf(schedule, next) > clock.now().getTime())
      return starting(schedule, next);
    const { busy, waiting } = await busyWith(schedule);
    const decided = decideFires(schedule, {
      ...here(),
      since,
      holds,
      busy,
      waiting,
      closure: closureOf(schedule),
      full: underWay.size >= scheduling.atOnce,
    });
    for (const fire of await ledger.decide(await withRuns(decided))) {
      if (fire.state === "starting") begin(schedule, fire);
      else say(`${fireName(schedule, new Date(fire.at))} ${fire.state}: ${fire.because ?? ""}`);
    }
    return starting(schedule, nextInstant(ruleOf(schedule), clock.now()));
  }

  /** A fire that starts has its run's number before anything begins: whatever happens then, it cannot begin twice. */
  async function withRuns(fires: readonly Fire[]): Promise<readonly Fire[]> {
    return Promise.all(
      fires.map(async (fire) => (fire.state === "starting" ? { ...fire, run: await freshRun() } : fire)),
    );
  }

  async function freshRun(): Promise<string> {
    for (;;) {
      const run = `r-${randomBytes(4).toString("hex")}`;
      if ((await journal.row(run)) === undefined) return run;
    }
  }

  function begin(schedule: Schedule, fire: Fire) {
    const { run } = fire;
    if (run === undefined || underWay.has(run)) return;
    const name = fireName(schedule, new Date(fire.at));
    say(`${name} begins as ${run}${fire.because === undefined ? "" : `: ${fire.because}`}`);
    const work = scheduling
      .start(
        schedule,
        { ...fire, run },
        () => void ledger.settle(fire, { state: "ran" }).catch(() => undefined),
      )
      .then(({ ended }) => say(`${name} (${run}): ${ended?.verdict ?? "waits for people"}`))
      .catch(async (error: unknown) => {
        const { summary } = toFault(error);
        say(`${name} (${run}): ${summary}`);
        const begun = (await journal.row(run)) !== undefined;
        await ledger.settle(fire, begun ? { state: "ran" } : { state: "failed", because: summary });
      })
      .catch((error: unknown) => say(`${name} (${run}) has no record of its end: ${toFault(error).summary}`))
      .finally(() => underWay.delete(run));
    underWay.set(run, work);
  }

  /** Fires whose process ended between deciding and beginning, and runs that died before they changed anything. */
  async function recover(holds: ReadonlyMap<string, readonly Hold[]>): Promise<void> {
    for (const fire of await mine(["starting"])) {
      const { run } = fire;
      if (run === undefined || underWay.has(run)) continue;
      if ((await journal.row(run)) !== undefined) {
        await ledger.settle(fire, { state: "ran" });
        continue;
      }
      const schedule = schedules.find(({ id }) => id === fire.schedule);
      const why =
        schedule === undefined
          ? "its schedule is not here any more"
          : (tooLate(schedule, new Date(fire.at), clock.now()) ??
            whyNotNow(schedule, {
              now: clock.now(),
              holds: holds.get(schedule.id) ?? [],
              closure: closureOf(schedule),
            }));
      if (schedule === undefined || why !== undefined)
        await ledger.settle(fire, {
          state: "missed",
          because: `its scheduler ended before the run began; ${why ?? ""}`,
        });
      else if (underWay.size < scheduling.atOnce) begin(schedule, fire);
    }
    for (const schedule of schedules) {
      const [last] = await ledger.fires({
        environment: environment.name,
        schedule: schedule.id,
        states: ["ran"],
        limit: 1,
      });
      if (last?.run !== undefined) await goOnWith(schedule, last.run);
    }
  }

  async function goOnWith(schedule: Schedule, run: string): Promise<void> {
    if (underWay.has(run) || underWay.size >= scheduling.atOnce) return;
    const row = await journal.row(run);
    if (row === undefined || row.endedAt !== undefined || row.alive) return;
    const state = foldRun(await journal.read(run));
    if (state === undefined || hasActed(state) || state.phase === "waiting" || state.child !== undefined)
      return;
    if (state.lastSeq <= (tried.get(run) ?? 0)) return;
    tried.set(run, state.lastSeq);
    say(`${run} died before it changed anything: it goes on`);
    const work = scheduling
      .resume(run, schedule)
      .then(({ ended }) => say(`${run}: ${ended?.verdict ?? "waits for people"}`))
      .catch((error: unknown) => say(`${run} does not go on: ${toFault(error).summary}`))
      .finally(() => underWay.delete(run));
    underWay.set(run, work);
  }

  /** Fires that waited for their own last run, or for a free place. */
  async function promote(holds: ReadonlyMap<string, readonly Hold[]>): Promise<void> {
    for (const fire of await mine(["queued"])) {
      const schedule = schedules.find(({ id }) => id === fire.schedule);
      const not =
        schedule === undefined
          ? "its schedule is not here any more"
          : whyNotNow(schedule, {
              now: clock.now(),
              holds: holds.get(schedule.id) ?? [],
              closure: closureOf(schedule),
            });
      if (schedule === undefined || not !== undefined) {
        await ledger.settle(fire, { state: "skipped", because: `it waited, and then: ${not ?? ""}` });
        continue;
      }
      const before = await ledger.fires({
        environment: environment.name,
        schedule: fire.schedule,
        states: ["starting", "ran"],
        limit: 1,
      });
      const [last] = before;
      const row = last?.run === undefined ? undefined : await journal.row(last.run);
      const isFree = last === undefined || (last.state === "ran" && row?.endedAt !== undefined);
      if (!isFree || underWay.size >= scheduling.atOnce) continue;
      const run = await freshRun();
      const because = `it waited: ${fire.because ?? ""}`;
      if (await ledger.settle(fire, { state: "starting", run, because }))
        begin(schedule, { ...fire, state: "starting", run, because });
    }
  }

  return {
    async tick() {
      if (schedules.length === 0) return undefined;
      if (!(await leads())) {
        await standBy();
        return undefined;
      }
      const holds = new Map<string, Hold[]>();
      for (const hold of await ledger.holds(environment.name))
        holds.set(hold.schedule, [...(holds.get(hold.schedule) ?? []), hold]);
      await recover(holds);
      await promote(holds);
      const next: Date[] = [];
      for (const schedule of schedules) {
        const at = await due(schedule, holds.get(schedule.id) ?? []);
        if (at !== undefined) next.push(at);
      }
      return next.sort((a, b) => a.getTime() - b.getTime())[0];
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay.values());
    },
    async leave() {
      if (lock !== undefined) await locks.releaseLock(lock.lock, lock.run, lock.fence).catch(() => undefined);
      lock = undefined;
    },
  };
}

function starting(schedule: Schedule, at: Date | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(startOf(schedule, at));
}

/** Ticks whenever something is due, until the signal; then waits for what is under way and gives the lock back. */
export async function fireSchedules(
  scheduler: Scheduler,
  { clock, say }: Pick<Scheduling, "clock" | "say">,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    let next: Date | undefined;
    try {
      next = await scheduler.tick();
    } catch (error) {
      say(`could not look at the schedules: ${toFault(error).summary}`);
    }
    const wait = next === undefined ? longestWaitMs : next.getTime() - clock.now().getTime();
    await clock.sleep(Math.min(longestWaitMs, Math.max(20, wait)), signal).catch(() => undefined);
  }
  await scheduler.idle();
  await scheduler.leave();
}
