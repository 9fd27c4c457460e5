import { formatMs } from "#kit/duration.ts";
import { type AgentName, agentNames } from "../contract.ts";
import { type Spread, spread } from "./figures.ts";

/** What was measured: reports by the platform's own records, answers of the API as they arrived here. Milliseconds. */
export type Measured = {
  readonly reports: readonly {
    readonly id: string;
    /** From accepted to finished. */
    readonly ms: number;
    readonly stages: Readonly<Partial<Record<AgentName, number>>>;
  }[];
  readonly routes: readonly { readonly route: string; readonly ms: readonly number[] }[];
};

/** One line of the table: what it is, its figures, what was expected, and whether that was held. `unjudged`: too few figures. */
export type BenchLine = {
  readonly what: string;
  readonly figures: Spread;
  readonly expected: string;
  readonly verdict: "held" | "missed" | "unjudged";
  readonly says: string;
};

/** Longest time the operations manual expects, and how it writes it ("Expected Performance"). */
const expectedAgents: Readonly<Record<AgentName, readonly [mostMs: number, written: string]>> = {
  intake: [30_000, "10-30 s"],
  materiality: [300_000, "2-5 min"],
  calculator: [60_000, "30-60 s"],
  aggregator: [20_000, "10-20 s"],
  reporting: [60_000, "30-60 s"],
  audit: [180_000, "1-3 min"],
};
const expectedReport = [720_000, "5-12 min"] as const;
/** Service level objectives: a report's p95 (operations manual), an answer's p95 (`HighLatency` of the production runbook). */
const reportObjective = [1_800_000, "p95 < 30 min"] as const;
const answerObjective = [200, "p95 < 200 ms"] as const;

/** The table's lines. An agent and a report are judged by the slowest one; an objective for p95 by p95, and by nothing where the figures are too few. */
export function benchLines({ reports, routes }: Measured): readonly BenchLine[] {
  const whole = spread(reports.map(({ ms }) => ms));
  const agents = agentNames.map((agent) => {
    const [most, written] = expectedAgents[agent];
    const figures = spread(reports.flatMap(({ stages }) => stages[agent] ?? []));
    return slowest(`${agent} agent`, figures, most, written);
  });
  return [
    ...agents,
    slowest("whole report", whole, ...expectedReport),
    ninetyFifth("whole report, objective", whole, ...reportObjective),
    ...routes.map(({ route, ms }) => ninetyFifth(route, spread(ms), ...answerObjective)),
  ];
}

function slowest(what: string, figures: Spread, most: number, expected: string): BenchLine {
  if (figures.count === 0) return { what, figures, expected, verdict: "unjudged", says: "none was measured" };
  const says = `${formatMs(figures.median)} median, ${formatMs(figures.max)} slowest of ${figures.count}`;
  return { what, figures, expected, verdict: figures.max <= most ? "held" : "missed", says };
}

function ninetyFifth(what: string, figures: Spread, most: number, expected: string): BenchLine {
  const { count, median, p95, p99, max } = figures;
  // Where even the slowest of a few is below, the objective was not missed; held is said of a p95 that was measured.
  if (p95 === undefined)
    return {
      what,
      figures,
      expected,
      verdict: count > 0 && median > most ? "missed" : "unjudged",
      says: count === 0 ? "none was measured" : `slowest of ${count} ${formatMs(max)}; p95 takes 20`,
    };
  const ninetyNinth = p99 === undefined ? "" : `, p99 ${formatMs(p99)}`;
  return {
    what,
    figures,
    expected,
    verdict: p95 < most ? "held" : "missed",
    says: `p50 ${formatMs(median)}, p95 ${formatMs(p95)}${ninetyNinth} of ${count}`,
  };
}

/** How a line stands to the same line of an earlier result. */
export type Change = {
  readonly what: string;
  readonly verdict: "slower" | "faster" | "same" | "unjudged";
  readonly says: string;
};

/** An earlier result's lines, as far as they are compared. */
export type EarlierLine = {
  readonly what: string;
  readonly figures: Pick<Spread, "count" | "median" | "min" | "max">;
};

const least = 3;

/**
 * Compares by medians, and says "slower" or "faster" only from a quarter on and with at least three figures on both sides; with up to
 * twenty, also only when the ranges do not overlap: one slow answer proves nothing.
 */
export function compareLines(now: readonly BenchLine[], before: readonly EarlierLine[]): readonly Change[] {
  return now.map(({ what, figures }) => {
    const earlier = before.find((line) => line.what === what)?.figures;
    if (earlier === undefined) return { what, verdict: "unjudged", says: "not in the earlier result" };
    if (figures.count < least || earlier.count < least)
      return {
        what,
        verdict: "unjudged",
        says: `${figures.count} now, ${earlier.count} before: fewer than ${least} prove nothing`,
      };
    const ratio = figures.median / earlier.median;
    const says = `${ratio.toFixed(2)}× the earlier median ${formatMs(earlier.median)} (${figures.count} now, ${earlier.count} before)`;
    const few = Math.min(figures.count, earlier.count) < 20;
    const verdict =
      ratio >= 1.25 && (!few || figures.min > earlier.max)
        ? "slower"
        : ratio <= 0.8 && (!few || figures.max < earlier.min)
          ? "faster"
          : "same";
    return { what, verdict, says };
  });
}
