import { formatMs } from "../duration.ts";

/** `03:12:07`, UTC; the header names the zone once. */
export function clockTime(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "--:--:--" : date.toISOString().slice(11, 19);
}

/** `03:12`, UTC. */
export function clockMinute(at: string): string {
  return clockTime(at).slice(0, 5);
}

/** `2026-11-21`, UTC. */
export function dayOf(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "----------" : date.toISOString().slice(0, 10);
}

/** Milliseconds between two instants, never negative. */
export function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

/** How long ago, for people: `40 s ago`. */
export function ago(at: string, now: Date): string {
  return `${roughly(between(at, now.toISOString()))} ago`;
}

/** A length without false precision: whole seconds under 100 s, then minutes, hours, days. */
export function roughly(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 3600) return formatMs(seconds * 1000);
  if (seconds < 172_800) return formatMs(Math.round(seconds / 60) * 60_000);
  return `${Math.round(seconds / 86_400)} d`;
}

/** `0:42`, `8:46`, `1:02:03`. */
export function stopwatch(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `03:12:07`, with its day in front when that is not the day of `day`. */
export function moment(at: string, day: string): string {
  return dayOf(at) === dayOf(day) ? clockTime(at) : `${dayOf(at)} ${clockTime(at)}`;
}
