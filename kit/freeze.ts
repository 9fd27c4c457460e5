import { OpsError } from "./errors.ts";
import type { Severity } from "./severity.ts";
import { localMoment } from "./zoned.ts";

/** What the calendar of freezes and maintenance windows is asked. */
export type CalendarQuestion = {
  readonly environment: { readonly name: string; readonly tier: string };
  readonly runbook: {
    readonly id: string;
    readonly severity: Severity;
    readonly onlyIn?: "maintenance-window";
  };
  readonly at: Date;
};

/** Why nothing may be changed now: a freeze that is in force, or a maintenance window that is not open. */
export type Closure = {
  readonly kind: "freeze" | "window";
  /** Name of the freeze; of the window that opens next, or of none. */
  readonly name: string;
  readonly because: string;
  /** When it ends, or when the next window opens, ISO; absent when none is known. */
  readonly until?: string;
  /** Where those hours are meant. */
  readonly zone: string;
};

/** Answers for an instant; throws `definition-invalid` when the calendar cannot be read. */
export type Calendar = (question: CalendarQuestion) => Closure | undefined;

/** The closure as a clause: 'the freeze "Annual reports" is in force until Sat 2027-05-01 00:00 Europe/Brussels (…), because …'. */
export function closureText({ kind, name, because, until, zone }: Closure): string {
  const when = until === undefined ? undefined : momentText(new Date(until), zone);
  const why = because === "" ? "" : `: ${because}`;
  if (kind === "freeze")
    return `the freeze "${name}" is in force${when === undefined ? "" : ` until ${when}`}${why}`;
  return when === undefined
    ? "it acts in maintenance windows only, and none is planned here"
    : `it acts in maintenance windows only; the next one here, "${name}", opens ${when}${why}`;
}

/** An instant in the hours of its people, and in UTC where those differ. */
export function momentText(at: Date, zone: string): string {
  const utc = at.toISOString();
  if (zone === "UTC") return `${localMoment(at, zone)} UTC`;
  return `${localMoment(at, zone)} ${zone} (${utc.slice(0, 10)} ${utc.slice(11, 16)} UTC)`;
}

/** What an acting run is refused with while the calendar is closed. */
export function closedError(closure: Closure, runbook: string): OpsError {
  const opens = closure.kind === "freeze" ? "it ends" : "it opens";
  return new OpsError(closure.kind === "freeze" ? "freeze-active" : "window-closed", {
    summary: `Nothing is changed now: ${closureText(closure)}.`,
    hint: `Run it again when ${opens}. Looking, safe steps and taking back go on meanwhile. If it cannot wait: ops run ${runbook} --break-glass --reason "..."`,
  });
}
