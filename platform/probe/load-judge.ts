import { formatMs } from "#kit/duration.ts";
import { type Spread, spread } from "./figures.ts";

/** What became of one report that was sent. Milliseconds; moments since the load began. */
export type Sent = {
  readonly sentAt: number;
  /** How long the API took to accept or refuse it. */
  readonly answeredMs: number;
  /** The platform's status; `refused` when it was not accepted, `unfinished` when nobody waited for its end any longer. */
  readonly end: "completed" | "failed" | "dead-letter" | "cancelled" | "refused" | "unfinished";
  /** From accepted to finished, by the platform's record. */
  readonly durationMs?: number;
  /** The code of the refusal or of the report's error. */
  readonly reason?: string;
};

/** The load's reports at one moment. */
export type Depth = {
  readonly at: number;
  readonly waiting: number;
  readonly running: number;
  readonly over: number;
};

/** A load as a whole. */
export type LoadResult = {
  readonly concurrent: number;
  readonly sent: readonly Sent[];
  /** At equal distances. */
  readonly depths: readonly Depth[];
  readonly tookMs: number;
  /** How often the platform said that too much was asked, and was waited for. */
  readonly heldBack: number;
};

/** The load summed up. */
export type LoadSum = {
  readonly sent: number;
  readonly accepted: number;
  readonly ends: Readonly<Record<Sent["end"], number>>;
  /** How often each code was given, most frequent first. */
  readonly reasons: readonly (readonly [code: string, count: number])[];
  readonly accepting: Spread;
  readonly durations: Spread;
  readonly perMinute: number;
  readonly deepest: number;
  readonly verdict: "held" | "missed" | "broken";
  readonly says: string;
};

/** The manual's whole times for loads of up to so many reports at once ("Expected Results"). */
const expected = [
  [10, 900_000, "5-15 min"],
  [50, 1_200_000, "10-20 min"],
] as const;

/**
 * Sums a load up. `broken`: a report that was accepted did not come to an end. `missed`: some were refused, failed or given up, or it
 * took longer than the manual expects.
 */
export function sumLoad({ concurrent, sent, depths, tookMs }: LoadResult): LoadSum {
  const count = (end: Sent["end"]): number => sent.filter((one) => one.end === end).length;
  const ends = {
    completed: count("completed"),
    failed: count("failed"),
    "dead-letter": count("dead-letter"),
    cancelled: count("cancelled"),
    refused: count("refused"),
    unfinished: count("unfinished"),
  };
  const codes = sent.flatMap(({ reason }) => reason ?? []);
  const reasons = [...new Set(codes)]
    .map((code) => [code, codes.filter((other) => other === code).length] as const)
    .toSorted(([, a], [, b]) => b - a);
  return {
    sent: sent.length,
    accepted: sent.length - ends.refused,
    ends,
    reasons,
    accepting: spread(sent.filter(({ end }) => end !== "refused").map(({ answeredMs }) => answeredMs)),
    durations: spread(sent.flatMap(({ end, durationMs }) => (end === "completed" ? (durationMs ?? []) : []))),
    perMinute: tookMs > 0 ? ends.completed / (tookMs / 60_000) : 0,
    deepest: Math.max(0, ...depths.map(({ waiting }) => waiting)),
    ...judged(ends, sent.length, concurrent, tookMs),
  };
}

function judged(
  ends: LoadSum["ends"],
  sent: number,
  concurrent: number,
  tookMs: number,
): Pick<LoadSum, "verdict" | "says"> {
  if (ends.unfinished > 0)
    return { verdict: "broken", says: `${ends.unfinished} of ${sent} did not come to an end in time` };
  if (sent === 0) return { verdict: "broken", says: "nothing was sent" };
  const rest = sent - ends.completed;
  if (rest > 0) return { verdict: "missed", says: `${rest} of ${sent} were not completed` };
  const row = expected.find(([most]) => concurrent <= most && sent <= most);
  if (row === undefined) return { verdict: "held", says: `all ${sent} completed in ${formatMs(tookMs)}` };
  const [most, mostMs, written] = row;
  return {
    verdict: tookMs <= mostMs ? "held" : "missed",
    says: `all ${sent} completed in ${formatMs(tookMs)}; the manual expects ${written} for ${most}`,
  };
}
