import { formatMs } from "#kit/duration.ts";
import type { Screen } from "#kit/render/screen.ts";
import { mark } from "#kit/render/states.ts";
import { pad, withRight } from "#kit/render/width.ts";
import type { SupervisorMessage } from "../supervisor-messages.ts";

/** Lines for one thing that happened while the practice production started; none when there is nothing to say. */
export function renderProgress(message: SupervisorMessage, screen: Screen): readonly string[] {
  if (message.kind === "cleaned")
    return [`${mark(screen, "skipped")}Ended what an earlier one left behind: ${message.names.join(", ")}`];
  if (message.kind !== "progress") return [];
  const { part, detail, tookMs } = message;
  const line = `${mark(screen, tookMs === undefined ? "skipped" : "done")}${pad(part, 14)} ${detail}`;
  return withRight(screen, [line], tookMs === undefined ? "" : formatMs(tookMs));
}
