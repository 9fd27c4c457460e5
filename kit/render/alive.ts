import type { RunRow } from "../journal.ts";
import { opsCommand } from "./command.ts";
import { paint } from "./palette.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { ago, clockTime } from "./times.ts";
import { clean, hang } from "./width.ts";

/** Since when nobody works on an open run, and why; undefined while somebody does, or when it is over. */
export function nobodySince({ alive, endedAt, owner, leaseUntil, lastAt }: RunRow): string | undefined {
  if (alive || endedAt !== undefined) return undefined;
  if (owner === undefined || leaseUntil === undefined)
    return `nobody is working on it since ${clockTime(lastAt)}`;
  return `nobody is working on it since ${clockTime(leaseUntil)}: its owner ${clean(owner, 80)} stopped renewing`;
}

/** The last word under the record of an open run that nobody works on: since when, and how it goes on. */
export function ghostLines(screen: Screen, row: RunRow, now: Date): readonly string[] {
  const since = nobodySince(row);
  if (since === undefined) return [];
  return [
    "",
    ...hang(
      screen,
      mark(screen, "stale"),
      `${since.charAt(0).toUpperCase()}${since.slice(1)}; last entry ${ago(row.lastAt, now)}.`,
    ),
    `  ${paint(screen, "command", opsCommand(screen, "resume", row.run))}`,
  ];
}
