import { readdirSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Running, run } from "../running.ts";
import { company, csv, form, keys, servingApi } from "./serving.ts";
import { type Pieces, type Wire, wire } from "./wire.ts";

const serving = servingApi();
let server: Running;
let url: string;

/** What the other tenant met while all of this went on. */
const theirs = { asked: 0, failures: [] as string[] };
let stopAsking = (): void => undefined;
let asking: Promise<void>;

beforeAll(async () => {
  server = run("bin/csrd.js", ["serve"], serving().environment());
  url = (await server.says(/"url":"(http:\/\/[^"]+)"/))[1] ?? "";
  for (;;) {
    const ready = await fetch(`${url}/readyz`);
    await ready.text();
    if (ready.status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const over = new AbortController();
  stopAsking = () => over.abort();
  asking = (async () => {
    while (!over.signal.aborted) {
      const isPost = theirs.asked % 4 === 0;
      try {
        const response = await fetch(`${url}/api/v1/reports`, {
          headers: { authorization: `Bearer ${keys.other}` },
          ...(isPost ? { method: "POST", body: form() } : {}),
        });
        const text = await response.text();
        if (response.status !== (isPost ? 202 : 200)) theirs.failures.push(`${response.status} ${text}`);
      } catch (error) {
        theirs.failures.push(String(error));
      }
      theirs.asked += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
});

afterAll(async () => {
  stopAsking();
  await asking;
  await server?.end("SIGKILL");
});

const head = (method: string, where: string, headers: Readonly<Record<string, string>> = {}): string =>
  [
    `${method} ${where} HTTP/1.1`,
    ...Object.entries({ host: "x", authorization: `Bearer ${keys.acme}`, ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    "\r\n",
  ].join("\r\n");

const multipart = { "content-type": "multipart/form-data; boundary=b" };
const part = (disposition: string, content: string, more = ""): string =>
  `--b\r\ncontent-disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`;
const data = part('name="data"; filename="data.csv"', csv);
const about = part('name="company"', JSON.stringify(company));

/** A whole request with this body. */
const posting = (
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = multipart,
): Pieces => [
  head("POST", "/api/v1/reports", { ...headers, "content-length": String(Buffer.byteLength(body)) }),
  body,
];
const json = (text: string): Pieces => posting(text, { "content-type": "application/json" });
const reportFolders = (): readonly string[] => readdirSync(path.join(serving().root, "reports"));

/** Ids of the tenant that misbehaves. */
async function ours(): Promise<readonly string[]> {
  const { rows } = await serving().database.query<{ id: string }>(
    "select id from reports where owner = 'acme'",
  );
  return rows.map(({ id }) => id);
}

function expectProblem(answer: Wire, status: number, code: string): void {
  expect(answer.status, answer.all.slice(0, 600)).toBe(status);
  expect(answer.head.toLowerCase()).toContain("content-type: application/problem+json");
  expect(JSON.parse(answer.body)).toMatchObject({
    status,
    code,
    request_id: expect.stringMatching(/^[\w.-]{8,64}$/),
  });
  expect(answer.head).toContain(`x-request-id: ${JSON.parse(answer.body).request_id}`);
  expect(answer.head.toLowerCase()).toContain("x-content-type-options: nosniff");
}

/** No folder is new but those of accepted reports, and at most the one that the other tenant is sending right now. */
async function expectNothingLeft(before: ReadonlySet<string>): Promise<void> {
  const left = async (): Promise<readonly string[]> => {
    const folders = reportFolders();
    const { rows } = await serving().database.query<{ id: string }>("select id from reports");
    const known = new Set(rows.map(({ id }) => id));
    return folders.filter((id) => !before.has(id) && !known.has(id));
  };
  await vi.waitUntil(async () => (await left()).length <= 1, { timeout: 10_000, interval: 250 });
}

const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
const large = "x".repeat(3 * 1024 * 1024);
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const chunked = { ...multipart, "transfer-encoding": "chunked" };

describe("is refused as documented, and nothing of it is kept:", () => {
  test.for<readonly [string, number, string, () => Pieces]>([
    [
      "a body announced larger than what is taken",
      413,
      "body-too-large",
      () => [head("POST", "/api/v1/reports", { ...multipart, "content-length": "99999999999" }), "--b"],
    ],
    [
      "a body that grows larger than what is taken without having said so",
      413,
      "body-too-large",
      () => [
        head("POST", "/api/v1/reports", chunked),
        chunk(`--b\r\ncontent-disposition: form-data; name="data"; filename="d.csv"\r\n\r\n`),
        ...Array.from({ length: 8 }, () => chunk("x".repeat(256 * 1024))),
      ],
    ],
    [
      "JSON larger than what is taken",
      413,
      "body-too-large",
      () => json(`{"data":"${large}${large}${large}"}`),
    ],
    ["another content type", 415, "content-type-refused", () => posting(csv, { "content-type": "text/csv" })],
    ["plain text", 415, "content-type-refused", () => posting(csv, { "content-type": "text/plain" })],
    [
      "a form without files",
      415,
      "content-type-refused",
      () => posting("a=b", { "content-type": "application/x-www-form-urlencoded" }),
    ],
    [
      "a content type that is none",
      415,
      "content-type-refused",
      () => posting(csv, { "content-type": "\u00e4;;=" }),
    ],
    ["no content type", 415, "content-type-refused", () => posting(csv, {})],
    ["no body", 400, "body-invalid", () => [head("POST", "/api/v1/reports", { "content-length": "0" })]],
    [
      "multipart without a boundary",
      400,
      "body-invalid",
      () => posting("x", { "content-type": "multipart/form-data" }),
    ],
    [
      "multipart whose boundary never comes",
      400,
      "body-invalid",
      () => posting(`${data}${about}--b--\r\n`, { "content-type": "multipart/form-data; boundary=other" }),
    ],
    ["multipart without an end", 400, "body-invalid", () => posting(`${about}${data}`)],
    [
      "10,000 tiny parts",
      400,
      "body-invalid",
      () => posting(`${part('name="x"', "y").repeat(10_000)}--b--\r\n`),
    ],
    [
      "10,000 tiny files",
      400,
      "body-invalid",
      () =>
        posting(
          `${Array.from({ length: 10_000 }, (_, i) => part(`name="data"; filename="${i}.csv"`, "y")).join("")}--b--\r\n`,
        ),
    ],
    [
      "a part with a header of 200 KiB",
      400,
      "body-invalid",
      () =>
        posting(`${part('name="data"; filename="d.csv"', csv, `x-a: ${"y".repeat(200_000)}\r\n`)}--b--\r\n`),
    ],
    [
      "multipart in multipart",
      400,
      "body-invalid",
      () =>
        posting(
          `${part('name="files"', `--c\r\ncontent-disposition: file; filename="d.csv"\r\n\r\n${csv}\r\n--c--`, "content-type: multipart/mixed; boundary=c\r\n")}${about}--b--\r\n`,
        ),
    ],
    ["the company twice", 400, "body-invalid", () => posting(`${data}${about}${about}--b--\r\n`)],
    [
      "two files of one name, but for case",
      400,
      "body-invalid",
      () => posting(`${data}${part('name="data"; filename="DATA.csv"', csv)}${about}--b--\r\n`),
    ],
    [
      "a field that is not asked for",
      400,
      "body-invalid",
      () => posting(`${part('name="owner"', "other")}${data}${about}--b--\r\n`),
    ],
    [
      "data that is a field without a file name",
      400,
      "body-invalid",
      () => posting(`${part('name="data"', csv)}${about}--b--\r\n`),
    ],
    [
      "a packed body",
      415,
      "content-encoding-refused",
      () => posting(gzipSync(large), { "content-type": "application/json", "content-encoding": "gzip" }),
    ],
    [
      "a twice packed body",
      415,
      "content-encoding-refused",
      () => posting(gzipSync(gzipSync(large)), { ...multipart, "content-encoding": "gzip, gzip" }),
    ],
    ["broken JSON", 400, "body-invalid", () => json('{"company":')],
    [
      "JSON with __proto__",
      400,
      "body-invalid",
      () => json('{"company":{"__proto__":{"admin":true}},"data":"x"}'),
    ],
    [
      "JSON with constructor.prototype",
      400,
      "body-invalid",
      () => json('{"company":{"constructor":{"prototype":{"a":1}}},"data":"x"}'),
    ],
    [
      "a company with __proto__",
      400,
      "body-invalid",
      () => posting(`${data}${part('name="company"', '{"__proto__":{"admin":true}}')}--b--\r\n`),
    ],
    ["JSON nested without end", 400, "body-invalid", () => json(`{"company":${deep},"data":"x"}`)],
    [
      "a company nested without end",
      400,
      "body-invalid",
      () => posting(`${data}${part('name="company"', deep)}--b--\r\n`),
    ],
    [
      "a number beyond all numbers",
      400,
      "body-invalid",
      () => json('{"company":{"revenue":1e400},"data":"x"}'),
    ],
    ["half a surrogate pair", 400, "body-invalid", () => json('{"company":{"name":"\\ud800"},"data":"x"}')],
    [
      "half a surrogate pair as a key",
      400,
      "body-invalid",
      () => json('{"company":{"\\udfff":1},"data":"x"}'),
    ],
    ["U+0000", 400, "body-invalid", () => json('{"company":{"name":"a\\u0000b"},"data":"x"}')],
    ["a list where an object is meant", 400, "body-invalid", () => json("[]")],
    [
      "a line break in the Idempotency-Key",
      400,
      "body-invalid",
      () => [`POST /api/v1/reports HTTP/1.1\r\nhost: x\r\nidempotency-key: a\rb\r\n\r\n`],
    ],
    [
      "a space in the Idempotency-Key",
      400,
      "idempotency-key-invalid",
      () => posting(`${data}${about}--b--\r\n`, { ...multipart, "idempotency-key": "a b" }),
    ],
    [
      "headers of 20 KiB",
      431,
      "headers-too-large",
      () => [head("GET", "/livez", { "x-a": "y".repeat(20_000) })],
    ],
    [
      "Content-Length and Transfer-Encoding at once",
      400,
      "body-invalid",
      () => [
        head("POST", "/api/v1/reports", { ...chunked, "content-length": "4" }),
        "0\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\n\r\n",
      ],
    ],
    [
      "Content-Length twice",
      400,
      "body-invalid",
      () => [
        `POST /api/v1/reports HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd`,
      ],
    ],
    [
      "a Transfer-Encoding that hides",
      400,
      "body-invalid",
      () => [head("POST", "/api/v1/reports", { ...multipart, "transfer-encoding": "xchunked" }), "0\r\n\r\n"],
    ],
    [
      "a chunk length that is none",
      400,
      "body-invalid",
      () => [head("POST", "/api/v1/reports", chunked), "zz\r\n"],
    ],
    [
      "something that is not HTTP",
      400,
      "body-invalid",
      () => ["\u0016\u0003\u0001\u0002\u0000hello\r\n\r\n"],
    ],
    ["HTTP/1.1 without a host", 400, "body-invalid", () => ["GET /api/v1/reports HTTP/1.1\r\n\r\n"]],
    [
      "a method that an address does not take",
      405,
      "method-not-allowed",
      () => [head("PUT", "/api/v1/reports")],
    ],
    ["a method of another protocol", 405, "method-not-allowed", () => [head("PROPFIND", "/api/v1/reports")]],
    [
      "OPTIONS from a page elsewhere",
      405,
      "method-not-allowed",
      () => [
        head("OPTIONS", "/api/v1/reports", {
          origin: "https://evil.example",
          "access-control-request-method": "POST",
        }),
      ],
    ],
    ["an address that leads nowhere", 404, "not-found", () => [head("GET", "/api/v2/reports")]],
    [
      "a query that is not asked for",
      400,
      "body-invalid",
      () => [head("GET", "/api/v1/reports?limit=5&owner=other")],
    ],
    [
      "a query with an object in it",
      400,
      "body-invalid",
      () => [head("GET", "/api/v1/reports?limit[$gt]=5")],
    ],
  ])("%s", async ([, status, code, pieces]) => {
    const before = await ours();

    const answer = await wire(url, pieces());

    expectProblem(answer, status, code);
    expect(await ours()).toEqual(before);
    expect(answer.head.toLowerCase()).not.toContain("access-control-");
  });
});

test("405 names what the address takes", async () => {
  const answer = await wire(url, [head("PATCH", "/api/v1/reports")]);

  expect(answer.head).toContain("allow: GET, HEAD, POST\r\n");
});

test("nothing sent comes back in a header or as markup", async () => {
  const answers = await Promise.all([
    wire(url, [head("GET", "/livez", { "x-request-id": "<script>alert(1)</script>" })]),
    wire(url, [head("GET", "/%0d%0aset-cookie:%20a=b")]),
    wire(url, [head("GET", "/api/v1/reports/%0d%0aset-cookie:a=b/artifacts/x")]),
    wire(url, [head("GET", "/livez", { traceparent: "00-evil-evil-01" })]),
    wire(url, [head("GET", "/api/v1/reports?after=%3Cscript%3E")]),
    wire(url, posting(`${part('name="<script>"', "x")}--b--\r\n`)),
  ]);

  for (const answer of answers) {
    expect(answer.all.toLowerCase()).not.toMatch(/set-cookie|<script|evil/);
    expect(answer.head).toMatch(/x-request-id: [0-9a-f-]{36}/);
  }
  const kept = await wire(url, [head("GET", "/livez", { "x-request-id": "order-4711.a_b" })]);
  expect(kept.head).toContain("x-request-id: order-4711.a_b\r\n");
});

test("no name leads out of a report, however it is written", async () => {
  const sent = await wire(url, posting(`${data}${about}--b--\r\n`));
  const { id } = JSON.parse(sent.body);
  const there = await wire(url, [
    head("GET", `/api/v1/reports/${id}/artifacts/inputs/data.csv`, { connection: "close" }),
  ]);
  expect(there.status).toBe(200);

  for (const name of [
    "../inputs/data.csv",
    "../../etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252fetc%252fpasswd",
    "..%5c..%5cetc%5cpasswd",
    "inputs%5cdata.csv",
    "inputs/data.csv%00",
    "inputs/data.csv%00.json",
    "inputs/%C0%AE%C0%AE/data.csv",
    "inputs/\uFF0E\uFF0E/data.csv".replaceAll("\uFF0E", "%EF%BC%8E"),
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "inputs//data.csv",
    "inputs/./data.csv",
    "INPUTS/DATA.CSV",
    ".uploading",
    "receipts/intake.json",
    `../${id}/inputs/data.csv`,
    "a".repeat(300),
    "%",
    "%zz",
  ]) {
    const answer = await wire(url, [head("GET", `/api/v1/reports/${id}/artifacts/${name}`)]);
    expect([400, 404, 414], `${name}: ${answer.all.slice(0, 200)}`).toContain(answer.status);
    expect(answer.head.toLowerCase(), name).toContain("application/problem+json");
    expect(answer.all).not.toMatch(/root:|natural gas/);
  }
});

test("what a file is called has no say in where it is kept", async () => {
  for (const [name, kept] of [
    ["../../../../tmp/evil.csv", "inputs/evil.csv"],
    ["..\\\\..\\\\evil.csv", "inputs/evil.csv"],
    ["/etc/cron.d/evil", "inputs/evil"],
    [".bashrc", "inputs/bashrc"],
    ["a;b|c$(d).csv", "inputs/a-b-c-d-.csv"],
    ["", "inputs/data.csv"],
  ] as const) {
    const body = `${part(`name="data"; filename="${name}"`, csv)}${about}--b--\r\n`;
    const sent = await wire(url, posting(body));

    // A part whose file name is empty is a field to some; then it is refused.
    if (name === "" && sent.status === 400) continue;
    expect(sent.status, sent.all).toBe(202);
    const report = await wire(url, [head("GET", `/api/v1/reports/${JSON.parse(sent.body).id}`)]);
    expect(JSON.parse(report.body).artifacts.map((artifact: { name: string }) => artifact.name)).toContain(
      kept,
    );
  }
});

test("a company that says it is JSON is the same company, and one too large is told so", async () => {
  const typed = part('name="company"', JSON.stringify(company), "content-type: application/json\r\n");
  const sent = await wire(url, posting(`${data}${typed}--b--\r\n`));
  const large = await wire(
    url,
    posting(`${data}${part('name="company"', `{"a":"${"x".repeat(300_000)}"}`)}--b--\r\n`),
  );

  expect(sent.status, sent.all).toBe(202);
  const report = await wire(url, [head("GET", `/api/v1/reports/${JSON.parse(sent.body).id}`)]);
  expect(JSON.parse(report.body).company).toEqual(company);
  expectProblem(large, 413, "body-too-large");
});

test("an Idempotency-Key: once for the same, refused for another, one report of many at once", async () => {
  const send = (key: string, body: string) =>
    wire(url, posting(body, { ...multipart, "idempotency-key": key }));
  const body = `${data}${about}--b--\r\n`;
  const before = (await ours()).length;

  const racing = await Promise.all(Array.from({ length: 12 }, () => send("race-1", body)));
  const other = await send("race-1", `${data}${part('name="company"', '{"name":"Other"}')}--b--\r\n`);

  expect(racing.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 202));
  expect(new Set(racing.map((answer) => JSON.parse(answer.body).id)).size).toBe(1);
  expectProblem(other, 422, "idempotency-conflict");
  expect(await ours()).toHaveLength(before + 1);
});

test("headers that never end and bodies that drip are given up, and leave nothing", async () => {
  const drip = (text: string, pauseMs: number, times: number): Pieces =>
    Array.from({ length: times }, () => [text, pauseMs]).flat();
  const before = await ours();
  const folders = new Set(reportFolders());

  const [headers, body, jsonBody, silent] = await Promise.all([
    wire(url, [`GET /livez HTTP/1.1\r\nhost: x\r\n`, ...drip("x-a: b\r\n", 1_000, 16)], 25_000),
    wire(
      url,
      [
        head("POST", "/api/v1/reports", chunked),
        chunk(`--b\r\ncontent-disposition: form-data; name="data"; filename="drip.csv"\r\n\r\n`),
        ...drip(chunk("x"), 1_000, 14),
      ],
      25_000,
    ),
    wire(
      url,
      [
        head("POST", "/api/v1/reports", { "content-type": "application/json", "content-length": "1000" }),
        ...drip("{", 1_000, 14),
      ],
      25_000,
    ),
    wire(url, [head("POST", "/api/v1/reports", { ...multipart, "content-length": "1000" }), 14_000], 25_000),
  ]);

  expectProblem(headers, 408, "request-timeout");
  expectProblem(body, 408, "request-timeout");
  expectProblem(jsonBody, 408, "request-timeout");
  expectProblem(silent, 408, "request-timeout");
  expect(await ours()).toEqual(before);
  await expectNothingLeft(folders);
});

test("uploads cut in the middle leave nothing", async () => {
  const before = await ours();
  const folders = new Set(reportFolders());
  for (let i = 0; i < 5; i += 1) {
    const cut = wire(
      url,
      [
        head("POST", "/api/v1/reports", { ...multipart, "content-length": "100000" }),
        data,
        100,
        "x".repeat(5_000),
        50,
      ],
      150,
    );
    await cut;
  }
  expect(await ours()).toEqual(before);
  await expectNothingLeft(folders);
});

test("a second request smuggled behind a refused one is not answered", async () => {
  const answer = await wire(url, [
    head("POST", "/api/v1/reports", { ...chunked, "content-length": "6" }),
    "0\r\n\r\nG",
    "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n",
  ]);

  expect(answer.all.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(answer.all).not.toContain("alive");
});

// Last: what went on beside all of this.
test("all the while the other tenant's requests were answered", () => {
  expect(theirs.failures).toEqual([]);
  expect(theirs.asked).toBeGreaterThan(100);
});
