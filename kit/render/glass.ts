import { formatMs } from "../duration.ts";
import type { RunState } from "../fold.ts";
import { shortDigest } from "../plan.ts";
import { environmentName } from "./environment.ts";
import { paint } from "./palette.ts";
import { needText } from "./plan.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang, labelled } from "./width.ts";

/** What somebody reads before they break the glass: what is skipped, what is not, who hears of it and for how long it stands. */
export function renderGlass(screen: Screen, state: RunState, lastsMs: number): readonly string[] {
  const { plan, need } = state;
  const place = clean(environmentName(state), 30).toUpperCase();
  return [
    ...hang(screen, mark(screen, "failed"), paint(screen, "strong", `BREAK-GLASS on ${place}`)),
    ...labelled(screen, "Skipped", `approval: ${need === undefined ? "of anybody" : needText(need)}.`),
    ...labelled(
      screen,
      "Not skipped",
      "the lock, the look before the first act, the capacity floor, the proof, and the record.",
    ),
    ...labelled(
      screen,
      "Then",
      `everybody is told at once; it stands for ${formatMs(lastsMs)}, and somebody other than you has to review it.`,
    ),
    ...labelled(screen, "Plan", plan === undefined ? "none" : shortDigest(plan.digest)),
    "",
  ];
}

/** The question, with the environment named beside it. */
export function glassQuestion(screen: Screen, state: RunState): string {
  const name = clean(environmentName(state), 30);
  return `${paint(screen, "strong", name.toUpperCase())} >  Type ${paint(screen, "strong", name)} to break the glass, Enter to leave it whole: `;
}
