import { createHash } from "node:crypto";
import { Cron } from "croner";
import { toMs, type Duration } from "../duration.ts";

/** A rule of instants: five cron fields, read in a zone. */
export type Rule = { readonly cron: string; readonly timeZone: string };

const compiled = new Map<string, Cron>();

/** Why a rule is none, as a clause; undefined when it can fire. Asked of every schedule whenever definitions are loaded, so it looks no further than it must. */
export function flawOfRule({ cron, timeZone }: Rule): string | undefined {
  const [minute = "", , day, month, ...rest] = cron.trim().split(/\s+/);
  if (rest.length !== 1 || minute.startsWith("@"))
    return `"${cron}" has not the five fields minute, hour, day of month, month, day of week`;
  if (!isZone(timeZone)) return `"${timeZone}" is no time zone like "Europe/Amsterdam"`;
  try {
    const rule = new Cron(cron, { timezone: timeZone, mode: "5-part", paused: true });
    // Only a day together with a month can be one that no year has.
    const isDated = day !== "*" && month !== "*";
    return isDated && rule.nextRun() === null ? `"${cron}" names no day that ever comes` : undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/^Cron\w+: /, "") : String(error);
    return `"${cron}" cannot be read: ${said.split("\n")[0] ?? said}`;
  }
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/**
 * The first instant of a rule after another one; undefined when none ever comes. An hour that is left out when clocks go forward fires
 * at the first moment after it, an hour that comes twice fires the first time, and what fires within every hour fires in both.
 */
export function nextInstant(rule: Rule, after: Date): Date | undefined {
  const key = `${rule.cron}|${rule.timeZone}`;
  let cron = compiled.get(key);
  if (cron === undefined) {
    cron = new Cron(rule.cron, { timezone: rule.timeZone, mode: "5-part", paused: true });
    compiled.set(key, cron);
  }
  return cron.nextRun(after) ?? undefined;
}

/** The next so many instants. */
export function nextInstants(rule: Rule, after: Date, count: number): readonly Date[] {
  const instants: Date[] = [];
  let at: Date | undefined = after;
  while (instants.length < count) {
    at = nextInstant(rule, at);
    if (at === undefined) break;
    instants.push(at);
  }
  return instants;
}

/** Instants of a stretch of time: the latest one by one, and the first of those before them when they are too many to be told apart. */
export type Stretch = { readonly instants: readonly Date[]; readonly before?: { readonly first: Date } };

const few = 50;
/** So many fires are told one by one; of a longer absence the rest is one record. */
const many = 400;

/** The instants after `from`, up to `to` included. */
export function instantsBetween(rule: Rule, from: Date, to: Date): Stretch {
  const begin = listed(rule, from, to, few);
  const [first] = begin;
  if (begin.length < few || first === undefined) return { instants: begin };
  const shortest = begin.reduce(
    (least, at, index) => Math.min(least, at.getTime() - (begin[index - 1]?.getTime() ?? -Infinity)),
    Infinity,
  );
  const late = new Date(to.getTime() - many * shortest);
  if (late <= first) return { instants: listed(rule, from, to, Infinity) };
  return { instants: listed(rule, late, to, Infinity), before: { first } };
}

function listed(rule: Rule, from: Date, to: Date, most: number): readonly Date[] {
  const instants: Date[] = [];
  let at = nextInstant(rule, from);
  while (at !== undefined && at <= to && instants.length < most) {
    instants.push(at);
    at = nextInstant(rule, at);
  }
  return instants;
}

/** How much later than its instant a fire starts: the same for everybody who works it out, another one for every fire. */
export function jitterMs(schedule: string, instant: Date, jitter: Duration | undefined): number {
  if (jitter === undefined) return 0;
  const digest = createHash("sha256").update(`${schedule} ${instant.toISOString()}`).digest();
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * toMs(jitter));
}
