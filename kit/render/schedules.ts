import { closureText, momentText, type Closure } from "../freeze.ts";
import type { RunRow } from "../journal.ts";
import type { Schedule } from "../schedule.ts";
import { windowText } from "../scheduling/decide.ts";
import type { Fire, Hold, KnownSchedule } from "../scheduling/ledger.ts";
import { localMoment } from "../zoned.ts";
import { opsCommand, suggestionLines } from "./command.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { tsv } from "./table.ts";
import { dayOf, clockMinute, roughly } from "./times.ts";
import { clean, hang, labelled } from "./width.ts";

/** A fire with the run that it led to. */
export type SeenFire = { readonly fire: Fire; readonly run?: RunRow };

/** A schedule in one environment, as far as it is known there. */
export type ScheduleView = {
  readonly schedule: Schedule;
  /** The team's own folder that it came from. */
  readonly dir?: string;
  /** False where it does not fire in this environment. */
  readonly here: boolean;
  /** The instants to come, first to come first; jitter comes after them. */
  readonly next: readonly Date[];
  readonly last?: SeenFire;
  readonly hold?: Hold;
  readonly closure?: Closure;
  /** Who fires it: a scheduler's owner; undefined when none runs. */
  readonly firedBy?: string;
};

/** Whether it will fire, in a word. */
function stateOf({ here, hold, closure, schedule, firedBy }: ScheduleView) {
  if (!here) return "not here";
  if (hold?.paused === true) return "paused";
  if (closure !== undefined && schedule.freeze === "skip") return "frozen";
  return firedBy === undefined ? "nobody fires it" : "fires";
}

/** All schedules of an environment, each with its next fire and what became of its last one. */
export function renderSchedules(
  screen: Screen,
  views: readonly ScheduleView[],
  lost: readonly KnownSchedule[],
  now: Date,
): readonly string[] {
  const here = views.filter((view) => view.here);
  const elsewhere = views.filter((view) => !view.here);
  const first = here[0] ?? views[0];
  return [
    ...(here.length === 0 ? ["No schedule fires in this environment."] : []),
    ...here.flatMap((view) => [...blockLines(screen, view, now), ""]),
    ...(elsewhere.length === 0
      ? []
      : [
          ...hang(
            screen,
            "",
            `In other environments: ${elsewhere.map(({ schedule }) => `${schedule.id} (${schedule.in.join(", ")})`).join("; ")}.`,
            "muted",
          ),
          "",
        ]),
    ...lost.flatMap((known) => hang(screen, mark(screen, "stale"), lostText(known))),
    ...(lost.length === 0 ? [] : [""]),
    ...(first === undefined
      ? []
      : suggestionLines(screen, [
          {
            command: opsCommand(screen, "schedules", "show", first.schedule.id),
            effect: "when, and what if",
          },
          {
            command: opsCommand(screen, "schedules", "fires", first.schedule.id),
            effect: "what became of each fire",
          },
        ])),
  ];
}

/** A schedule that this environment's ledger knows and that is not loaded now. */
export function lostText({ schedule, dir }: KnownSchedule): string {
  const from =
    dir === undefined ? "Its file is gone" : `It came from ${clean(dir, 200)}, which is not loaded now`;
  return `${clean(schedule, 80)} fired here and is not among these. ${from}.`;
}

function blockLines(screen: Screen, view: ScheduleView, now: Date): readonly string[] {
  const { schedule, next } = view;
  const state = stateOf(view);
  const shape = state === "fires" ? "done" : "waiting";
  return [
    ...hang(screen, mark(screen, shape), `${clean(schedule.id, 80)}: ${clean(schedule.title, 200)}`),
    ...labelled(screen, "   Next", nextText(view, next[0], now)),
    ...(view.last === undefined ? [] : labelled(screen, "   Last", lastText(view, view.last))),
    ...stateLines(screen, view, "   "),
  ];
}

function stateLines(screen: Screen, view: ScheduleView, indent: string): readonly string[] {
  const { hold, closure, schedule, here, firedBy } = view;
  if (!here) return [];
  return [
    ...(hold?.paused === true
      ? labelled(screen, `${indent}Paused`, `${pausedText(hold)}.`, 15, "waiting")
      : []),
    ...(closure === undefined
      ? []
      : labelled(
          screen,
          `${indent}Frozen`,
          `${clean(closureText(closure), 400)}; ${schedule.freeze === "skip" ? "it is left out" : "it looks all the same"}.`,
          15,
          "waiting",
        )),
    ...(firedBy === undefined
      ? labelled(
          screen,
          `${indent}Nobody`,
          `fires it: no ${opsCommand(screen, "serve")} runs. What is missed meanwhile: ${missedText(schedule)}.`,
          15,
          "failed",
        )
      : []),
  ];
}

function pausedText({ by, at, why }: Hold): string {
  return `by ${clean(by.name, 60)} since ${dayOf(at)} ${clockMinute(at)} UTC: ${clean(why, 300)}`;
}

function nextText(view: ScheduleView, next: Date | undefined, now: Date): string {
  if (next === undefined) return "never";
  const { timeZone, jitter } = view.schedule;
  const later = jitter === undefined ? "" : `, up to ${jitter} later`;
  return `${momentText(next, timeZone)}, in ${roughly(next.getTime() - now.getTime())}${later}`;
}

function lastText({ schedule }: ScheduleView, seen: SeenFire): string {
  return `${momentText(new Date(seen.fire.at), schedule.timeZone)}: ${becameText(seen)}`;
}

/** What became of a fire, in a clause. */
function becameText({ fire, run }: SeenFire): string {
  const because = fire.because === undefined ? "" : `: ${clean(fire.because, 400)}`;
  if (fire.state !== "ran") return `${fire.state}${fire.run === undefined ? "" : ` (${fire.run})`}${because}`;
  const late = fire.because === undefined ? "" : ` (${clean(fire.because, 200)})`;
  if (run?.outcome !== undefined) return `${fire.run ?? ""} ${run.outcome}, exit ${run.exit ?? "?"}${late}`;
  return `${fire.run ?? ""} ${run?.alive === true ? "is under way" : "waits for people"}${late}`;
}

function missedText({ missed }: Schedule): string {
  if (missed === "skip") return "never again";
  if (missed === "run-once") return "once, as soon as it can";
  return `once, when it is seen within ${missed.runOnceWithin}`;
}

/** One schedule: when, what, what if, and what became of it. */
export function renderSchedule(
  screen: Screen,
  view: ScheduleView,
  recent: readonly SeenFire[],
  now: Date,
): readonly string[] {
  const { schedule, next, dir } = view;
  const { run, params, as, overlap, freeze, window, jitter, cron, timeZone } = schedule;
  const given = Object.entries(params)
    .map(([name, value]) => `${name}=${clean(JSON.stringify(value), 80)}`)
    .join(" ");
  const overlaps = overlap === "skip" ? "left out" : "starts afterwards, at most one in waiting";
  return [
    paint(screen, "strong", clean(schedule.title, 200)),
    "",
    ...labelled(screen, "When", `${clean(cron, 80)} in ${timeZone}`),
    ...labelled(screen, "In", clean(schedule.in.join(", "), 200)),
    ...labelled(
      screen,
      "Runs",
      `${clean(run.id, 80)}${given === "" ? "" : ` with ${given}`}: ${clean(run.title, 120)}`,
    ),
    ...labelled(screen, "As", clean(as, 80)),
    ...(dir === undefined ? [] : labelled(screen, "From", clean(dir, 300))),
    "",
    ...labelled(screen, "Missed", `${missedText(schedule)}.`),
    ...labelled(screen, "Overlap", `When its last run has not ended: ${overlaps}.`),
    ...labelled(
      screen,
      "Freeze",
      freeze === "skip" ? "left out." : "looks all the same; a plan that would act is refused.",
    ),
    ...(window === undefined
      ? []
      : labelled(screen, "Hours", `starts ${windowText(window)} ${timeZone} only.`)),
    ...(jitter === undefined ? [] : labelled(screen, "Jitter", `up to ${jitter}.`)),
    "",
    ...(view.here
      ? next.flatMap((at, index) =>
          labelled(
            screen,
            index === 0 ? "Next" : "",
            `${momentText(at, timeZone)}${index === 0 ? `, in ${roughly(at.getTime() - now.getTime())}` : ""}`,
          ),
        )
      : labelled(screen, "Next", "never in this environment.")),
    ...stateLines(screen, view, ""),
    "",
    ...(recent.length === 0
      ? labelled(screen, "Fires", "none is recorded here yet.")
      : recent.flatMap((seen, index) => labelled(screen, index === 0 ? "Fires" : "", lastText(view, seen)))),
  ];
}

/** What became of each fire, newest first. */
export function renderFires(
  screen: Screen,
  { schedule }: ScheduleView,
  fires: readonly SeenFire[],
): readonly string[] {
  if (fires.length === 0) return [`No fire of ${schedule.id} is recorded here yet.`];
  return fires.flatMap((seen) => {
    const { fire } = seen;
    const through =
      fire.through === undefined
        ? ""
        : ` and all until ${localMoment(new Date(fire.through), schedule.timeZone)}`;
    return hang(
      screen,
      mark(screen, shapeOf(seen)),
      `${momentText(new Date(fire.at), schedule.timeZone)}${through}  ${becameText(seen)}`,
    );
  });
}

function shapeOf({ fire, run }: SeenFire) {
  if (fire.state === "ran") {
    if (run?.outcome === undefined) return run?.alive === true ? "running" : "waiting";
    return run.exit === 0 ? "done" : "failed";
  }
  if (fire.state === "queued" || fire.state === "starting") return "waiting";
  if (fire.state === "failed" || fire.state === "missed") return "failed";
  return "skipped";
}

/** The same as facts for programs. */
export function scheduleFacts(view: ScheduleView) {
  const { schedule, here, next, last, hold, closure, firedBy, dir } = view;
  const {
    id,
    title,
    cron,
    timeZone,
    in: places,
    run,
    params,
    as,
    missed,
    overlap,
    freeze,
    window,
    jitter,
  } = schedule;
  return {
    id,
    title,
    cron,
    timeZone,
    in: places,
    runbook: run.id,
    params,
    as,
    missed,
    overlap,
    freeze,
    window,
    jitter,
    dir,
    here,
    state: stateOf(view),
    next: here
      ? next.map((at) => ({ at: at.toISOString(), local: `${localMoment(at, timeZone)} ${timeZone}` }))
      : [],
    last: last === undefined ? undefined : fireFacts(last),
    paused: hold?.paused === true ? hold : undefined,
    closed: closure,
    firedBy,
  };
}

/** A fire as facts for programs. */
export function fireFacts({ fire, run }: SeenFire) {
  return {
    ...fire,
    outcome: run?.outcome,
    exit: run?.exit,
    verdict: run?.verdict,
  };
}

/** The list for pipes. */
export function schedulesTsv(views: readonly ScheduleView[], withHeader: boolean): readonly string[] {
  return tsv(
    ["schedule", "state", "next", "next-local", "cron", "zone", "runbook", "last", "last-became"],
    views.map((view) => {
      const { schedule, next, here, last } = view;
      const at = here ? next[0] : undefined;
      return [
        schedule.id,
        stateOf(view),
        at?.toISOString(),
        at === undefined ? "" : localMoment(at, schedule.timeZone),
        schedule.cron,
        schedule.timeZone,
        schedule.run.id,
        last?.fire.at,
        last === undefined ? "" : becameText(last),
      ];
    }),
    withHeader,
  );
}

/** Fires for pipes. */
export function firesTsv(fires: readonly SeenFire[], withHeader: boolean): readonly string[] {
  return tsv(
    ["at", "through", "state", "run", "outcome", "exit", "decided", "because"],
    fires.map(({ fire, run }) => [
      fire.at,
      fire.through,
      fire.state,
      fire.run,
      run?.outcome,
      run?.exit === undefined ? "" : String(run.exit),
      fire.decidedAt,
      fire.because,
    ]),
    withHeader,
  );
}
