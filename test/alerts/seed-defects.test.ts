import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { csrdApiErrors, csrdHighErrorRate } from "#alerts/errors.ts";
import { csrdHighLatency } from "#alerts/latency.ts";
import { csrdPlatformDown } from "#alerts/platform.ts";

const run = promisify(execFile);
const promtool = await run("promtool", ["--version"]).then(
  () => true,
  () => false,
);
if (!promtool)
  process.stderr.write(
    "promtool is not on PATH: the manuals' alert expressions are not compared with ours here (apt-get install prometheus).\n",
  );

/** The manuals' own expressions, as they stand there. */
const manuals = {
  errorRatio: 'rate(csrd_http_requests_total{status=~"5.."}[5m]) / rate(csrd_http_requests_total[5m]) > 0.10',
  errorRate: "rate(csrd_reports_failed_total[5m]) > 0.05",
  down: 'up{job="csrd-platform"} == 0',
  latency: "histogram_quantile(0.95, rate(csrd_pipeline_duration_seconds_bucket[5m])) > 1800",
} as const;

/** What Prometheus itself says of an expression over some series at a time: how many series it gives. */
async function alarms(
  expr: string,
  series: Readonly<Record<string, string>>,
  at: string,
  interval = "1m",
): Promise<boolean> {
  const says = async (count: number) => {
    const folder = mkdtempSync(join(tmpdir(), "ops-defect-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = {
      evaluation_interval: "1m",
      rule_files: [],
      tests: [
        {
          interval,
          input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
          promql_expr_test: [
            {
              expr: `count(${expr}) or vector(0)`,
              eval_time: at,
              exp_samples: [{ labels: "{}", value: count }],
            },
          ],
        },
      ],
    };
    writeFileSync(join(folder, "test.yaml"), stringify(file));
    return run("promtool", ["test", "rules", "test.yaml"], { cwd: folder }).then(
      () => true,
      () => false,
    );
  };
  const [silent, firing] = await Promise.all([says(0), says(1)]);
  if (silent === firing) throw new Error(`promtool could not judge ${expr}`);
  return firing;
}

const requests = (status: string) =>
  `csrd_http_requests_total{job="csrd-platform", instance="api-1", method="GET", route="/api/v1/reports", status="${status}"}`;
const reports = (name: string, labels: string) => `${name}{job="csrd-services", instance="worker"${labels}}`;

describe.skipIf(!promtool)("Prometheus itself, by promtool:", () => {
  test("defect 25: one error among ten thousand requests is 100 % where each series is divided by itself, and no alarm here", async () => {
    const one = { [requests("200")]: "0+1000x30", [requests("500")]: "0x19 1x11" };

    expect(await alarms(manuals.errorRatio, one, "20m")).toBe(true);
    expect(await alarms(csrdApiErrors.expr, one, "20m")).toBe(false);
  });

  test("defect 25: one request in five failing is an alarm here", async () => {
    const many = { [requests("200")]: "0+80x30", [requests("500")]: "0+20x30" };

    expect(await alarms(csrdApiErrors.expr, many, "20m")).toBe(true);
  });

  test("defect 26: twelve reports an hour, all failing, never reach a twentieth of a failure per second; here they alarm", async () => {
    const all = {
      [reports("csrd_reports_failed_total", ', code="csrd-defect"')]: "0+1x30",
      [reports("csrd_reports_completed_total", ', outcome="ok"')]: "0x30",
    };

    expect(await alarms(manuals.errorRate, all, "2h", "5m")).toBe(false);
    expect(await alarms(csrdHighErrorRate.expr, all, "2h", "5m")).toBe(true);
  });

  test("defect 26: one failure among a busy night's two thousand reports is no alarm here", async () => {
    const few = {
      [reports("csrd_reports_failed_total", ', code="csrd-defect"')]: "0x11 1x19",
      [reports("csrd_reports_completed_total", ', outcome="ok"')]: "0+170x30",
    };

    expect(await alarms(csrdHighErrorRate.expr, few, "2h", "5m")).toBe(false);
  });

  test("defect 28: a platform that nobody scrapes any more is no alarm of the manual's; here it is one", async () => {
    const gone = { 'up{job="csrd-platform", instance="api-1"}': "1x9 stale" };

    expect(await alarms(manuals.down, gone, "20m")).toBe(false);
    expect(await alarms(csrdPlatformDown.expr, gone, "20m")).toBe(true);
  });

  test("defect 29: reports of forty minutes, one every twelve, are nothing within five minutes; over two hours they alarm here", async () => {
    const bucket = (worker: string, le: string) =>
      `csrd_pipeline_duration_seconds_bucket{job="csrd-services", instance="${worker}", le="${le}"}`;
    // Two workers; each ends a report of 40 minutes every 24 minutes, in turns.
    const ends = "0x3 1x5 2x5 3x5 4x5 5x5";
    const series = Object.fromEntries(
      ["worker-1", "worker-2"].flatMap((worker) => [
        [bucket(worker, "1800"), "0x30"],
        [bucket(worker, "2700"), ends],
        [bucket(worker, "+Inf"), ends],
      ]),
    );

    expect(await alarms(manuals.latency, series, "114m", "4m")).toBe(false);
    expect(await alarms(csrdHighLatency.expr, series, "114m", "4m")).toBe(true);
  });

  test("defect 29: each worker by itself is judged by its own few reports; here all of them together are", async () => {
    const bucket = (worker: string, le: string) =>
      `csrd_pipeline_duration_seconds_bucket{job="csrd-services", instance="${worker}", le="${le}"}`;
    // One worker ends one slow report; the other ends two hundred quick ones.
    const series = {
      [bucket("worker-1", "1800")]: "0x30",
      [bucket("worker-1", "2700")]: "0x20 1x10",
      [bucket("worker-1", "+Inf")]: "0x20 1x10",
      [bucket("worker-2", "1800")]: "0+8x30",
      [bucket("worker-2", "2700")]: "0+8x30",
      [bucket("worker-2", "+Inf")]: "0+8x30",
    };
    const each = manuals.latency.replace("[5m]", "[2h]");

    expect(await alarms(each, series, "100m", "4m")).toBe(true);
    expect(await alarms(csrdHighLatency.expr, series, "100m", "4m")).toBe(false);
  });
});
