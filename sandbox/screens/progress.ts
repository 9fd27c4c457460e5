import { formatMs } from "#kit/duration.ts";
import type { SupervisorMessage } from "../supervisor-messages.ts";
import type { Paint } from "./paint.ts";

/** One line for one thing that happened while the practice production started; undefined when there is nothing to say. */
export function renderProgress(message: SupervisorMessage, paint: Paint): string | undefined {
  if (message.kind === "cleaned")
    return `${paint.faint("–")}  Ended what an earlier one left behind: ${message.names.join(", ")}`;
  if (message.kind !== "progress") return undefined;
  const took = paint.faint(formatMs(message.tookMs).padStart(7));
  return `${paint.good("✔")}  ${message.part.padEnd(14)} ${message.detail.padEnd(46)} ${took}`;
}
