import { isCodedError } from "#kit/errors.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import type { RunState } from "#kit/fold.ts";
import { closureText } from "#kit/freeze.ts";
import { placeHash, type CheckedReadiness, type Drill } from "#kit/readiness.ts";
import { remarkLine } from "#kit/render/line-mode.ts";
import { paramFacts } from "#kit/render/params.ts";
import { drillText, readinessText } from "#kit/render/readiness.ts";
import { mark } from "#kit/render/states.ts";
import { between } from "#kit/render/times.ts";
import { hang } from "#kit/render/width.ts";
import type { Runbook } from "#kit/runbook.ts";
import { stateDir } from "#sandbox/state-dir.ts";
import { chooseEnvironment } from "../environment-names.ts";
import { loadEnvironment } from "../environment.ts";
import { calendarOf } from "../freezes.ts";
import type { Door } from "./door.ts";
import { remembered } from "./remembered.ts";

/** The chosen environment, or why there is none; choosing none is no failure for a command that only reads definitions. */
export function environmentOr(named: string | undefined): {
  readonly file?: EnvironmentFile;
  readonly why?: string;
} {
  try {
    return { file: loadEnvironment(chooseEnvironment(named)) };
  } catch (error) {
    return { why: isCodedError(error) ? error.summary : String(error) };
  }
}

/** What is known of a runbook without looking: whether it was found ready here, and its last drill. */
export type KnownReadiness = {
  /** "ready in sandbox (checked 12 min ago); last drill 3 d ago, solved in 41 s"; begins with "ready" only where that can be relied on. */
  readonly readiness: string;
  readonly checked?: CheckedReadiness;
  readonly drill?: Drill;
};

/** Reads what was remembered; opens no journal and asks nobody, so that a list stays fast. */
export function knownReadiness(
  runbook: Runbook,
  place: ReturnType<typeof environmentOr>,
  now = new Date(),
): KnownReadiness {
  const memory = remembered(stateDir());
  const drill = memory.drill(runbook.id);
  const checked = place.file === undefined ? undefined : memory.checked(place.file.name, runbook.id);
  const here =
    cannotRun(runbook, place) ??
    (place.file === undefined
      ? "no environment is chosen"
      : readinessText(place.file.name, placeHash(place.file), checked, now));
  return {
    readiness: `${here}; ${drillText(drill, now)}`,
    ...(checked === undefined ? {} : { checked }),
    ...(drill === undefined ? {} : { drill }),
  };
}

/** The same in words: "ready in sandbox (checked …)", or what is missing. */
export function readinessOf(runbook: Runbook, place: ReturnType<typeof environmentOr>): string {
  return knownReadiness(runbook, place).readiness;
}

/** What the environment's file lacks for this runbook; undefined when it lacks nothing. */
function cannotRun(runbook: Runbook, { file, why }: ReturnType<typeof environmentOr>): string | undefined {
  if (file === undefined) return `cannot run yet: ${why ?? "no environment is chosen"}`;
  const service = paramFacts(runbook).find(({ name }) => name === "service")?.fallback;
  if (file.bindings["aws"] === undefined && file.bindings["kubernetes"] === undefined)
    return `cannot run in ${file.name}: it has neither an aws nor a kubernetes binding`;
  if (service !== undefined && file.services.every(({ name }) => name !== service))
    return `cannot run in ${file.name} without --service: it has no service ${service}`;
  return undefined;
}

/** The first line of a run for people: whether it was found ready here. */
export function tellReadiness(door: Door, runbook: Runbook): void {
  if (door.mode === "json" || door.globals.quiet) return;
  const place = environmentOr(door.globals.env);
  // Without an environment there is no run, and the error says why.
  if (place.file === undefined) return;
  const { readiness } = knownReadiness(runbook, place);
  const screen = door.screen();
  const closed = closedNow(door, runbook, place.file);
  if (door.mode === "lines") {
    door.print(remarkLine(screen, new Date(), "Checked", readiness));
    if (closed !== undefined) door.print(remarkLine(screen, new Date(), "Closed", closed));
    return;
  }
  door.print(hang(screen, "", readiness, "muted"));
  if (closed !== undefined) door.print(hang(screen, mark(screen, "waiting"), closed));
}

/** What the calendar says against this runbook now, before anything is looked at; undefined when it is open. */
function closedNow(door: Door, runbook: Runbook, environment: EnvironmentFile): string | undefined {
  try {
    const closure = calendarOf(door.globals.dir)({ environment, runbook, at: new Date() });
    return closure === undefined ? undefined : `Nothing is changed now: ${closureText(closure)}.`;
  } catch (error) {
    return isCodedError(error) ? error.message : String(error);
  }
}

/** The last time a runbook was practised to its end on this machine. */
export function lastDrill(runbook: string): Drill | undefined {
  return remembered(stateDir()).drill(runbook);
}

/** A run in a sandbox that ended solved was a drill, whatever it was meant to be. */
export function rememberDrill({ run, runbook, tier, environment, planOnly, askedAt, ended }: RunState): void {
  if (tier !== "sandbox" || planOnly || ended?.outcome !== "solved") return;
  remembered(stateDir()).rememberDrill(runbook, {
    run,
    environment: environment["name"] ?? tier,
    at: ended.at,
    tookMs: between(askedAt, ended.at),
  });
}
