import type { z } from "zod";
import type { Duration } from "./duration.ts";
import type { Runbook } from "./runbook.ts";
import type { Weekday } from "./zoned.ts";

/** Hours of the schedule's own zone in which something of it may start; `to` before `from` crosses midnight. */
export type StartWindow = {
  readonly from: `${number}:${number}`;
  readonly to: `${number}:${number}`;
  /** Days on which it opens; every day where none are named. */
  readonly days?: readonly Weekday[];
};

/** What becomes of a fire whose time passed while nobody was there to see it: never again, once, or once while it is young enough. */
type WhenMissed = "skip" | "run-once" | { readonly runOnceWithin: Duration };

/** What is given for a runbook's parameters: those with a default may be left out. */
type Given<R> = R extends { readonly params: infer S }
  ? S extends Readonly<Record<string, z.ZodType>>
    ? z.input<z.ZodObject<{ -readonly [Name in keyof S]: S[Name] }>>
    : never
  : never;

/** When, and what if. The what is a runbook, so a night job has the same plan, approval, record and proof as a run by hand. */
export type ScheduleDefinition<R> = {
  /** Equal to the file name. */
  readonly id: string;
  /** Imperative: "Look at everything before the day begins". */
  readonly title: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** Where its hours are meant, by IANA name. */
  readonly timeZone: string;
  /** Names or tiers of the environments it fires in. */
  readonly in: readonly string[];
  readonly run: R;
  readonly params: Given<R>;
  /** Whom its runs are asked by: a team or a person, never somebody whose approval is meant to count as a second opinion. */
  readonly as: string;
  readonly missed: WhenMissed;
  /** When its last run has not ended: leave this one out, or start it afterwards, at most one in waiting. */
  readonly overlap: "skip" | "queue";
  /** In a freeze: leave it out, or look all the same; a plan that would act is refused by the freeze itself. */
  readonly freeze: "skip" | "look";
  /** Outside it nothing of this schedule starts, catching up included. */
  readonly window?: StartWindow;
  /** Starts up to so much later, each fire by an amount of its own that is the same wherever it is worked out. */
  readonly jitter?: Duration;
};

/** A schedule whose runbook does not matter to the holder. */
export type Schedule = Omit<ScheduleDefinition<Runbook>, "run" | "params"> & {
  readonly run: Runbook;
  readonly params: Readonly<Record<string, unknown>>;
};

/** Defines a schedule; its parameters are typed from its runbook's. */
export function defineSchedule<const R extends { readonly id: string; readonly params: object }>(
  schedule: ScheduleDefinition<R>,
): ScheduleDefinition<R> {
  return schedule;
}

/** Whether a schedule fires in this environment. */
export function firesIn(
  schedule: Pick<Schedule, "in">,
  environment: { readonly name: string; readonly tier: string },
): boolean {
  return schedule.in.includes(environment.name) || schedule.in.includes(environment.tier);
}
