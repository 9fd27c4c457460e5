import type { RunState } from "../fold.ts";
import { suggestionLines } from "./command.ts";
import { failureLines, honestLines } from "./failure.ts";
import { glassLines } from "./broken-glass.ts";
import { nextCommands } from "./next.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang, labelled } from "./width.ts";

/** How a run ended: the verdict first, then what is left to do; failures with everything that is true now. */
export function endLines(screen: Screen, state: RunState): readonly string[] {
  const { ended } = state;
  if (ended === undefined) return [];
  if (ended.outcome === "planned") return [];
  const curedElsewhere = ended.outcome === "handed-over" && ended.exit === 0;
  const good = ended.outcome === "solved" || ended.outcome === "all-clear" || ended.outcome === "undone";
  if (!good && !curedElsewhere) return badEnd(screen, state);
  const verdict = hang(
    screen,
    mark(screen, ended.outcome === "undone" ? "undone" : "done"),
    clean(ended.verdict, 800),
  ).map((line) => paint(screen, "strong", line));
  if (ended.outcome === "all-clear") return verdict;
  if (curedElsewhere)
    return [
      ...verdict,
      "",
      paint(screen, "strong", "Next"),
      ...suggestionLines(screen, nextCommands(screen, state)),
    ];
  if (ended.outcome === "undone") return [...verdict, ...glassLines(screen, state)];
  return [
    ...verdict,
    ...labelled(screen, "Changed", changedText(state)),
    ...(state.lockMissing === undefined
      ? []
      : labelled(screen, "Held", honestLines(state).held, 15, "unknown")),
    ...glassLines(screen, state),
    ...state.afterwards.flatMap((task, index) =>
      labelled(screen, index === 0 ? "Left to do" : "", clean(task, 300)),
    ),
    "",
    paint(screen, "strong", "Next"),
    ...suggestionLines(screen, nextCommands(screen, state)),
  ];
}

const titles: Readonly<Record<string, readonly ["failed" | "unknown" | "waiting" | "skipped", string]>> = {
  escalated: ["waiting", "Needs a person"],
  "handed-over": ["waiting", "Another runbook fits"],
  "not-verified": ["failed", "Acted, not verified"],
  "step-failed": ["failed", "Stopped: a step failed"],
  "approval-refused": ["skipped", "Refused"],
  "approval-expired": ["skipped", "Expired"],
  guarded: ["failed", "Refused by a guard"],
  unknown: ["unknown", "Unknown"],
  interrupted: ["waiting", "Interrupted"],
  defect: ["failed", "A defect in the tool"],
};

function badEnd(screen: Screen, state: RunState): readonly string[] {
  const [shape, title] = titles[state.ended?.outcome ?? ""] ?? ["failed", "Ended"];
  const said = state.child === undefined ? title : `Handed over to ${clean(state.child.runbook, 60)}`;
  return [`${mark(screen, shape)}${paint(screen, "strong", said)}`, "", ...failureLines(screen, state)];
}

function changedText(state: RunState): string {
  const all = [...state.earlier, ...state.steps];
  const done = all.filter((step) => step.state === "done");
  const targets = [...new Set(done.flatMap((step) => (step.filled === undefined ? step.targets : [])))];
  if (done.length === 0) return "Nothing was changed.";
  const rounds = state.round === 1 ? "" : ` in ${state.round} rounds`;
  return `${done.length} of ${all.length} steps${rounds}, on ${targets.map((target) => clean(target, 80)).join(", ") || "no target"}.`;
}
