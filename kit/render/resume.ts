import type { RunState } from "../fold.ts";
import { band } from "./environment.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clean, hang } from "./width.ts";

/** What resuming will do, in the form of a plan: what is kept, what is looked at first, what runs, what runs again. */
export function renderResume(screen: Screen, state: RunState): readonly string[] {
  return [
    ...band(screen, state, state.run),
    ...hang(screen, "", `Goes on with ${clean(state.title, 120)}:`),
    ...state.steps.flatMap((step) => {
      const title = clean(step.title, 240);
      switch (step.state) {
        case "done":
          return hang(screen, `  ${mark(screen, "done")}`, `${title}: done, not repeated`);
        case "running":
        case "unknown":
          return hang(
            screen,
            `  ${mark(screen, "unknown")}`,
            `${title}: looked at first; repeated only if it did not happen`,
          );
        case "failed":
          return hang(screen, `  ${mark(screen, "next")}`, `${title}: tried again`);
        case "skipped":
        case "undone":
          return hang(screen, `  ${mark(screen, step.state)}`, `${title}: ${step.state}, left as it is`);
        case "next":
        case "stale":
        case "waiting":
          return hang(screen, `  ${mark(screen, "next")}`, `${title}: not started yet`);
      }
    }),
    ...(state.steps.length === 0
      ? hang(screen, `  ${mark(screen, "next")}`, "looks again and plans; nothing was planned yet")
      : []),
    ...hang(screen, `  ${mark(screen, "next")}`, "then proves that it helped"),
    "",
  ];
}
