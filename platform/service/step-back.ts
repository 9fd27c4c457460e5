import { readFileSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/**
 * Lets others on this machine go first, by a niceness from 0 to 19; never less than the process was started with. Threads that are started
 * afterwards take it over. Where Linux shares out time among sessions first, a process that leads its own session says it for that too:
 * a niceness within the session alone would mean nothing to the others.
 */
export function stepBack(niceness: number): void {
  if (niceness <= getPriority()) return;
  setPriority(niceness);
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const session = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
    if (session === process.pid) writeFileSync("/proc/self/autogroup", String(niceness));
  } catch {
    // Not Linux, or one that does not group by session.
  }
}
