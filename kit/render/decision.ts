import type { RunState } from "../fold.ts";
import type { Runbook } from "../runbook.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang } from "./width.ts";

/** The decision table with the row that matched: why this and not another. */
export function renderDecision(
  screen: Screen,
  runbook: Pick<Runbook, "rules">,
  state: RunState,
): readonly string[] {
  const matched = state.decision?.rule;
  const rows = Object.entries(runbook.rules).flatMap(([rule, says]) => {
    const lines = hang(
      screen,
      `  ${mark(screen, rule === matched ? "done" : "next")}`,
      `${rule}: ${clean(says, 300)}`,
    );
    return rule === matched ? lines.map((line) => paint(screen, "strong", line)) : lines;
  });
  const outside = matched === undefined || matched in runbook.rules;
  return [
    paint(screen, "strong", "Decision table, first match decides"),
    ...rows,
    ...(outside
      ? []
      : hang(
          screen,
          `  ${mark(screen, "done")}`,
          `${clean(matched, 60)}: ${clean(state.decision?.because ?? "", 300)}`,
        )),
  ];
}
