import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { fileLogs } from "#adapters/log-files/logs.ts";
import { savedLogQueries } from "#bin/log-queries.ts";
import { inventoryOf } from "#kit/inventory.ts";
import { agentNames, metrics } from "#platform/contract.ts";
import { metricFacts } from "#platform/telemetry/metric-facts.ts";
import { codesText, errorsByCode, reportSizes, sizesOf } from "#runbooks/actions/log-questions.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import type { RedisServer } from "#sandbox/backends/redis.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { redisForTests } from "#test/backends/redis.ts";
import { cloudWatch, elastic, files } from "#test/contracts/log-services.ts";
import { asked } from "#test/contracts/logs.ts";
import { type Running, run, sha256 } from "../running.ts";
import { type OtlpSink, otlpSink, treeOf } from "./otlp-sink.ts";

// Every process of the platform, for real, with traces and class files; one report goes through all of it.
const sample = path.join(import.meta.dirname, "../../../data/samples/vesterlund-instrumenter");
const key = "canary-key-of-acme-0123456789";
// A client that sends its key where its request's id belongs.
const strayKey = `csrd_live_stray123_${"Canary0123456789".repeat(2)}`;
const token = "canary-internal-token-0123456789";
const started: Running[] = [];
const urls = new Map<string, string>();
let postgres: PostgresServer;
let redis: RedisServer;
let root: string;
let sink: OtlpSink;
let report: any;
let refused: any;

const promtool = await promisify(execFile)("promtool", ["--version"]).then(
  () => true,
  () => false,
);
if (!promtool)
  process.stderr.write("promtool is not on PATH: the pages of metrics are not checked by it here.\n");

async function start(name: string, args: readonly string[]): Promise<Running> {
  const child = run("bin/csrd.js", args, {
    CSRD_DATABASE_URL: postgres.url,
    CSRD_REDIS_URL: redis.url,
    CSRD_ARTIFACTS_DIR: path.join(root, "artifacts"),
    CSRD_STATE_DIR: path.join(root, "state"),
    CSRD_LOG_DIR: path.join(root, "logs"),
    CSRD_INSTANCE: name,
    CSRD_PORT: "0",
    CSRD_AGENT_URLS: agentNames
      .map((agent) => `${agent}=${urls.get(agent) ?? "http://127.0.0.1:9"}`)
      .join(","),
    CSRD_API_KEYS: `acme:read+write:${sha256(key)}`,
    CSRD_INTERNAL_TOKEN: token,
    CSRD_OTLP_URL: sink.url,
    CSRD_LOCK_MS: "1500",
    CSRD_STALLED_MS: "700",
    OTEL_EXPORTER_OTLP_HEADERS: "x-canary=canary-header-0123456789",
  });
  started.push(child);
  const [, url = ""] = await child.says(/"url":"([^"]+)".*started/);
  urls.set(name, url);
  return child;
}

/** Sends the sample, or other data of the same company; gives the way to look at what becomes of it. */
async function send(data?: string): Promise<{ readonly look: () => Promise<any> }> {
  const api = urls.get("api") ?? "";
  const headers = { authorization: `Bearer ${key}` };
  const form = new FormData();
  if (data !== undefined) form.append("data", new Blob([data]), "esg_data.csv");
  else
    for (const name of ["esg_data.csv", "disclosures.json", "activities.csv"])
      form.append("data", new Blob([readFileSync(path.join(sample, name))]), name);
  form.set("company", new Blob([readFileSync(path.join(sample, "company.json"))]), "company.json");
  const sent = await fetch(`${api}/api/v1/reports`, { method: "POST", headers, body: form });
  const where = `${api}${sent.headers.get("location")}`;
  return { look: async () => (await fetch(where, { headers })).json() };
}

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), "csrd-telemetry-"));
  mkdirSync(path.join(root, "logs"));
  [postgres, redis, sink] = await Promise.all([postgresForTests(), redisForTests(), otlpSink()]);
  await Promise.all(agentNames.map((name) => start(name, ["agent", name])));
  await Promise.all([start("api", ["serve"]), start("worker", ["work"])]);
  const api = urls.get("api") ?? "";
  await vi.waitUntil(async () => (await fetch(`${api}/readyz`)).ok, { timeout: 90_000, interval: 100 });
  await fetch(`${api}/api/v1/reports`, { headers: { authorization: "Bearer canary-wrong-key-0123456789" } });
  await fetch(`${api}/api/v1/reports`, { headers: { "x-request-id": strayKey } });
  await fetch(`${api}/api/v1/reports/canary%0d%0aSet-Cookie:%20x?key=${key}`, {
    headers: { "x-api-key": key },
  });

  const ends = async (look: () => Promise<any>) => {
    await vi.waitUntil(async () => (await look()).finished_at !== undefined, {
      timeout: 150_000,
      interval: 200,
    });
    return look();
  };
  report = await ends((await send()).look);
  refused = await ends((await send("when,how much\n2025-01-01,100\n")).look);
}, 280_000);

afterAll(async () => {
  await Promise.all(started.map((child) => child.end("SIGKILL")));
  await Promise.all([postgres?.stop(), redis?.stop(), sink?.close()]);
  rmSync(root, { recursive: true, force: true });
});

function linesOf(): readonly { readonly file: string; readonly text: string; readonly line: any }[] {
  const dir = path.join(root, "logs");
  return readdirSync(dir)
    .filter((file) => file.endsWith(".ndjson"))
    .flatMap((file) =>
      readFileSync(path.join(dir, file), "utf8")
        .split("\n")
        .filter((text) => text !== "")
        .map((text) => ({ file, text, line: JSON.parse(text) })),
    );
}

test("one report is one trace, from the request over the worker to every agent", {
  timeout: 30_000,
}, async () => {
  const post = () => sink.spans.find(({ name }) => name === "POST /api/v1/reports");
  const ofTheReport = (name: string) =>
    sink.spans.filter((span) => span.name === name && span.traceId === post()?.traceId).length;
  await vi.waitUntil(
    () =>
      post() !== undefined &&
      // Each process sends its own in its own time; a child may be there before its parent.
      ["report attempt", ...agentNames.flatMap((agent) => [`call ${agent}`, `agent ${agent}`])].every(
        (wanted) => ofTheReport(wanted) > 0,
      ) &&
      ofTheReport("POST /run") === agentNames.length,
    {
      timeout: 20_000,
    },
  );
  const trace = sink.spans.filter(({ traceId }) => traceId === post()?.traceId);
  const tree = treeOf(trace);
  process.stderr.write(`${tree.join("\n")}\n`);

  expect(report.status).toBe("completed");
  expect(tree.filter((line) => !line.startsWith(" "))).toHaveLength(1);
  expect(tree).toContain("  csrd-worker: report attempt");
  for (const agent of agentNames) {
    const at = tree.indexOf(`    csrd-worker: call ${agent}`);
    expect(tree.slice(at, at + 3)).toEqual([
      `    csrd-worker: call ${agent}`,
      `      csrd-${agent}: POST /run`,
      `        csrd-${agent}: agent ${agent}`,
    ]);
  }
  expect(tree.some((line) => line.includes("postgres insert"))).toBe(true);
  const facts = new Set(trace.flatMap(({ attributes }) => attributes.map(({ key: name }) => name)));
  expect([...facts].toSorted()).toEqual([
    "csrd.agent",
    "csrd.attempt",
    "csrd.outcome",
    "csrd.report_id",
    "db.system.name",
    "http.request.method",
    "http.response.status_code",
    "http.route",
  ]);
});

test("log lines carry the ids of the spans they were written in", () => {
  const completed = linesOf().filter(({ line }) => line.message === "Agent completed");

  expect(completed).toHaveLength(agentNames.length);
  for (const { line } of completed) {
    const span = sink.spans.find(({ spanId }) => spanId === line.span_id);
    expect(span?.traceId).toBe(line.trace_id);
  }
});

test("each class has its file, and every line of it the manual's members", () => {
  const lines = linesOf();

  expect([...new Set(lines.map(({ file }) => file))].toSorted()).toEqual([
    "access.ndjson",
    "application.ndjson",
    "security.ndjson",
    "system.ndjson",
  ]);
  for (const { line } of lines) {
    expect(Object.keys(line).toSorted()).toEqual([
      "context",
      "level",
      "logger",
      "message",
      "span_id",
      "timestamp",
      "trace_id",
    ]);
    expect(line.trace_id).toMatch(/^[0-9a-f]{32}$/);
  }
  const of = (file: string) => [
    ...new Set(lines.filter((one) => one.file === file).map(({ line }) => line.logger)),
  ];
  expect(of("access.ndjson")).toEqual(["csrd_platform.access"]);
  for (const logger of of("security.ndjson")) expect(logger).toMatch(/^csrd_platform\.security/);
});

test("no secret that a process was given or sent is in any line, on stdout or in any file", () => {
  const written = [...linesOf().map(({ text }) => text), ...started.map((child) => child.output())].join(
    "\n",
  );
  const secrets = [
    key,
    token,
    "canary-wrong-key",
    "Canary0123456789",
    "canary-header",
    new URL(postgres.url).password,
    new URL(redis.url).password,
  ];

  for (const secret of secrets.filter((one) => one !== "")) expect(written.includes(secret)).toBe(false);
  expect(written).toMatch(/csrd_live_stray123_\[secret/);
  expect(written).not.toMatch(/Set-Cookie/);
});

test("the saved queries find what these processes wrote", async () => {
  const logs = fileLogs({ dir: path.join(root, "logs") });
  const rows = async (id: string, given = {}) => {
    const question = { ...asked(id, given), until: new Date(Date.now() + 1_000) };
    return (await logs.query("", question, "20s")).rows;
  };

  expect((await rows("slow-reports", { seconds: 0 })).map(([, id]) => id)).toEqual([report.id]);
  expect((await rows("slowest-reports")).map(([, id]) => id)).toEqual([report.id]);
  expect((await rows("authentication")).length).toBeGreaterThan(0);
  expect((await rows("authentication-by-client"))[0]?.[0]).toBe("127.0.0.1");
});

test.for([
  ["CloudWatch Logs Insights", async (given: readonly string[]) => (await cloudWatch(given)).world],
  ["Elasticsearch", async (given: readonly string[]) => (await elastic(given)).world],
  ["files", files],
] as const)("runbooks read from %s what these processes wrote", async ([, open]) => {
  const written = linesOf();
  const generated = written.filter(({ line }) => line.message === "Report generated");
  const facts: number = generated[0]?.line.context.facts;
  // What the platform wrote once, as it writes it day after day: three of late, three before.
  const days = [3, 3, 3, 1, 1, 1].map((times, index) => ({
    ...generated[0]?.line,
    timestamp: new Date(Date.now() - (index + 1) * 60_000).toISOString(),
    context: { ...generated[0]?.line.context, facts: facts * times },
  }));
  const world = await open([
    ...written.filter((one) => !generated.includes(one)).map(({ text }) => text),
    ...days.map((line) => JSON.stringify(line)),
  ]);
  onTestFinished(() => world.close());
  const reporting = {
    name: "reporting",
    url: "http://reporting",
    instances: [],
    firewallGroups: [],
    floor: 1,
  };
  const services = [{ ...reporting, logGroup: world.group }];
  const inventory = inventoryOf("production", services, {}, savedLogQueries);
  const asker = { logs: world.logs, inventory, now: () => new Date(Date.now() + 1_000) };

  expect(refused).toMatchObject({ status: "failed", error: { code: expect.any(String) } });
  // A line of the agent that refused it, and one of the worker that ended it.
  expect(codesText(await errorsByCode(asker, services, "1h"))).toBe(`${refused.error.code} 2`);
  expect(facts).toBeGreaterThan(100);
  expect(sizesOf(await reportSizes(asker, services[0] ?? reporting, "1d"))).toEqual({
    recent: facts * 3,
    typical: facts,
  });
});

test.for(["api", "worker", ...agentNames])(
  "%s: its metrics are in order",
  { timeout: 20_000 },
  async (name, { skip }) => {
    if (!promtool) skip();
    const page = await (await fetch(`${urls.get(name)}/metrics`)).text();

    const child = promisify(execFile)("promtool", ["check", "metrics"]);
    child.child.stdin?.end(page);

    expect(
      await child.then(
        ({ stdout, stderr }) => stdout + stderr,
        (error: unknown) => String(error),
      ),
    ).toBe("");
  },
);

test("every metric of the contract is shown by the processes that should, and no other csrd_ metric is shown", async () => {
  const shown = new Map<string, ReadonlyMap<string, string>>();
  const labels = new Map<string, Set<string>>();
  for (const [name, url] of urls) {
    const page = await (await fetch(`${url}/metrics`)).text();
    shown.set(
      name,
      new Map(
        [...page.matchAll(/^# TYPE (csrd_\w+) (\w+)$/gm)].map(([, metric = "", type = ""]) => [metric, type]),
      ),
    );
    for (const [, metric = "", pairs = ""] of page.matchAll(
      /^(csrd_\w+?)(?:_bucket|_sum|_count)?\{([^}]*)\}/gm,
    ))
      for (const [, label = ""] of pairs.matchAll(/(\w+)="/g))
        if (label !== "le") labels.set(metric, (labels.get(metric) ?? new Set()).add(label));
  }
  const on = {
    all: [...urls.keys()],
    api: ["api"],
    worker: ["worker"],
    "api and worker": ["api", "worker"],
    agents: [...agentNames],
    materiality: ["materiality"],
    intake: ["intake"],
    audit: ["audit"],
  };

  const wrong: string[] = [];
  for (const [name, facts] of Object.entries(metricFacts)) {
    const metric = Object.entries(metrics).find(([known]) => known === name)?.[1] ?? "";
    for (const process of on[facts.shown])
      if (shown.get(process)?.get(metric) !== facts.type)
        wrong.push(`${process} does not show ${metric} as ${facts.type}`);
    for (const label of labels.get(metric) ?? [])
      if (!facts.labels.includes(label)) wrong.push(`${metric} has a label ${label}`);
  }
  const known: readonly string[] = Object.values(metrics);
  for (const [process, page] of shown)
    for (const metric of page.keys())
      if (!known.includes(metric)) wrong.push(`${process} shows ${metric}, which the contract does not name`);

  expect(wrong).toEqual([]);
});

test("a report whose worker is killed stays one trace over the worker that goes on with it", {
  timeout: 60_000,
}, async () => {
  const first = started.find((child) => child.output().includes("Worker started"));
  const { look } = await send();
  const { id } = await look();
  await vi.waitUntil(
    () => started.some((child) => child.output().includes("Agent started") && child.output().includes(id)),
    { timeout: 20_000, interval: 10 },
  );

  await first?.end("SIGKILL");
  await start("worker-2", ["work"]);
  await vi.waitUntil(async () => (await look()).finished_at !== undefined, {
    timeout: 40_000,
    interval: 200,
  });
  const of = (facts: readonly { key: string; value: { stringValue?: string | undefined } }[]) =>
    facts.some(({ key: name, value }) => name === "csrd.report_id" && value.stringValue === id);
  const attempts = () => sink.spans.filter((span) => span.name === "report attempt" && of(span.attributes));
  await vi.waitUntil(() => attempts().length > 0, { timeout: 10_000 });

  const traces = new Set(sink.spans.filter(({ attributes }) => of(attributes)).map(({ traceId }) => traceId));
  expect(traces.size).toBe(1);
  const post = sink.spans.find(({ name, traceId }) => name === "POST /api/v1/reports" && traces.has(traceId));
  for (const { parentSpanId } of attempts()) expect(parentSpanId).toBe(post?.spanId);
  const logged = linesOf().filter(
    ({ line }) => line.context.report_id === id && line.message.startsWith("Pipeline "),
  );
  expect(new Set(logged.map(({ line }) => line.trace_id))).toEqual(traces);
});

test("spans are sent on the way out, within two seconds, and the process ends in good order", {
  timeout: 30_000,
}, async () => {
  const api = started.find((child) => child.output().includes("API started"));
  const header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  await fetch(`${urls.get("api")}/api/v1/reports`, { headers: { traceparent: header } });

  expect(await api?.end("SIGTERM")).toBe(0);
  expect(
    sink.spans.find(
      ({ name, traceId }) => name === "GET /api/v1/reports" && traceId === "4bf92f3577b34da6a3ce929d0e0e4736",
    ),
  ).toMatchObject({
    parentSpanId: "00f067aa0ba902b7",
  });
});
