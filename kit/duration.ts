import { OpsError } from "./errors.ts";

/** A length of time as people write it: `"5m"`, `"30s"`, `"250ms"`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const unitMs = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** True for text that `toMs` can read. */
export function isDuration(text: unknown): text is Duration {
  return typeof text === "string" && /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text);
}

/** Milliseconds of a duration; throws `definition-invalid` for anything else, so a typing slip never becomes "no timeout". */
export function toMs(duration: Duration): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) ?? [];
  const ms = unitMs.get(unit);
  if (amount === undefined || ms === undefined)
    throw new OpsError("definition-invalid", {
      summary: `"${duration}" is not a duration.`,
      hint: 'Write a number and a unit: "500ms", "30s", "5m", "2h", "1d".',
    });
  return Number(amount) * ms;
}

/** How long something took, for people: `0.4 s`, `38.1 s`, `4 min 10 s`, `2 h 5 min`. */
export function formatMs(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600)
    return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? "" : ` ${seconds % 60} s`}`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
}
