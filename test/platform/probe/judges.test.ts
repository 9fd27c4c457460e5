import { expect, test } from "vitest";
import { agentNames } from "#platform/contract.ts";
import { benchLines, compareLines } from "#platform/probe/bench-judge.ts";
import { PlatformBinding } from "#platform/probe/binding.ts";
import type { Answer } from "#platform/probe/client.ts";
import { chart, rank, spread } from "#platform/probe/figures.ts";
import { type Sent, sumLoad } from "#platform/probe/load-judge.ts";
import {
  judgeAgents,
  judgeEnd,
  judgeHealth,
  judgeMetrics,
  judgePackage,
  judgeReady,
  judgeRefusal,
  together,
} from "#platform/probe/smoke-judge.ts";
import { reportPackage } from "#platform/xbrl/report-package.ts";

function answer(status: number, body: unknown, type = "application/json"): Answer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: new Headers({ "content-type": type }), body: Buffer.from(text), ms: 1 };
}

// csrd-operations-manual, "Health Check Endpoints", the healthy example.
const healthy = {
  status: "healthy",
  timestamp: "2025-10-18T10:00:00Z",
  version: "1.0.0",
  checks: {
    agents: {
      status: "healthy",
      details: Object.fromEntries(agentNames.map((name) => [`${name}_agent`, "healthy"])),
    },
    storage: {
      status: "healthy",
      details: { input_storage: "accessible", output_storage: "accessible" },
    },
    external_dependencies: {
      status: "healthy",
      details: { llm_api: "reachable", xbrl_validator: "reachable" },
    },
    resources: { status: "healthy", details: { cpu_usage: 45, memory_usage: 62, disk_usage: 38 } },
  },
};

test("the manual's healthy body passes, and each part that is missing from it does not", () => {
  const { storage: _, ...rest } = healthy.checks;

  expect(judgeHealth(answer(200, healthy))).toEqual({ state: "passed", says: "healthy, version 1.0.0" });
  expect(judgeAgents(answer(200, healthy)).state).toBe("passed");
  expect(judgeHealth(answer(200, { ...healthy, checks: rest }))).toMatchObject({
    state: "failed",
    says: "healthy, and does not tell storage.input_storage, storage.output_storage",
  });
  expect(judgeHealth(answer(200, "<html>ok</html>")).state).toBe("failed");
});

test("a degraded platform is not healthy, and what is amiss is named", () => {
  const agents = {
    status: "degraded",
    details: { ...healthy.checks.agents.details, audit_agent: "unhealthy" },
  };
  const body = { ...healthy, status: "degraded", checks: { agents } };

  expect(judgeHealth(answer(200, body)).says).toContain("agents degraded");
  expect(judgeAgents(answer(200, body))).toEqual({ state: "failed", says: "audit unhealthy" });
});

test("ready means that every hard dependency says so", () => {
  const ready = { status: "ready", checks: { postgres: "ok", redis: "ok" } };

  expect(judgeReady(answer(200, ready)).state).toBe("passed");
  expect(
    judgeReady(answer(503, { status: "not ready", checks: { postgres: "unreachable", redis: "ok" } })),
  ).toEqual({ state: "failed", says: "not ready; postgres: unreachable" });
  expect(judgeReady(answer(200, { status: "ready", checks: {} })).state).toBe("failed");
});

test("metrics without one that an alert asks for do not pass", () => {
  const text = ["csrd_build_info", "csrd_http_requests_total", "process_resident_memory_bytes"]
    .map((name) => `# TYPE ${name} gauge\n${name} 1\n`)
    .join("");

  expect(judgeMetrics(answer(200, text, "text/plain"))).toEqual({
    state: "failed",
    says: "without csrd_http_request_duration_seconds, csrd_auth_failures_total",
  });
});

test("a refusal is a status and a problem document; anything let in is a failure", () => {
  const problem = { code: "key-missing", request_id: "r-1" };

  expect(judgeRefusal(answer(401, problem, "application/problem+json"), [401])).toEqual({
    state: "passed",
    says: "401 key-missing",
  });
  expect(judgeRefusal(answer(200, { reports: [] }), [401]).state).toBe("failed");
  expect(judgeRefusal(answer(401, "Unauthorized", "text/plain"), [401]).state).toBe("failed");
});

test("a report package opens and is tagged, or it fails", () => {
  const content =
    "<html><body><ix:nonFraction name='x'>1</ix:nonFraction><ix:nonNumeric>t</ix:nonNumeric></body></html>";
  const whole = reportPackage({ folder: "A-2025", report: "a.xhtml", content });

  expect(judgePackage(whole)).toEqual({ state: "passed", says: "opens; 2 tags" });
  expect(judgePackage(reportPackage({ folder: "A", report: "a.xhtml", content: "<html/>" })).state).toBe(
    "failed",
  );
  expect(judgePackage(whole.subarray(0, whole.length - 30)).state).toBe("failed");
  expect(judgePackage(Buffer.from("not a zip")).state).toBe("failed");
});

test("a report ends well only with the work of all six agents", () => {
  const stages = agentNames.map((agent) => ({ agent, status: "ok", duration_ms: 5 }));
  const report = {
    id: "CSRD-1",
    status: "completed",
    outcome: "ok",
    accepted_at: "2026-01-01T00:00:00Z",
    stages,
  };

  expect(judgeEnd(report).state).toBe("passed");
  expect(judgeEnd({ ...report, stages: stages.slice(0, 5) }).says).toBe("completed without audit");
  expect(
    judgeEnd({ ...report, status: "dead-letter", error: { code: "agent-unreachable", message: "Gone" } })
      .says,
  ).toContain("agent-unreachable");
});

test("one failure among several verdicts is what is told", () => {
  const [good, bad] = [
    { state: "passed", says: "a" },
    { state: "failed", says: "b" },
  ] as const;

  expect(together([good, bad, good])).toBe(bad);
  expect(together([good, good])).toEqual({ state: "passed", says: "a" });
});

test("a rank is a value that was measured, and is not given for too few", () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);

  expect(rank(hundred, 0.95)).toBe(95);
  expect(spread(hundred)).toEqual({ count: 100, min: 1, median: 50, p95: 95, p99: 99, max: 100 });
  expect(spread([3, 1, 2])).toEqual({ count: 3, min: 1, median: 2, p95: undefined, p99: undefined, max: 3 });
});

test("a chart keeps the highest peak, however narrow it is", () => {
  const values = Array.from({ length: 300 }, (_, at) => (at === 137 ? 50 : 1));

  const lines = chart(values, { columns: 40, rows: 4, ascii: true });

  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^50 \| +#/);
  expect(lines.at(-1)).toMatch(/^ 0 /);
});

const stagesOf = (ms: number) => Object.fromEntries(agentNames.map((agent) => [agent, ms]));

test("bench holds an agent to the manual's longest time, and p95 only to what can be said of it", () => {
  const reports = [10, 20, 31_000].map((ms, at) => ({ id: `r${at}`, ms: 60_000, stages: stagesOf(ms) }));
  const lines = benchLines({
    reports,
    routes: [
      { route: "few", ms: [1, 2, 3] },
      { route: "slow", ms: Array.from({ length: 100 }, () => 250) },
      { route: "fast", ms: Array.from({ length: 100 }, () => 5) },
    ],
  });
  const verdicts = Object.fromEntries(lines.map(({ what, verdict }) => [what, verdict]));

  expect(verdicts).toMatchObject({
    "intake agent": "missed",
    "materiality agent": "held",
    "aggregator agent": "missed",
    "whole report": "held",
    "whole report, objective": "unjudged",
    few: "unjudged",
    slow: "missed",
    fast: "held",
  });
  expect(benchLines({ reports: [], routes: [] }).every(({ verdict }) => verdict === "unjudged")).toBe(true);
});

test("a comparison says slower only where the figures carry it", () => {
  const now = (ms: readonly number[]) => [
    { what: "x", figures: spread(ms), expected: "", verdict: "held", says: "" } as const,
  ];
  const before = [{ what: "x", figures: spread([100, 110, 120]) }];

  expect(compareLines(now([200, 210, 220]), before)[0]?.verdict).toBe("slower");
  expect(compareLines(now([110, 150, 220]), before)[0]?.verdict).toBe("same");
  expect(compareLines(now([40, 50, 60]), before)[0]?.verdict).toBe("faster");
  expect(compareLines(now([500]), before)[0]?.verdict).toBe("unjudged");
  expect(compareLines(now([500, 500, 500]), [])[0]?.verdict).toBe("unjudged");
});

test("a load is held when all were completed, missed when some were not, broken when one never ended", () => {
  const sent = (end: Sent["end"], reason?: string): Sent => ({
    sentAt: 0,
    answeredMs: 5,
    end,
    durationMs: 1_000,
    ...(reason === undefined ? {} : { reason }),
  });
  const of = (...all: readonly Sent[]) =>
    sumLoad({
      concurrent: 10,
      sent: all,
      depths: [{ at: 0, waiting: 7, running: 1, over: 0 }],
      tookMs: 60_000,
      heldBack: 0,
    });

  expect(of(sent("completed"), sent("completed"))).toMatchObject({
    verdict: "held",
    perMinute: 2,
    deepest: 7,
  });
  expect(of(sent("completed"), sent("dead-letter", "agent-unreachable"))).toMatchObject({
    verdict: "missed",
    accepted: 2,
    reasons: [["agent-unreachable", 1]],
  });
  expect(of(sent("completed"), sent("refused", "rate-limited"))).toMatchObject({
    verdict: "missed",
    accepted: 1,
  });
  expect(of(sent("completed"), sent("unfinished"))).toMatchObject({ verdict: "broken" });
  expect(of()).toMatchObject({ verdict: "broken" });
});

test("the binding takes references and refuses a key itself", () => {
  expect(
    PlatformBinding.safeParse({ smokeApiKey: { file: "/run/keys/smoke" }, apiKey: { env: "KEY" } }).success,
  ).toBe(true);
  expect(PlatformBinding.safeParse({ apiKey: "csrd_abc" }).success).toBe(false);
  expect(PlatformBinding.safeParse({ password: { env: "KEY" } }).success).toBe(false);
});
