import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { z } from "zod";
import type { CloudLogEvent } from "./cloud.ts";

const Timed = z.object({ timestamp: z.string() });
const most = 4 * 1024 * 1024;

/**
 * Log lines of one process between two instants (milliseconds), each with the time it carries itself; a line without
 * one (a crash's last words) takes the time of the line before it. Reads at most the last 4 MiB.
 */
export function readLogEvents(
  file: string,
  stream: string,
  since: number,
  until: number,
): readonly CloudLogEvent[] {
  const { text, writtenAt } = lastPart(file);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const times = lines.map(timeOf);
  const events: CloudLogEvent[] = [];
  let latest: number | undefined;
  for (const [index, message] of lines.entries()) {
    latest = times[index] ?? latest;
    const timestamp = latest ?? times.find((time) => time !== undefined) ?? writtenAt;
    if (timestamp >= since && timestamp <= until) events.push({ stream, timestamp, message });
  }
  return events;
}

function timeOf(line: string): number | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const instant = Date.parse(Timed.parse(JSON.parse(line)).timestamp);
    return Number.isNaN(instant) ? undefined : instant;
  } catch {
    return undefined;
  }
}

function lastPart(file: string): { readonly text: string; readonly writtenAt: number } {
  const handle = openSync(file, "r");
  try {
    const { size, mtimeMs } = fstatSync(handle);
    const buffer = Buffer.alloc(Math.min(size, most));
    readSync(handle, buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.toString("utf8");
    return { text: size > most ? text.slice(text.indexOf("\n") + 1) : text, writtenAt: Math.floor(mtimeMs) };
  } finally {
    closeSync(handle);
  }
}
