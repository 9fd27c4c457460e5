import { formatMs, toMs } from "../duration.ts";
import { closureText, type Closure } from "../freeze.ts";
import type { Schedule, StartWindow } from "../schedule.ts";
import { dayAfter, localMoment, wallClock } from "../zoned.ts";
import { instantsBetween, jitterMs, type Rule } from "./instants.ts";
import type { Fire, Hold } from "./ledger.ts";

/** A fire that starts within this time of its instant is on time; a later one was missed. */
const onTimeMs = 60_000;

/** Everything that what becomes of a fire depends on, beside the schedule itself. */
export type Standing = {
  readonly environment: string;
  readonly now: Date;
  /** Fires after this instant have no record yet. */
  readonly since: Date;
  /** Every word of people about this schedule, oldest first. */
  readonly holds: readonly Hold[];
  /** Why its last run is in the way; undefined when it ended. */
  readonly busy: string | undefined;
  /** One of its fires waits already. */
  readonly waiting: boolean;
  /** The calendar is closed for its runbook. */
  readonly closure: Closure | undefined;
  /** As many scheduled runs as may run at once are under way. */
  readonly full: boolean;
};

/** The records of all fires that are due and have none; at most the last of them starts or waits. Pure. */
export function decideFires(schedule: Schedule, standing: Standing): readonly Fire[] {
  const { now, since } = standing;
  const { instants, before } = instantsBetween(ruleOf(schedule), since, now);
  const due = instants.filter((at) => startOf(schedule, at) <= now.getTime());
  const last = due.at(-1);
  if (last === undefined) return [];
  const record = recordFor(schedule, standing);
  return [
    ...(before === undefined || instants[0] === undefined
      ? []
      : [
          {
            ...record(before.first, {
              state: "missed",
              because: "no scheduler was there for so long that these are told in one line",
            }),
            through: new Date(instants[0].getTime() - 60_000).toISOString(),
          },
        ]),
    ...due.slice(0, -1).map((at) => record(at, unseen(schedule, standing, at))),
    record(last, verdictOn(schedule, standing, last)),
  ];
}

/** Records for fires that another host's scheduler had. */
export function firesElsewhere(
  schedule: Schedule,
  standing: Pick<Standing, "environment" | "now" | "since">,
  owner: string,
): readonly Fire[] {
  const { instants } = instantsBetween(ruleOf(schedule), standing.since, standing.now);
  return instants.map((at) =>
    recordFor(schedule, standing)(at, {
      state: "elsewhere",
      because: `left to ${owner}, whose scheduler had the lock`,
    }),
  );
}

/** Records for the fires of a rule that was replaced before anybody saw them. */
export function firesOfOldRule(
  rule: Rule,
  schedule: Pick<Schedule, "id">,
  standing: Pick<Standing, "environment" | "now" | "since">,
): readonly Fire[] {
  const { instants } = instantsBetween(rule, standing.since, standing.now);
  return instants.map((at) =>
    recordFor(schedule, standing)(at, {
      state: "missed",
      because: "no scheduler was there, and the schedule was changed since",
    }),
  );
}

/** The rule of a schedule's instants. */
export function ruleOf({ cron, timeZone }: Schedule): Rule {
  return { cron, timeZone };
}

/** When a fire starts, as milliseconds: its instant and its own jitter. */
export function startOf(schedule: Schedule, at: Date): number {
  return at.getTime() + jitterMs(schedule.id, at, schedule.jitter);
}

/** Why a fire that waits, or was cut off before its run began, may not start now; undefined when it may. */
export function whyNotNow(
  schedule: Schedule,
  { now, holds, closure }: Pick<Standing, "now" | "holds" | "closure">,
): string | undefined {
  const word = wordAt(holds, now);
  if (word?.paused === true) return pausedText(word);
  if (!isOpen(schedule, now)) return outsideText(schedule);
  return schedule.freeze === "skip" && closure !== undefined ? closureText(closure) : undefined;
}

/** What the schedule says about a fire that starts so late, in words; undefined when it may still run. */
export function tooLate(schedule: Schedule, at: Date, now: Date): string | undefined {
  const lateMs = now.getTime() - startOf(schedule, at);
  if (lateMs <= onTimeMs) return undefined;
  const late = `no scheduler was there in time; seen ${formatMs(lateMs)} late`;
  if (schedule.missed === "run-once") return undefined;
  if (schedule.missed === "skip") return late;
  return lateMs <= toMs(schedule.missed.runOnceWithin)
    ? undefined
    : `${late}, and it runs up to ${schedule.missed.runOnceWithin} late`;
}

type Verdict = Pick<Fire, "state"> & { readonly because?: string };

function recordFor(
  { id }: Pick<Schedule, "id">,
  { environment, now }: Pick<Standing, "environment" | "now">,
): (at: Date, verdict: Verdict) => Fire {
  return (at, verdict) => ({
    environment,
    schedule: id,
    at: at.toISOString(),
    decidedAt: now.toISOString(),
    ...verdict,
  });
}

function unseen(schedule: Schedule, { holds, now }: Standing, at: Date): Verdict {
  const word = wordAt(holds, at);
  if (word?.paused === true) return { state: "skipped", because: pausedText(word) };
  const late = formatMs(now.getTime() - startOf(schedule, at));
  return { state: "missed", because: `no scheduler was there in time; seen ${late} late` };
}

function verdictOn(schedule: Schedule, standing: Standing, at: Date): Verdict {
  const { now, holds, busy, waiting, full } = standing;
  const word = wordAt(holds, at);
  if (word?.paused === true) return { state: "skipped", because: pausedText(word) };
  const missed = tooLate(schedule, at, now);
  if (missed !== undefined) return { state: "missed", because: missed };
  const lateMs = now.getTime() - startOf(schedule, at);
  const not = whyNotNow(schedule, standing);
  if (not !== undefined) return { state: lateMs <= onTimeMs ? "skipped" : "missed", because: not };
  const late =
    lateMs <= onTimeMs
      ? {}
      : { because: `no scheduler was there in time; caught up ${formatMs(lateMs)} late` };
  if (busy !== undefined)
    return schedule.overlap === "skip" || waiting
      ? { state: "skipped", because: waiting ? `${busy}, and one waits already` : busy }
      : { state: "queued", because: busy };
  if (full) return { state: "queued", because: "as many scheduled runs as may run at once are under way" };
  return { state: "starting", ...late };
}

/** The last word of a person before an instant. */
function wordAt(holds: readonly Hold[], at: Date): Hold | undefined {
  return holds.findLast((hold) => Date.parse(hold.at) <= at.getTime());
}

function pausedText({ by, at, why }: Hold): string {
  return `paused by ${by.name} since ${at.slice(0, 10)} ${at.slice(11, 16)} UTC: ${why}`;
}

function outsideText({ window, timeZone }: Schedule): string {
  return `outside its hours, ${windowText(window)} ${timeZone}`;
}

/** "mon, tue 22:00 to 04:00". */
export function windowText(window: StartWindow | undefined): string {
  if (window === undefined) return "at any hour";
  return `${window.days === undefined ? "" : `${window.days.join(", ")} `}${window.from} to ${window.to}`;
}

/** Whether something of this schedule may start at an instant; a window that crosses midnight belongs to the day on which it opens. */
export function isOpen({ window, timeZone }: Pick<Schedule, "window" | "timeZone">, at: Date): boolean {
  if (window === undefined) return true;
  const { from, to, days } = window;
  const { time, date, weekday } = wallClock(at, timeZone);
  const opensOn = (day: string) => days === undefined || days.some((one) => one === day);
  if (from < to) return opensOn(weekday) && time >= from && time < to;
  if (time >= from) return opensOn(weekday);
  const yesterday = wallClock(new Date(`${dayAfter(date, -1)}T12:00:00Z`), "UTC").weekday;
  return time < to && opensOn(yesterday);
}

/** A fire as people name it: the hour of its own zone. */
export function fireName({ id, timeZone }: Schedule, at: Date): string {
  return `${id} of ${localMoment(at, timeZone)} ${timeZone}`;
}
