import type { ShownState } from "../fold.ts";
import type { RunRow } from "../journal.ts";
import { shortDigest } from "../plan.ts";
import { nobodySince } from "./alive.ts";
import { paint } from "./palette.ts";
import { textColumns, type Screen } from "./screen.ts";
import { mark, markWidth, states } from "./states.ts";
import { tsv } from "./table.ts";
import { ago, clockTime, dayOf } from "./times.ts";
import { clean, displayWidth, hang, pad, truncate } from "./width.ts";

/** A run in a list: its row, and for an open one where it stands. */
export type ListedRun = {
  readonly row: RunRow;
  /** "waits for approval", "at step 2 of 3: Restart api-2"; only for runs that have not ended. */
  readonly now?: string;
  readonly phase: string;
};

/** Which of the nine states a run in a list is shown in. An open run whose owner is gone is stale, not running. */
function stateOfRow({ row, phase }: ListedRun): ShownState {
  if (row.endedAt === undefined) {
    if (phase === "waiting") return "waiting";
    return row.alive ? "running" : "stale";
  }
  switch (row.outcome ?? "") {
    case "solved":
    case "all-clear":
    case "planned":
      return "done";
    case "unknown":
      return "unknown";
    case "approval-refused":
    case "approval-expired":
      return "skipped";
    case "escalated":
    case "handed-over":
      return "waiting";
    default:
      return "failed";
  }
}

/** Runs, newest first, one or two lines each: what it was, when, by whom, how it ended or where it stands. */
export function renderRuns(screen: Screen, runs: readonly ListedRun[]): readonly string[] {
  if (runs.length === 0) return ["No runs."];
  return runs.flatMap((listed) => {
    const { row } = listed;
    const shape = stateOfRow(listed);
    const word =
      row.endedAt === undefined && shape === "stale"
        ? "no owner"
        : (row.outcome ?? states[shape].word.toLowerCase());
    const when = `${dayOf(row.askedAt)} ${clockTime(row.askedAt).slice(0, 5)}`;
    const head = `${mark(screen, shape)}${pad(row.run, 8)}  ${paint(screen, "strong", clean(row.runbook, 40))}  `;
    const facts = `${clean(row.environment, 30)}  ${when}  ${clean(row.askedBy, 40)}  ${word}`;
    const text = listed.now ?? row.verdict ?? "";
    const one = displayWidth(head) + displayWidth(facts) <= textColumns(screen);
    return [
      ...(one ? [head + facts] : [head.trimEnd(), ...hang(screen, " ".repeat(markWidth(screen)), facts)]),
      ...(text === ""
        ? []
        : [
            paint(
              screen,
              "muted",
              `${" ".repeat(markWidth(screen))}${truncate(screen, clean(text, 600), textColumns(screen) - markWidth(screen))}`,
            ),
          ]),
    ];
  });
}

/** The same for pipes. */
export function runsTsv(runs: readonly ListedRun[], withHeader: boolean): readonly string[] {
  return tsv(
    ["run", "runbook", "environment", "asked", "by", "state", "plan", "exit", "verdict"],
    runs.map(({ row, phase, now }) => [
      row.run,
      row.runbook,
      row.environment,
      row.askedAt,
      row.askedBy,
      row.outcome ?? (row.alive || phase === "waiting" ? phase : "no owner"),
      row.digest === undefined ? "" : shortDigest(row.digest),
      row.exit === undefined ? "" : String(row.exit),
      row.verdict ?? now,
    ]),
    withHeader,
  );
}

/** The last sign of life of an open run: "last entry 40 s ago", or since when nobody works on it. */
export function lastSign(row: RunRow, now: Date): string {
  return nobodySince(row) ?? `last entry ${ago(row.lastAt, now)}`;
}
