import { formatMs } from "../duration.ts";
import type { RunState } from "../fold.ts";
import type { JournalEntry } from "../timeline.ts";
import { opsCommand } from "./command.ts";
import { exitLine } from "./exits.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { tsv } from "./table.ts";
import { renderTimeline } from "./timeline.ts";
import { clean, hang } from "./width.ts";

/** A scenario as a list shows it. */
export type ListedScenario = {
  readonly runbook: string;
  readonly scenario: string;
  readonly title: string;
  readonly rule: string;
};

/** What a rehearsal was and what came of it. */
export type RehearsalShown = ListedScenario & {
  readonly state: RunState;
  /** The run, then those it handed over to. */
  readonly runs: readonly (readonly JournalEntry[])[];
  readonly outcome: string;
  readonly tookMs: number;
};

/** True when it led to the rule and ended as the scenario says. */
export function wentAsExpected({ state, rule, outcome }: RehearsalShown): boolean {
  return state.decision?.rule === rule && state.ended?.outcome === outcome;
}

const word = "REHEARSAL";

/** The scenarios that can be rehearsed. */
export function renderScenarios(screen: Screen, listed: readonly ListedScenario[]): readonly string[] {
  const [first] = listed;
  const wide = Math.max(0, ...listed.map(({ scenario }) => scenario.length));
  return [
    `${paint(screen, "strong", word)}  ${plainWords}`,
    ...listed.flatMap(({ runbook, scenario, title, rule }, index) => [
      ...(listed[index - 1]?.runbook === runbook ? [] : ["", paint(screen, "strong", clean(runbook, 60))]),
      ...hang(screen, `  ${scenario.padEnd(screen.columns < 60 ? 0 : wide)}  `, `${title} (rule ${rule})`),
    ]),
    ...(first === undefined
      ? []
      : [
          "",
          `  ${paint(screen, "command", opsCommand(bare(screen), "rehearse", first.runbook, first.scenario))}`,
        ]),
  ];
}

const plainWords = "on a clock that jumps, in a world of paper";

/** The same for pipes. */
export function scenariosTsv(listed: readonly ListedScenario[], withHeader: boolean): readonly string[] {
  return tsv(
    ["rehearsal", "runbook", "scenario", "rule", "title"],
    listed.map(({ runbook, scenario, rule, title }) => [word, runbook, scenario, rule, title]),
    withHeader,
  );
}

/** The timeline of a rehearsal, between two lines that say that it was one, and what it would have been. */
export function renderRehearsal(screen: Screen, shown: RehearsalShown): readonly string[] {
  const { state, runs, tookMs, rule, outcome } = shown;
  const lasted = Date.parse(state.lastAt) - Date.parse(state.askedAt);
  const expected = wentAsExpected(shown);
  return [
    ...hang(
      screen,
      `${paint(screen, "strong", word)}  `,
      `${clean(shown.runbook, 60)}, ${clean(shown.scenario, 60)}: ${clean(shown.title, 200)}`,
    ),
    "",
    ...runs.flatMap((entries) => [...renderTimeline(screen, entries), ""]),
    ...hang(
      screen,
      `${paint(screen, "strong", word)}  `,
      `${formatMs(lasted)} of production's time in ${formatMs(tookMs)}. Nothing real was looked at, changed or told.`,
    ),
    ...(expected
      ? []
      : hang(
          screen,
          mark(screen, "failed"),
          `The scenario is made for rule ${rule} and the end "${outcome}"; it came to rule ${state.decision?.rule ?? "none"} and "${state.ended?.outcome ?? "no end"}".`,
        )),
    ...hang(screen, "", `A real run would say ${exitLine(state.ended?.exit ?? 1)}`, "muted"),
  ];
}

/** Rehearsing takes no environment, so its commands name none. */
function bare(screen: Screen): Screen {
  return { ...screen, suffix: "" };
}
