import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { savedLogQueries } from "#bin/log-queries.ts";
import { OpsError } from "#kit/errors.ts";
import { answerFrom, parseLine } from "#kit/log-lines.ts";
import { askLogs, type LogQuestion } from "#kit/log-query.ts";
import type { LogReader } from "#kit/ports.ts";

/** A log service with lines in it. */
export type LogWorld = {
  readonly logs: LogReader;
  readonly group: string;
  close(): Promise<void>;
};

/** Writes these lines where the service under test finds them. */
export type OpenLogs = (lines: readonly string[]) => Promise<LogWorld>;

const now = Date.now();
const at = (secondsAgo: number): string => new Date(now - secondsAgo * 1_000).toISOString();

/** A line in the platform's shape. */
function line(
  secondsAgo: number,
  level: string,
  logger: string,
  message: string,
  context: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    level,
    timestamp: at(secondsAgo),
    logger: `csrd_platform.${logger}`,
    context,
    trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
    span_id: "00f067aa0ba902b7",
    message,
  });
}

/** Lines that every saved query finds some of and leaves some of. */
export const lines: readonly string[] = [
  line(90_000, "ERROR", "pipeline", "Pipeline failed", {
    report_id: "CSRD-OLD",
    error_message: "the day before",
  }),
  line(7_000, "ERROR", "pipeline", "Pipeline failed", {
    report_id: "CSRD-1",
    code: "stage-failed",
    error_message: 'bad "quotes" | limit 1 and a\\backslash',
  }),
  line(6_900, "ERROR", "pipeline.inner", "Pipeline failed", { report_id: "CSRD-NOT-THIS-LOGGER" }),
  line(3_000, "ERROR", "pipeline", "Pipeline failed", { report_id: "CSRD-2", code: "dead-letter" }),
  line(2_900, "CRITICAL", "system", "Process ends on a defect", { error_message: "out of memory" }),
  line(2_800, "INFO", "pipeline", "An ERROR is only a word here", {}),
  line(2_700, "WARNING", "agents.intake_agent", "Data validation completed", {
    report_id: "CSRD-3",
    quality_score: 79.5,
    invalid_records: 24,
  }),
  line(2_600, "WARNING", "agents.intake_agent", "Data validation completed", {
    report_id: "CSRD-4",
    quality_score: 80,
  }),
  line(2_500, "WARNING", "agents.intake_agent", "Data validation completed", {
    report_id: "CSRD-5",
    quality_score: "12",
    invalid_records: 1,
  }),
  ...[1_799, 1_800, 1_801, 2_400, 95.25, 12, 11, 10, 9, 8, 7, 6, 5].map((seconds, index) =>
    line(2_400 - index, "INFO", "pipeline", "Pipeline completed", {
      report_id: `CSRD-TIME-${seconds}`,
      processing_time_seconds: seconds,
    }),
  ),
  line(2_000, "INFO", "pipeline", "Pipeline completed with remarks", { processing_time_seconds: 9_999 }),
  line(1_900, "ERROR", "agents.audit_agent", "Compliance audit completed", {
    report_id: "CSRD-6",
    compliance_status: "FAIL",
    critical_failures: 3,
  }),
  line(1_800, "ERROR", "agents.audit_agent", "Compliance audit completed", { compliance_status: "FAILURE" }),
  line(1_700, "WARNING", "security", "Login refused", {
    reason: "key-unknown",
    client: "203.0.113.7",
    request_id: "r-1",
  }),
  line(1_650, "WARNING", "security", "Login refused", { reason: "key-unknown", client: "203.0.113.7" }),
  line(1_600, "WARNING", "security.keys", "Login refused", {
    reason: "right-missing",
    client: "198.51.100.2",
  }),
  line(1_550, "WARNING", "security", "Login refused", { reason: "key-missing" }),
  line(1_500, "WARNING", "securityless", "Login refused", { client: "192.0.2.1" }),
  line(1_400, "INFO", "security", "Key created", { client: "192.0.2.1" }),
  ...[900, 880, 4_000, 300, 280, 260, 320].map((facts, index) =>
    line(1_300 + index, "INFO", "agents.reporting_agent", "Report generated", {
      report_id: `CSRD-SIZE-${facts}`,
      facts,
    }),
  ),
  line(1_250, "INFO", "agents.reporting_agent", "Report generated again", { facts: 1 }),
  line(1_200, "WARNING", "pipeline", "Pipeline waits", { code: "stage-failed" }),
  line(1_100, "ERROR", "worker", "Pipeline given up", { report_id: "CSRD-7", code: "dead-letter" }),
  "a crash's last words, ERROR, not JSON",
  '{"level":"DEBUG","timestamp":"no time","logger":"csrd_platform.pipeline"}',
  "[1,2,3]",
];

/** The question of that id over the last day; its times are fixed, so that every service is asked the same. */
export function asked(id: string, given: Readonly<Record<string, string | number>> = {}): LogQuestion {
  const saved = savedLogQueries().find((query) => query.id === id);
  if (saved === undefined) throw new Error(`no saved query ${id}`);
  return askLogs(saved, given, { from: new Date(now - 86_400_000), until: new Date(now + 1_000) });
}

/** What every log service must do; `open` makes one over the lines given. */
export function logContract(name: string, open: OpenLogs): void {
  describe(`logs in ${name}`, () => {
    let world: LogWorld;
    beforeAll(async () => {
      world = await open(lines);
    });
    afterAll(() => world.close());

    test.for(savedLogQueries().map(({ id }) => id))(
      "%s: the same rows as worked out from the lines",
      async (id) => {
        const question = asked(id);
        const expected = answerFrom(
          lines.map(parseLine).filter((one) => one !== undefined),
          question,
        );

        const answer = await world.logs.query(world.group, question, "20s");

        expect(answer).toEqual(expected);
        expect(answer.rows.length).toBeGreaterThan(0);
      },
    );

    test("finds exactly what the manual's reader expects", async () => {
      const rows = async (id: string, given = {}) =>
        (await world.logs.query(world.group, asked(id, given), "20s")).rows;

      expect((await rows("failed-reports")).map(([, id]) => id)).toEqual(["CSRD-2", "CSRD-1"]);
      expect(await rows("data-quality-issues")).toEqual([
        [at(2_500), "CSRD-5", 12, 1],
        [at(2_700), "CSRD-3", 79.5, 24],
      ]);
      expect((await rows("data-quality-issues", { threshold: 81 })).map(([, id]) => id)).toEqual([
        "CSRD-5",
        "CSRD-4",
        "CSRD-3",
      ]);
      expect((await rows("slow-reports")).map(([, , seconds]) => seconds)).toEqual([2_400, 1_801]);
      expect((await rows("slowest-reports")).map(([, , seconds]) => seconds)).toEqual([
        2_400, 1_801, 1_800, 1_799, 95.25, 12, 11, 10, 9, 8,
      ]);
      expect((await rows("compliance-failures")).map(([, id, , critical]) => [id, critical])).toEqual([
        ["CSRD-6", 3],
      ]);
      expect((await rows("errors")).map(([, level]) => level)).toEqual([
        "ERROR",
        "ERROR",
        "ERROR",
        "CRITICAL",
        "ERROR",
        "ERROR",
        "ERROR",
      ]);
      expect(await rows("authentication-by-client")).toEqual([
        ["203.0.113.7", 2],
        ["198.51.100.2", 1],
      ]);
      expect(await rows("errors-by-code")).toEqual([
        ["dead-letter", 2],
        ["stage-failed", 1],
      ]);
      expect((await rows("report-sizes")).map(([, , facts]) => facts)).toEqual([
        900, 880, 4_000, 300, 280, 260, 320,
      ]);
    });

    test("a time without lines is an empty answer, and a complete one", async () => {
      const question = {
        ...asked("errors"),
        from: new Date(now - 10_000_000_000),
        until: new Date(now - 9_000_000_000),
      };

      const answer = await world.logs.query(world.group, question, "20s");

      expect(answer).toMatchObject({ rows: [], incomplete: undefined });
    });

    test("finds error lines for the runbooks, newest last", async () => {
      const found = await world.logs.errors(world.group, { since: "1h", limit: 2 });

      expect(found.map(({ at: when, level, message }) => [when, level, message])).toEqual([
        [at(1_800), "ERROR", "Compliance audit completed"],
        [at(1_100), "ERROR", "Pipeline given up"],
      ]);
    });
  });
}

/** The error with which a promise fails. */
export async function failure(promise: Promise<unknown>): Promise<OpsError> {
  const error: unknown = await promise.then(
    () => new Error("it did not fail"),
    (cause: unknown) => cause,
  );
  if (OpsError.is(error)) return error;
  throw error;
}
