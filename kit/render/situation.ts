import type { Identity } from "../identity.ts";
import { opsCommand } from "./command.ts";
import { band, type Place } from "./environment.ts";
import { paint } from "./palette.ts";
import { renderRuns, type ListedRun } from "./runs.ts";
import { inset, type Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clockTime } from "./times.ts";
import { clean, hang } from "./width.ts";

/** Something that was asked for and may not have answered in its second. */
export type Answered<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly reason: string };

/** An alert's check looked at now. */
export type AlertNow = {
  readonly name: string;
  readonly title: string;
  readonly firing: "yes" | "no" | "unknown";
  readonly says: string;
  /** The runbook that answers it. */
  readonly runbook?: string;
};

/** What `ops` alone knows. */
export type Situation = {
  readonly place: Place | undefined;
  /** Why there is no environment, when there is none. */
  readonly noPlace?: string;
  readonly you: Identity;
  readonly runs: Answered<readonly ListedRun[]>;
  readonly alerts: Answered<readonly AlertNow[]>;
};

/** The situation in at most 24 lines: open runs, what is wrong now, what ran last, how to find a runbook. Never blocks, never a usage page. */
export function renderSituation(screen: Screen, situation: Situation, now: Date): readonly string[] {
  const { place, runs, alerts, you } = situation;
  const right = `you: ${clean(you.name, 30)}   ${clockTime(now.toISOString()).slice(0, 5)} UTC`;
  const open = runs.known ? runs.value.filter(({ row }) => row.endedAt === undefined) : [];
  const last = runs.known ? runs.value.filter(({ row }) => row.endedAt !== undefined).slice(0, 2) : [];
  return [
    ...(place === undefined
      ? hang(screen, mark(screen, "waiting"), clean(situation.noPlace ?? "No environment is chosen.", 400))
      : band(screen, place, right)),
    "",
    paint(screen, "strong", "Now"),
    ...(runs.known
      ? indent(open.length === 0 ? ["nothing runs"] : renderRuns(inset(screen, 2), open.slice(0, 3), now))
      : notAnswered(screen, runs.reason)),
    paint(screen, "strong", "Alerts"),
    ...(alerts.known
      ? indent(alertLines(inset(screen, 2), alerts.value))
      : notAnswered(screen, alerts.reason)),
    ...(last.length === 0
      ? []
      : [paint(screen, "strong", "Last"), ...indent(renderRuns(inset(screen, 2), last, now))]),
    "",
    ...footer(screen),
  ];
}

function alertLines(screen: Screen, alerts: readonly AlertNow[]): readonly string[] {
  const loud = alerts.filter((alert) => alert.firing !== "no");
  const quiet = alerts.length - loud.length;
  const lines = loud
    .slice(0, 4)
    .flatMap((alert) => [
      ...hang(
        screen,
        mark(screen, alert.firing === "yes" ? "failed" : "unknown"),
        `${clean(alert.title, 100)}: ${clean(alert.says, 120)}`,
      ),
      ...(alert.runbook === undefined || alert.firing !== "yes"
        ? []
        : [`     ${paint(screen, "command", opsCommand(screen, "plan", alert.runbook))}`]),
    ]);
  if (loud.length === 0) return [`${mark(screen, "done")}${quiet} looked at, all quiet`];
  return quiet === 0 ? lines : [...lines, `${mark(screen, "done")}${quiet} more, quiet`];
}

function notAnswered(screen: Screen, reason: string): readonly string[] {
  return indent(hang(inset(screen, 2), mark(screen, "unknown"), `not answered: ${clean(reason, 200)}`));
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

function footer(screen: Screen): readonly string[] {
  const parts = [
    `Find: ${opsCommand({ ...screen, suffix: "" }, "list")} <words>`,
    "Everything: ops list",
    "Help: ops help",
  ];
  return screen.columns < 72 ? parts : [parts.join("    ")];
}
