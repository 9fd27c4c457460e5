import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import type { Alert } from "#kit/alert.ts";
import { loadAlerts, loadRunbooks } from "#kit/registry.ts";
import { renderPrometheusRules } from "#kit/render-alerts.ts";
import { productionTimes } from "#test/fakes/world.ts";

const root = join(import.meta.dirname, "../..");
const alerts = await loadAlerts(join(root, "alerts"));
const runbooks = await loadRunbooks(join(root, "runbooks"));

const run = promisify(execFile);
const promtool = await run("promtool", ["--version"]).then(
  () => true,
  () => false,
);
if (!promtool)
  process.stderr.write(
    "promtool is not on PATH: alert rules are not tested against it here (apt-get install prometheus).\n",
  );

type Case = {
  readonly name: string;
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  readonly firing: readonly string[];
};

const up = (instance: string) => `up{job="csrd-platform", instance="${instance}"}`;

const cases: readonly Case[] = [
  { name: "both up", series: { [up("api-1")]: "1x20", [up("api-2")]: "1x20" }, at: "10m", firing: [] },
  {
    name: "both down",
    series: { [up("api-1")]: "0x20", [up("api-2")]: "0x20" },
    at: "3m",
    firing: ["CSRDPlatformDown"],
  },
  {
    name: "both down, not long enough",
    series: { [up("api-1")]: "0x20", [up("api-2")]: "0x20" },
    at: "1m",
    firing: [],
  },
  {
    name: "one of two down",
    series: { [up("api-1")]: "0x20", [up("api-2")]: "1x20" },
    at: "3m",
    firing: ["CSRDInstanceDown"],
  },
  { name: "no series at all", series: { 'up{job="other"}': "1x20" }, at: "3m", firing: ["CSRDPlatformDown"] },
  {
    name: "down, then back",
    series: { [up("api-1")]: "0 0 0 0 1x20", [up("api-2")]: "0 0 0 0 1x20" },
    at: "6m",
    firing: [],
  },
  {
    name: "another job down",
    series: { [up("api-1")]: "1x20", 'up{job="other", instance="x"}': "0x20" },
    at: "5m",
    firing: [],
  },
];

const bothUp = { [up("api-1")]: "1x20", [up("api-2")]: "1x20" };
const waiting = (instance: string) =>
  `csrd_database_pool_waiting{job="csrd-platform", instance="${instance}"}`;

const databaseCases: readonly Case[] = [
  {
    name: "requests wait for a database connection",
    series: { ...bothUp, [waiting("api-1")]: "3x20", [waiting("api-2")]: "0x20" },
    at: "3m",
    firing: ["CSRDDatabasePoolExhausted"],
  },
  {
    name: "requests wait for a moment only",
    series: { ...bothUp, [waiting("api-1")]: "3 0x20" },
    at: "90s",
    firing: [],
  },
  {
    name: "nobody waits for a database connection",
    series: { ...bothUp, [waiting("api-1")]: "0x20" },
    at: "5m",
    firing: [],
  },
];

const takesWrites = (instance: string) => `csrd_database_up{job="csrd-platform", instance="${instance}"}`;

const databaseDownCases: readonly Case[] = [
  {
    name: "no instance reaches a database that takes writes",
    series: { ...bothUp, [takesWrites("api-1")]: "0x20", [takesWrites("api-2")]: "0x20" },
    at: "2m",
    firing: ["CSRDDatabaseDown"],
  },
  {
    name: "one instance alone does not reach the database",
    series: { ...bothUp, [takesWrites("api-1")]: "0x20", [takesWrites("api-2")]: "1x20" },
    at: "5m",
    firing: [],
  },
  {
    name: "the database was away for a moment",
    series: { ...bothUp, [takesWrites("api-1")]: "0 1x20", [takesWrites("api-2")]: "0 1x20" },
    at: "3m",
    firing: [],
  },
];

const service = (name: string) => `up{job="csrd-services", service="${name}", instance="${name}"}`;
const oldest = (instance: string) =>
  `csrd_queue_oldest_age_seconds{job="csrd-services", instance="${instance}"}`;

const queueCases: readonly Case[] = [
  {
    name: "a report has waited for twenty minutes",
    series: { ...bothUp, [service("worker")]: "1x20", [oldest("worker")]: "1200x20" },
    at: "8m",
    firing: ["CSRDQueueBacklog"],
  },
  {
    name: "the queue was long for a moment, and goes down",
    series: { ...bothUp, [service("worker")]: "1x20", [oldest("worker")]: "1200 1200 600 300 0x20" },
    at: "8m",
    firing: [],
  },
  {
    name: "no worker answers",
    series: { ...bothUp, [service("worker")]: "0x20", [service("intake")]: "1x20" },
    at: "5m",
    firing: ["CSRDWorkersGone"],
  },
  {
    name: "no worker is known any more",
    series: { ...bothUp, [service("intake")]: "1x20" },
    at: "5m",
    firing: ["CSRDWorkersGone"],
  },
  {
    name: "the worker answers and keeps up",
    series: { ...bothUp, [service("worker")]: "1x20", [oldest("worker")]: "20x20" },
    at: "8m",
    firing: [],
  },
];

const llm = (outcome: string) =>
  `csrd_llm_requests_total{job="csrd-services", provider="anthropic", model="m", outcome="${outcome}"}`;
const breaker = 'csrd_circuit_breaker_state{job="csrd-services", part="llm", provider="primary"}';

const modelCases: readonly Case[] = [
  {
    name: "most questions to a vendor of language models fail",
    series: { ...bothUp, [llm("overloaded")]: "0+2x30", [llm("ok")]: "0x30" },
    at: "20m",
    firing: ["CSRDLanguageModelFails"],
  },
  {
    name: "a vendor's breaker is open, and nobody asks it any more",
    series: { ...bothUp, [breaker]: "2x30", [llm("overloaded")]: "9x30", [llm("ok")]: "0x30" },
    at: "10m",
    firing: ["CSRDLanguageModelFails"],
  },
  {
    name: "one question in ten fails",
    series: { ...bothUp, [llm("overloaded")]: "0+1x30", [llm("ok")]: "0+9x30", [breaker]: "0x30" },
    at: "20m",
    firing: [],
  },
  {
    name: "two questions failed, which is bad luck",
    series: { ...bothUp, [llm("no-answer")]: "0 0 0 2x30", [llm("ok")]: "0x30" },
    at: "8m",
    firing: [],
  },
  {
    name: "a vendor is switched off",
    series: { ...bothUp, [llm("vendor-off")]: "0+9x30", [llm("ok")]: "0x30" },
    at: "20m",
    firing: [],
  },
  {
    name: "a vendor failed, and answers again",
    series: { ...bothUp, [llm("overloaded")]: "0+5x5 25x40", [llm("ok")]: "0x5 0+9x40" },
    at: "25m",
    firing: [],
  },
];

const uses = (resource: string, instance: string) =>
  `csrd_resource_usage_ratio{job="csrd-platform", instance="${instance}", resource="${resource}"}`;

const resourceCases: readonly Case[] = [
  {
    name: "one instance has used nearly all of its memory for six minutes",
    series: { ...bothUp, [uses("memory", "api-1")]: "0.97x20", [uses("memory", "api-2")]: "0.4x20" },
    at: "6m",
    firing: ["CSRDHighMemoryUsage"],
  },
  {
    name: "memory is nearly used up for three minutes only",
    series: { ...bothUp, [uses("memory", "api-1")]: "0.97x3 0.5x20" },
    at: "6m",
    firing: [],
  },
  {
    name: "memory is high and below the line",
    series: { ...bothUp, [uses("memory", "api-1")]: "0.94x20" },
    at: "10m",
    firing: [],
  },
  {
    name: "one instance is at the end of its CPU",
    series: { ...bothUp, [uses("cpu", "api-1")]: "0.96x20", [uses("memory", "api-1")]: "0.5x20" },
    at: "8m",
    firing: ["CSRDHighCpuUsage"],
  },
  {
    name: "CPU comes in peaks",
    series: {
      ...bothUp,
      [uses("cpu", "api-1")]: "1 0.2 1 0.2 1 0.2 1 0.2 1 0.2 1 0.2 1 0.2 1 0.2 1 0.2 1 0.2",
    },
    at: "15m",
    firing: [],
  },
];

const upAlways = { [up("api-1")]: "1x160", [up("api-2")]: "1x160" };
const asked = (status: string, route = "/api/v1/reports") =>
  `csrd_http_requests_total{job="csrd-platform", instance="api-1", method="GET", route="${route}", status="${status}"}`;
const answered = (le: string, method = "GET") =>
  `csrd_http_request_duration_seconds_bucket{job="csrd-platform", instance="api-1", method="${method}", route="/api/v1/reports", le="${le}"}`;
const answers = (method = "GET") =>
  `csrd_http_request_duration_seconds_count{job="csrd-platform", instance="api-1", method="${method}", route="/api/v1/reports"}`;
const ended = (metric: string, labels: string) =>
  `${metric}{job="csrd-services", instance="worker"${labels}}`;
const took = (le: string) => ended("csrd_pipeline_duration_seconds_bucket", `, le="${le}"`);
const staged = (le: string) =>
  ended("csrd_agent_duration_seconds_bucket", `, agent="reporting", outcome="ok", le="${le}"`);

const errorCases: readonly Case[] = [
  {
    name: "one request in five fails",
    series: { ...upAlways, [asked("200")]: "0+80x40", [asked("500")]: "0+20x40" },
    at: "15m",
    firing: ["CSRDApiErrors"],
  },
  {
    name: "one request in twenty fails",
    series: { ...upAlways, [asked("200")]: "0+95x40", [asked("500")]: "0+5x40" },
    at: "15m",
    firing: [],
  },
  {
    name: "two of two requests in a quiet night fail",
    series: { ...upAlways, [asked("500")]: "0x10 1 2x20" },
    at: "15m",
    firing: [],
  },
  {
    name: "only what balancers ask fails",
    series: { ...upAlways, [asked("200")]: "0+1x40", [asked("503", "/readyz")]: "0+60x40" },
    at: "15m",
    firing: [],
  },
  {
    name: "a quarter of the reports fails",
    series: {
      ...upAlways,
      [ended("csrd_reports_failed_total", ', code="csrd-defect"')]: "0+1x120",
      [ended("csrd_reports_completed_total", ', outcome="ok"')]: "0+3x120",
    },
    at: "90m",
    firing: ["CSRDHighErrorRate"],
  },
  {
    name: "two reports of an hour fail, and they are all there were",
    series: {
      ...upAlways,
      [ended("csrd_reports_failed_total", ', code="csrd-defect"')]: "0x40 1x10 2x70",
      [ended("csrd_reports_completed_total", ', outcome="ok"')]: "0x120",
    },
    at: "90m",
    firing: [],
  },
];

const latencyCases: readonly Case[] = [
  {
    name: "answers take two seconds",
    series: {
      ...upAlways,
      [answered("1")]: "0+10x40",
      [answered("2.5")]: "0+60x40",
      [answered("+Inf")]: "0+60x40",
      [answers()]: "0+60x40",
    },
    at: "15m",
    firing: ["CSRDApiSlow"],
  },
  {
    name: "uploads take two seconds",
    series: {
      ...upAlways,
      [answered("1", "POST")]: "0+10x40",
      [answered("2.5", "POST")]: "0+60x40",
      [answered("+Inf", "POST")]: "0+60x40",
      [answers("POST")]: "0+60x40",
    },
    at: "15m",
    firing: [],
  },
  {
    name: "a handful of answers takes two seconds",
    series: {
      ...upAlways,
      [answered("1")]: "0x40",
      [answered("2.5")]: "0+1x40",
      [answered("+Inf")]: "0+1x40",
      [answers()]: "0+1x40",
    },
    at: "15m",
    firing: [],
  },
  {
    name: "reports take up to forty minutes",
    series: {
      ...upAlways,
      [took("1800")]: "0+9x150",
      [took("2700")]: "0+10x150",
      [took("+Inf")]: "0+10x150",
    },
    at: "130m",
    firing: ["CSRDHighLatency"],
  },
  {
    name: "a few reports in a hundred take an hour",
    series: {
      ...upAlways,
      [took("1800")]: "0+97x150",
      [took("2700")]: "0+97x150",
      [took("3600")]: "0+100x150",
      [took("+Inf")]: "0+100x150",
    },
    at: "130m",
    firing: ["CSRDSlowReports"],
  },
  {
    name: "reports take twenty minutes",
    series: {
      ...upAlways,
      [took("1800")]: "0+10x150",
      [took("2700")]: "0+10x150",
      [took("+Inf")]: "0+10x150",
    },
    at: "130m",
    firing: [],
  },
  {
    name: "XBRL takes ten minutes",
    series: { ...upAlways, [staged("300")]: "0x60", [staged("900")]: "0+1x60", [staged("+Inf")]: "0+1x60" },
    at: "50m",
    firing: ["CSRDXbrlSlow"],
  },
  {
    name: "XBRL takes four minutes",
    series: { ...upAlways, [staged("300")]: "0+1x60", [staged("900")]: "0+1x60", [staged("+Inf")]: "0+1x60" },
    at: "50m",
    firing: [],
  },
];

const diskUse = (instance: string) =>
  `csrd_resource_usage_ratio{job="csrd-platform", instance="${instance}", resource="disk"}`;

const diskCases: readonly Case[] = [
  {
    name: "a disk has three per cent left",
    series: { ...bothUp, [diskUse("api-1")]: "0.97x20", [diskUse("api-2")]: "0.4x20" },
    at: "10m",
    firing: ["CSRDDiskFull", "CSRDDiskFilling"],
  },
  {
    name: "a disk has eight per cent left",
    series: { ...bothUp, [diskUse("api-1")]: "0.92x20" },
    at: "10m",
    firing: ["CSRDDiskFilling"],
  },
  {
    name: "a disk was full for a moment",
    series: { ...bothUp, [diskUse("api-1")]: "0.97 0.5x20" },
    at: "10m",
    firing: [],
  },
  {
    name: "a disk has fifteen per cent left",
    series: { ...bothUp, [diskUse("api-1")]: "0.85x20" },
    at: "10m",
    firing: [],
  },
];

const failures = 'csrd_compliance_failures_total{job="csrd-services", instance="worker"}';
const score = (worker: string) => `csrd_data_quality_score{job="csrd-services", instance="${worker}"}`;

const upForLong = { [up("api-1")]: "1x60", [up("api-2")]: "1x60" };

const reportCases: readonly Case[] = [
  {
    name: "a report failed its audit",
    series: { ...upForLong, [failures]: "0x5 1x40" },
    at: "10m",
    firing: ["CSRDComplianceFailure"],
  },
  {
    name: "a report failed its audit long ago: the counter stays, the alarm does not",
    series: { ...upForLong, [failures]: "0x5 1x60" },
    at: "40m",
    firing: [],
  },
  {
    name: "data are low for half an hour",
    series: { ...upForLong, [score("w1")]: "62x60", [score("w2")]: "75x60" },
    at: "40m",
    firing: ["CSRDLowDataQuality"],
  },
  {
    name: "data are low for twenty minutes",
    series: { ...upForLong, [score("w1")]: "62x20 95x60" },
    at: "45m",
    firing: [],
  },
  {
    name: "a worker that has seen no report yet shows 0",
    series: { ...upForLong, [score("w1")]: "0x60", [score("w2")]: "91x60" },
    at: "40m",
    firing: [],
  },
];

const redisUp = (instance: string) => `csrd_redis_up{job="csrd-services", instance="${instance}"}`;

const redisCases: readonly Case[] = [
  {
    name: "Redis answers nobody",
    series: { ...bothUp, [redisUp("worker")]: "0x20", [redisUp("api-1")]: "0x20" },
    at: "6m",
    firing: ["CSRDRedisDown"],
  },
  {
    name: "Redis answers one process and not another",
    series: { ...bothUp, [redisUp("worker")]: "1x20", [redisUp("api-1")]: "0x20" },
    at: "6m",
    firing: [],
  },
];

const everyCase = [
  ...reportCases,
  ...resourceCases,
  ...modelCases,
  ...queueCases,
  ...redisCases,
  ...cases,
  ...databaseCases,
  ...databaseDownCases,
  ...diskCases,
  ...errorCases,
  ...latencyCases,
];

async function judge(rules: readonly Alert[], { series, at, firing }: Case): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "ops-rules-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, "rules.yaml"),
    renderPrometheusRules(rules, runbooks, productionTimes, "https://docs.example.com/manual"),
  );
  const test = {
    rule_files: ["rules.yaml"],
    evaluation_interval: "30s",
    tests: [
      {
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        // Whether it fires is asked through ALERTS, so that labels and texts need not be repeated here.
        promql_expr_test: alerts.map(({ name }) => ({
          expr: `count(ALERTS{alertname="${name}", alertstate="firing"}) > 0`,
          eval_time: at,
          exp_samples: firing.includes(name) ? [{ labels: "{}", value: 1 }] : [],
        })),
      },
    ],
  };
  writeFileSync(join(folder, "test.yaml"), stringify(test));
  return run("promtool", ["test", "rules", "test.yaml"], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => `FAILED ${error.stdout}${error.stderr}`,
  );
}

describe.skipIf(!promtool)("Prometheus itself, by promtool:", () => {
  test("accepts the rendered rules", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ops-rules-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "rules.yaml");
    writeFileSync(
      file,
      renderPrometheusRules(alerts, runbooks, productionTimes, "https://docs.example.com/manual"),
    );

    const { stdout } = await run("promtool", ["check", "rules", file]);

    expect(stdout).toContain(`SUCCESS: ${alerts.length} rules found`);
  });

  test.for(everyCase.map((one) => [one.name, one] as const))("%s", async ([, one]) => {
    expect(await judge(alerts, one)).toContain("SUCCESS");
  });

  test("the table notices when a rule is weakened", async () => {
    const [first] = alerts.filter((alert) => alert.name === "CSRDPlatformDown");
    const weak = alerts.map((alert) =>
      alert === first ? { ...alert, expr: 'sum by (job) (up{job="csrd-platform"}) == 0' } : alert,
    );

    expect(await judge(weak, cases[4] ?? cases[0]!)).toContain("FAILED");
  });
});

describe("every rendered rule", () => {
  const rendered = renderPrometheusRules(
    alerts,
    runbooks,
    productionTimes,
    "https://docs.example.com/manual",
  );

  test("points to the page of the runbook that answers it", () => {
    const pages = [
      ...rendered.matchAll(/runbook_url: https:\/\/docs\.example\.com\/manual\/([a-z0-9-]+)\.md/g),
    ];

    expect(pages.map(([, id]) => id)).toEqual(
      alerts.map(
        (alert) => runbooks.find(({ trigger }) => trigger.some(({ name }) => name === alert.name))?.id,
      ),
    );
  });

  test("lasts as long as it says itself, or as the environment says", () => {
    expect([...rendered.matchAll(/for: (\S+)/g)].map(([, time]) => time)).toEqual(
      alerts.map((alert) => alert.for ?? productionTimes.outage),
    );
  });
});

test.for(alerts.map(({ name }) => name))("%s is seen firing and seen silent", (name) => {
  expect(everyCase.some(({ firing }) => firing.includes(name))).toBe(true);
  expect(everyCase.some(({ firing }) => !firing.includes(name))).toBe(true);
});
