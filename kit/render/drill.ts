import type { DrillTimes } from "../drill.ts";
import { formatMs } from "../duration.ts";
import type { Severity } from "../severity.ts";
import { opsCommand } from "./command.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang } from "./width.ts";

/** A drill as a list shows it. */
export type ListedDrill = {
  readonly runbook: string;
  readonly drill: string;
  /** What is broken, one sentence. */
  readonly breaks: string;
  readonly rule: string;
};

/** What a drill was and what came of it. */
export type DrillShown = ListedDrill & {
  readonly run: string;
  readonly severity: Severity;
  readonly outcome: string;
  /** Where it came out, and where it had to. */
  readonly came: { readonly rule: string; readonly outcome: string };
  readonly times: DrillTimes;
  /** How soon somebody has to be at it, by the manual; undefined where it counts in business days. */
  readonly targetMs: number | undefined;
};

/** True when the drill came out where it had to. */
export function drilledAsExpected({ came, rule, outcome }: DrillShown): boolean {
  return came.rule === rule && came.outcome === outcome;
}

/** The drills that there are. */
export function renderDrills(screen: Screen, listed: readonly ListedDrill[]): readonly string[] {
  const wide = Math.max(0, ...listed.map(({ drill }) => drill.length));
  const [first] = listed;
  return [
    ...listed.flatMap(({ runbook, drill, breaks, rule }, index) => [
      ...(listed[index - 1]?.runbook === runbook
        ? []
        : [...(index === 0 ? [] : [""]), paint(screen, "strong", clean(runbook, 60))]),
      ...hang(
        screen,
        `  ${drill.padEnd(screen.columns < 60 ? 0 : wide)}  `,
        `${clean(breaks, 200)} (rule ${rule})`,
      ),
    ]),
    ...(first === undefined
      ? []
      : ["", `  ${paint(screen, "command", opsCommand(screen, "drill", first.runbook, first.drill))}`]),
  ];
}

/** The times of a drill, beside the time in which the manual wants somebody to be at it. */
export function renderDrill(screen: Screen, shown: DrillShown): readonly string[] {
  const { times, came, rule, outcome, severity, targetMs } = shown;
  const parts: readonly (readonly [string, number])[] = [
    ["detect", times.detect],
    ["decide", times.decide],
    ["people", times.people],
    ["mitigate", times.mitigate],
    ["verify", times.verify],
    ["whole", times.whole],
  ];
  const target =
    targetMs === undefined
      ? ""
      : ` The manual wants somebody to be at a ${severity} within ${formatMs(targetMs)}; this drill was over after ${Math.max(1, Math.round((100 * times.whole) / targetMs))} % of that, on the practice production's shorter times.`;
  return [
    "",
    ...hang(
      screen,
      `${paint(screen, "strong", "DRILL")}  `,
      `${clean(shown.runbook, 60)}, ${clean(shown.drill, 60)}: ${clean(shown.breaks, 200)}`,
    ),
    ...parts.map(([what, ms]) => `  ${what.padEnd(9)} ${formatMs(ms)}`),
    ...(drilledAsExpected(shown)
      ? hang(
          screen,
          mark(screen, "done"),
          `It came to rule ${came.rule} and ended ${came.outcome}, as it has to.${target}`,
        )
      : hang(
          screen,
          mark(screen, "failed"),
          `It has to come to rule ${rule} and end ${outcome}; it came to rule ${came.rule} and ended ${came.outcome}.`,
        )),
  ];
}
