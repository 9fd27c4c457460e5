import { type Failures, judgeFailures } from "./failures.ts";
import { type AuditsLately, lowScore, type QualityLately, rulesText } from "./report-quality.ts";
import { secondsText } from "./seconds.ts";

/** How requests and reports went of late, in numbers; times in seconds, undefined where nothing ended. */
export type Measures = {
  readonly requests: Failures;
  readonly reports: Failures;
  /** Requests that wait for a connection to the database. */
  readonly poolWaiting: number;
  /** So long 19 of 20 answers, reports and XBRL stages took. */
  readonly answer: number | undefined;
  readonly report: number | undefined;
  readonly xbrl: number | undefined;
  /** Age of the report that waits longest. */
  readonly oldest: number | undefined;
  readonly limits: { readonly answer: number; readonly report: number; readonly xbrl: number };
  readonly audits: AuditsLately;
  readonly quality: QualityLately;
};

/** What of the measures is out of line, each in a clause for people; empty when all is as it should be. */
export function outOfLine({
  requests,
  reports,
  poolWaiting,
  answer,
  report,
  xbrl,
  oldest,
  limits,
  audits,
  quality,
}: Measures): Readonly<Partial<Record<Measured, string>>> {
  const tooMany = (failures: Failures, kind: "requests" | "reports") =>
    judgeFailures(failures, kind) === "too-many"
      ? `${Math.round(failures.failed)} of ${Math.round(failures.all)} ${kind} failed`
      : undefined;
  const tooLong = (what: string, seconds: number | undefined, limit: number) =>
    seconds !== undefined && seconds > limit
      ? `${what} ${secondsText(seconds)}, ${secondsText(limit)} is allowed`
      : undefined;
  const { score, rules } = quality;
  return {
    ...named("requests", tooMany(requests, "requests")),
    ...named("reports", tooMany(reports, "reports")),
    ...named(
      "pool",
      poolWaiting >= 1 ? `${Math.round(poolWaiting)} requests wait for a connection` : undefined,
    ),
    ...named("answer", tooLong("answers take up to", answer, limits.answer)),
    ...named(
      "report",
      tooLong("reports take up to", report, limits.report) ??
        tooLong("the oldest report waits for", oldest, limits.report),
    ),
    ...named("xbrl", tooLong("XBRL takes up to", xbrl, limits.xbrl)),
    ...named(
      "audits",
      audits.failed > 0
        ? `${audits.failed} of ${Math.max(audits.ended, audits.failed)} reports failed their audit: ${rulesText(audits.rules)}`
        : undefined,
    ),
    ...named(
      "quality",
      score !== undefined && score < lowScore
        ? `data quality is ${score} of 100, ${lowScore} is needed: ${rulesText(rules)}`
        : undefined,
    ),
  };
}

/** What is measured. */
type Measured = "requests" | "reports" | "pool" | "answer" | "report" | "xbrl" | "audits" | "quality";

function named(name: Measured, says: string | undefined): Partial<Record<Measured, string>> {
  return says === undefined ? {} : { [name]: says };
}
