import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type ApiService, apiService } from "#platform/api/api-service.ts";
import { closeByDefault } from "#platform/service/gate.ts";
import { serveSettings } from "#platform/service/settings.ts";
import { createLog } from "#platform/telemetry/log.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import type { RedisServer } from "#sandbox/backends/redis.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { redisForTests } from "#test/backends/redis.ts";
import { sha256 } from "../running.ts";

const keys = {
  acme: "key-of-acme-0123456789",
  other: "key-of-other-0123456789",
  reader: "key-of-reader-0123456789",
};
const csv = "date,activity,amount,unit\n2025-01-01,natural gas,100,kWh\n";
const company = { name: "Acme GmbH", country: "DE" };

let postgres: PostgresServer;
let redis: RedisServer;
let api: ApiService;
let root: string;
const lines: string[] = [];

async function start(extra: Readonly<Record<string, string>> = {}): Promise<ApiService> {
  const settings = serveSettings({
    CSRD_DATABASE_URL: postgres.url,
    CSRD_REDIS_URL: redis.url,
    CSRD_ARTIFACTS_DIR: root,
    CSRD_PORT: "0",
    CSRD_RATE_LIMIT: "10000",
    CSRD_UPLOAD_LIMIT_MB: "1",
    CSRD_API_KEYS: [
      `acme:read+write:${sha256(keys.acme)}`,
      `other:read+write:${sha256(keys.other)}`,
      `acme:read:${sha256(keys.reader)}`,
    ].join(","),
    ...extra,
  });
  const service = await apiService(
    settings,
    createLog("api", { level: "INFO", to: { write: (line) => void lines.push(line) } }),
  );
  await vi.waitUntil(async () => (await fetch(`${service.url}/readyz`)).status === 200, { timeout: 10_000 });
  return service;
}

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), "csrd-api-"));
  [postgres, redis] = await Promise.all([postgresForTests(), redisForTests()]);
  api = await start();
});
afterAll(async () => {
  await api?.stop();
  await Promise.all([postgres?.stop(), redis?.stop()]);
  rmSync(root, { recursive: true, force: true });
});

function form(data: string = csv, about: unknown = company): FormData {
  const body = new FormData();
  body.set("data", new Blob([data], { type: "text/csv" }), "data.csv");
  body.set("company", new Blob([JSON.stringify(about)], { type: "application/json" }), "company.json");
  return body;
}

async function call(
  method: string,
  where: string,
  {
    key = keys.acme,
    headers = {},
    body,
  }: { key?: string; headers?: Record<string, string>; body?: FormData | string } = {},
): Promise<{ status: number; headers: Headers; json: any; text: string }> {
  const response = await fetch(where.startsWith("http") ? where : `${api.url}${where}`, {
    method,
    headers: { ...(key === "" ? {} : { authorization: `Bearer ${key}` }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

const reportFolders = () => readdirSync(path.join(root, "reports")).length;

function sending(key: string, body: FormData = form()): ReturnType<typeof call> {
  return call("POST", "/api/v1/reports", { headers: { "idempotency-key": key }, body });
}

describe("a report", () => {
  test("is accepted, listed, followed, and its files come back byte for byte", async () => {
    const sent = await call("POST", "/api/v1/reports", { body: form() });
    const where = sent.headers.get("location") ?? "";
    const report = await call("GET", where);
    const status = await call("GET", `${where}/status`);
    const list = await call("GET", "/api/v1/reports?limit=1");
    const file = await call("GET", `${where}/artifacts/inputs/data.csv`);

    expect(sent.status).toBe(202);
    expect(sent.json).toMatchObject({ status: "queued", id: where.split("/").at(-1) });
    expect(sent.json.stages.map((stage: any) => stage.agent)).toEqual([
      "intake",
      "materiality",
      "calculator",
      "aggregator",
      "reporting",
      "audit",
    ]);
    expect(report.json).toMatchObject({ company, data: { bytes: csv.length, sha256: sha256(csv) } });
    expect(report.json.artifacts.map((artifact: any) => artifact.name)).toEqual([
      "company.json",
      "inputs/data.csv",
    ]);
    expect(status.json).toEqual(sent.json);
    expect(list.json.reports[0].id).toBe(sent.json.id);
    expect(file.text).toBe(csv);
    expect(file.headers.get("content-disposition")).toBe('attachment; filename="data.csv"');
  });

  test("may be sent as JSON", async () => {
    const sent = await call("POST", "/api/v1/reports", {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ company, data: csv }),
    });
    const file = await call("GET", `${sent.headers.get("location")}/artifacts/inputs/data.csv`);

    expect(sent.status).toBe(202);
    expect(file.text).toBe(csv);
  });

  test("may be made from several files, each under its own plain name", async () => {
    const body = form();
    body.append("data", new Blob(['{"data_points":[]}']), "../Disclosures 2024.json");
    const sent = await call("POST", "/api/v1/reports", { body });
    const twice = form();
    twice.append("data", new Blob(["x"]), "DATA.csv");

    const report = await call("GET", sent.headers.get("location") ?? "");
    const refused = await call("POST", "/api/v1/reports", { body: twice });

    expect(sent.status).toBe(202);
    expect(report.json.artifacts.map((artifact: any) => artifact.name)).toEqual([
      "company.json",
      "inputs/Disclosures-2024.json",
      "inputs/data.csv",
    ]);
    expect(report.json.data.bytes).toBe(csv.length + 18);
    expect(refused).toMatchObject({ status: 400, json: { code: "body-invalid" } });
  });

  test("is listed page by page without gaps or repeats", async () => {
    for (let i = 0; i < 3; i += 1) await call("POST", "/api/v1/reports", { body: form(`${csv}${i}`) });

    const all = await call("GET", "/api/v1/reports?limit=200");
    const ids: string[] = [];
    for (let next: string | undefined = "/api/v1/reports?limit=2"; next !== undefined; ) {
      const page = await call("GET", next);
      ids.push(...page.json.reports.map((report: any) => report.id));
      next = page.json.next;
    }

    expect(ids).toEqual(all.json.reports.map((report: any) => report.id));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("an Idempotency-Key", () => {
  test("gives the same report for the same request, also when the requests race", async () => {
    const before = reportFolders();
    const answers = await Promise.all(Array.from({ length: 6 }, () => sending("order-1")));

    expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202, 202, 202, 202]);
    expect(new Set(answers.map((answer) => answer.json.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get("idempotency-replayed") === "true")).toHaveLength(5);
    expect(reportFolders()).toBe(before + 1);
  });

  test("is refused for another request, and nothing of that request is kept", async () => {
    await sending("order-2");
    const before = reportFolders();

    const otherData = await sending("order-2", form(`${csv}2025-01-02,natural gas,1,kWh\n`));
    const otherCompany = await sending("order-2", form(csv, { ...company, name: "Other" }));

    for (const answer of [otherData, otherCompany])
      expect(answer).toMatchObject({ status: 422, json: { code: "idempotency-conflict" } });
    expect(reportFolders()).toBe(before);
  });

  test("belongs to its owner alone", async () => {
    const mine = await sending("order-3");
    const theirs = await call("POST", "/api/v1/reports", {
      key: keys.other,
      headers: { "idempotency-key": "order-3" },
      body: form("different,data\n1,2\n"),
    });

    expect(theirs.status).toBe(202);
    expect(theirs.json.id).not.toBe(mine.json.id);
  });

  test("with a space in it is refused", async () => {
    expect(await sending("two words")).toMatchObject({
      status: 400,
      json: { code: "idempotency-key-invalid" },
    });
  });
});

describe("without the right", () => {
  test("no route under /api answers anything but a refusal", async () => {
    const { json } = await call("POST", "/api/v1/reports", { body: form() });
    const routes = [
      ["POST", "/api/v1/reports"],
      ["GET", "/api/v1/reports"],
      ["GET", `/api/v1/reports/${json.id}`],
      ["GET", `/api/v1/reports/${json.id}/status`],
      ["GET", `/api/v1/reports/${json.id}/artifacts/inputs/data.csv`],
    ] as const;

    for (const [method, where] of routes)
      for (const [key, status, code] of [
        ["", 401, "key-missing"],
        ["not-a-key", 401, "key-unknown"],
        [sha256(keys.acme), 401, "key-unknown"],
      ] as const) {
        const answer = await call(method, where, { key });

        expect(answer).toMatchObject({ status, json: { code } });
        expect(answer.headers.get("content-type")).toContain("application/problem+json");
        expect(answer.headers.get("www-authenticate")).toContain("Bearer");
      }
  });

  test("a key that may only read cannot send, and its requests keep nothing", async () => {
    const before = reportFolders();

    const answer = await call("POST", "/api/v1/reports", { key: keys.reader, body: form() });

    expect(answer).toMatchObject({ status: 403, json: { code: "right-missing" } });
    expect((await call("GET", "/api/v1/reports", { key: keys.reader })).status).toBe(200);
    expect(reportFolders()).toBe(before);
  });

  test("another owner's report does not exist", async () => {
    const { json } = await call("POST", "/api/v1/reports", { body: form() });

    for (const tail of ["", "/status", "/artifacts/inputs/data.csv"]) {
      const answer = await call("GET", `/api/v1/reports/${json.id}${tail}`, { key: keys.other });

      expect(answer).toMatchObject({ status: 404, json: { code: "not-found" } });
    }
    const list = await call("GET", "/api/v1/reports?limit=200", { key: keys.other });
    expect(list.json.reports.map((report: any) => report.id)).not.toContain(json.id);
  });

  test("a route that names no right is refused to everybody", async () => {
    const app = Fastify();
    closeByDefault(app, { admit: async () => undefined });
    app.get("/forgotten", () => "open");

    const answer = await app.inject({ url: "/forgotten", headers: { authorization: `Bearer ${keys.acme}` } });

    expect(answer.body).toContain("a right that nobody has");
  });
});

function json(body: string): [Record<string, string>, FormData | string] {
  return [{ "content-type": "application/json" }, body];
}

function parts(...given: readonly (readonly [string, string])[]): FormData {
  const body = new FormData();
  for (const [index, [name, value]] of given.entries())
    body.append(name, new Blob([value]), `${name}-${index}`);
  return body;
}

function rawGet(where: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.on("data", (data) => (text += String(data)));
    socket.once("end", () => resolve(text));
    socket.once("error", reject);
    socket.write(
      `GET ${where} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${keys.acme}\r\n\r\n`,
    );
  });
}

describe("bad input", () => {
  const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  test.for<[string, number, string, Record<string, string>, FormData | string]>([
    ["no company", 400, "body-invalid", {}, parts(["data", csv])],
    ["no data", 400, "body-invalid", {}, parts(["company", "{}"])],
    ["empty data", 400, "body-invalid", {}, parts(["data", ""], ["company", "{}"])],
    ["a part too many", 400, "body-invalid", {}, parts(["data", csv], ["company", "{}"], ["extra", "x"])],
    ["data twice and no company", 400, "body-invalid", {}, parts(["data", csv], ["data", csv])],
    ["company that is no JSON", 400, "body-invalid", {}, parts(["data", csv], ["company", "{"])],
    ["company that is a list", 400, "body-invalid", {}, parts(["data", csv], ["company", "[]"])],
    [
      "eleven data files",
      400,
      "body-invalid",
      {},
      parts(...Array.from({ length: 11 }, () => ["data", csv] as const), ["company", "{}"]),
    ],
    [
      "data files that are too large together",
      413,
      "body-too-large",
      {},
      parts(["data", "x".repeat(600_000)], ["data", "y".repeat(600_000)], ["company", "{}"]),
    ],
    [
      "company too large",
      413,
      "body-too-large",
      {},
      parts(["data", csv], ["company", `"${"x".repeat(300_000)}"`]),
    ],
    [
      "company nested without end",
      400,
      "body-invalid",
      {},
      parts(["data", csv], ["company", `{"a":${nested}}`]),
    ],
    [
      "company with U+0000",
      400,
      "body-invalid",
      {},
      parts(["data", csv], ["company", '{"name":"a\\u0000b"}']),
    ],
    [
      "data over the limit",
      413,
      "body-too-large",
      {},
      parts(["data", "x".repeat(1_100_000)], ["company", "{}"]),
    ],
    [
      "broken multipart",
      400,
      "body-invalid",
      { "content-type": "multipart/form-data; boundary=b" },
      "--b\r\nnonsense",
    ],
    ["multipart without boundary", 400, "body-invalid", { "content-type": "multipart/form-data" }, "x"],
    ["text", 415, "content-type-refused", { "content-type": "text/csv" }, csv],
    ["broken JSON", 400, "body-invalid", ...json("{")],
    ["JSON without data", 400, "body-invalid", ...json('{"company":{}}')],
    ["JSON with more", 400, "body-invalid", ...json('{"company":{},"data":"x","owner":"other"}')],
    [
      "JSON with too large a company",
      413,
      "body-too-large",
      ...json(`{"company":{"x":"${"x".repeat(300_000)}"},"data":"x"}`),
    ],
    ["JSON over the limit", 413, "body-too-large", ...json(`{"data":"${"x".repeat(9_000_000)}"}`)],
  ])("%s is refused, and nothing is kept", async ([, status, code, headers, body]) => {
    const before = reportFolders();

    const answer = await call("POST", "/api/v1/reports", { headers, body });

    expect(answer).toMatchObject({ status, json: { code } });
    expect(answer.json.request_id).toBe(answer.headers.get("x-request-id"));
    expect(reportFolders()).toBe(before);
  });

  test("no artifact name leads out of the report", async () => {
    const { json: report } = await call("POST", "/api/v1/reports", { body: form() });
    const names = [
      "../inputs/data.csv",
      "inputs%2f..%2f..%2fcompany.json",
      "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
      "/etc/passwd",
      "%2fetc%2fpasswd",
      "..%5c..%5cdata.csv",
      "inputs/data.csv%00",
      "receipts/intake.json",
      "",
      ".",
    ];

    for (const name of names) {
      // By hand, because a client would tidy the path up first.
      const answer = await rawGet(`/api/v1/reports/${report.id}/artifacts/${name}`);

      expect(answer).toMatch(/^HTTP\/1\.1 (400|404) /);
    }
    expect(await rawGet(`/api/v1/reports/${report.id}/artifacts/inputs/data.csv`)).toMatch(
      /^HTTP\/1\.1 200 /,
    );
    expect(await rawGet("/api/v1/reports/..%2f..%2fetc")).toMatch(/^HTTP\/1\.1 404 /);
  });

  test("a made-up request id or traceparent is not repeated", async () => {
    const answer = await call("GET", "/livez", { headers: { "x-request-id": "<script>", traceparent: "x" } });

    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test("too many requests of one owner are refused, another owner's and the probes are not", async () => {
  const hasty = "key-of-hasty-0123456789";
  // What is counted is shared by all processes: an owner of its own, whom nobody has counted yet.
  const service = await start({
    CSRD_RATE_LIMIT: "3",
    CSRD_API_KEYS: `hasty:read:${sha256(hasty)},calm:read:${sha256(keys.other)}`,
  });
  try {
    const list = `${service.url}/api/v1/reports`;
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(await call("GET", list, { key: hasty }));

    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 429]);
    expect(answers[3]?.json.code).toBe("rate-limited");
    expect(Number(answers[3]?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await call("GET", list, { key: keys.other })).status).toBe(200);
    expect((await call("GET", `${service.url}/livez`)).status).toBe(200);
  } finally {
    await service.stop();
  }
});

test("/health/ready is /readyz, and no secret reaches the log", async () => {
  const [one, other] = await Promise.all([call("GET", "/readyz"), call("GET", "/health/ready")]);

  expect(one.json).toEqual({ status: "ready", checks: { postgres: "ok", redis: "ok" } });
  expect(other.json).toEqual(one.json);
  const password = new URL(postgres.url).password;
  for (const secret of [...Object.values(keys), password]) expect(lines.join("")).not.toContain(secret);
});

test("/metrics counts requests by route and refusals by reason", async () => {
  await call("GET", "/api/v1/reports", { key: "" });

  const { text } = await call("GET", "/metrics");

  expect(text).toMatch(
    /csrd_http_requests_total\{method="GET",route="\/api\/v1\/reports",status="401"\} [1-9]/,
  );
  expect(text).toMatch(/csrd_auth_failures_total\{reason="key-missing"\} [1-9]/);
  expect(text).toContain("process_resident_memory_bytes");
});

// Last: these take the backends away.
test("without Redis a report is still accepted; without Postgres it is refused; alive all the while", async () => {
  await redis.stop();
  const withoutRedis = await call("POST", "/api/v1/reports", { body: form("without,redis\n1,2\n") });
  // A good answer is remembered for a moment.
  const readyOnce = (so: (answer: Awaited<ReturnType<typeof call>>) => boolean) =>
    vi.waitUntil(
      async () => {
        const answer = await call("GET", "/readyz");
        return so(answer) ? answer : undefined;
      },
      { timeout: 10_000 },
    );
  const ready = await readyOnce(({ json }) => json.checks.redis !== "ok");
  await postgres.stop();
  const before = reportFolders();
  const withoutPostgres = await call("POST", "/api/v1/reports", { body: form("without,postgres\n1,2\n") });
  const [health, notReady] = await Promise.all([
    call("GET", "/health"),
    readyOnce(({ status }) => status !== 200),
  ]);

  expect(withoutRedis.status).toBe(202);
  // Not a reason to take every process out of a balancer at once.
  expect(ready).toMatchObject({ status: 200, json: { status: "ready", checks: { postgres: "ok" } } });
  expect(notReady).toMatchObject({ status: 503, json: { status: "not ready" } });
  expect(withoutPostgres).toMatchObject({
    status: 503,
    json: { code: "unavailable", reason: "storage-unreachable" },
  });
  expect(reportFolders()).toBe(before + 1);
  expect(health).toMatchObject({
    status: 503,
    json: {
      status: "unhealthy",
      checks: { storage: { details: { input_storage: "inaccessible", output_storage: "inaccessible" } } },
    },
  });
  expect((await call("GET", "/livez")).status).toBe(200);
});
