import { createHash } from "node:crypto";
import Fastify from "fastify";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { askedRange, isKnown } from "#platform/api/range.ts";
import { finishReport } from "#platform/storage/reports.ts";
import { folderFiles, newReportId } from "#platform/storage/report-files.ts";
import { seats } from "#platform/api/seats.ts";
import { uploadGate } from "#platform/api/upload-gate.ts";
import { clearRemains } from "#platform/api/upload-remains.ts";
import { problemOf, refuse } from "#platform/service/refusal.ts";
import { createLog } from "#platform/telemetry/log.ts";
import { keys, servingApi } from "./serving.ts";

const serving = servingApi({ CSRD_UPLOAD_LIMIT_MB: "8" });
const large = Buffer.alloc(3_000_000, "0123456789abcdef");
const sha = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

async function withLarge(): Promise<{ id: string; where: string }> {
  const { send, root, database } = serving();
  const id = await send();
  const artifacts = folderFiles(root).of(id);
  await artifacts.write("reports/large.bin", large);
  await artifacts.write("reports/page.xhtml", "<html><script>alert(1)</script></html>");
  await artifacts.write("receipts/intake.json", "{}");
  await finishReport(database, id, { status: "completed", outcome: "ok" });
  return { id, where: `/api/v1/reports/${id}/artifacts/reports/large.bin` };
}

async function bytes(
  where: string,
  headers: Record<string, string> = {},
): Promise<{ response: Response; content: Buffer }> {
  const response = await fetch(`${serving().api.url}${where}`, {
    headers: { authorization: `Bearer ${keys.reader}`, ...headers },
  });
  return { response, content: Buffer.from(await response.arrayBuffer()) };
}

describe("a file of a report", () => {
  test("comes whole with its length and a tag that is its hash; HEAD tells the same without it", async () => {
    const { where } = await withLarge();

    const { response, content } = await bytes(where);
    const headOnly = await serving().call("HEAD", where);

    expect(response.status).toBe(200);
    expect(content.equals(large)).toBe(true);
    expect(headOnly.status).toBe(200);
    expect(headOnly.text).toBe("");
    for (const { headers } of [response, headOnly]) {
      expect(headers.get("content-length")).toBe("3000000");
      expect(headers.get("etag")).toBe(`"${sha(large)}"`);
      expect(headers.get("accept-ranges")).toBe("bytes");
      expect(headers.get("repr-digest")).toBe(
        `sha-256=:${createHash("sha256").update(large).digest("base64")}:`,
      );
      expect(headers.get("cache-control")).toBe("private, no-cache");
    }
  });

  test("is resumed where it was cut off, byte for byte", async () => {
    const { where } = await withLarge();
    const first = await bytes(where, { range: "bytes=0-1234566" });
    const etag = first.response.headers.get("etag") ?? "";

    const rest = await bytes(where, { range: "bytes=1234567-", "if-range": etag });
    const tail = await bytes(where, { range: "bytes=-16" });

    expect([first.response.status, rest.response.status, tail.response.status]).toEqual([206, 206, 206]);
    expect(first.response.headers.get("content-range")).toBe("bytes 0-1234566/3000000");
    expect(rest.response.headers.get("content-length")).toBe(String(3_000_000 - 1_234_567));
    expect(Buffer.concat([first.content, rest.content]).equals(large)).toBe(true);
    expect(tail.content.equals(large.subarray(-16))).toBe(true);
  });

  test("comes whole when what was there before is another, and not at all when it is the same", async () => {
    const { where } = await withLarge();

    const other = await bytes(where, { range: "bytes=10-", "if-range": '"another"' });
    const same = await bytes(where, { "if-none-match": `W/"x", "${sha(large)}"` });
    const beyond = await serving().call("GET", where, { headers: { range: "bytes=3000000-" } });

    expect(other.response.status).toBe(200);
    expect(other.content.byteLength).toBe(3_000_000);
    expect(same.response.status).toBe(304);
    expect(same.content.byteLength).toBe(0);
    expect(beyond).toMatchObject({ status: 416, json: { code: "range-not-satisfiable" } });
    expect(beyond.headers.get("content-range")).toBe("bytes */3000000");
  });

  test("is saved, or looked at in a cage; never active in the API's origin", async () => {
    const { id } = await withLarge();
    const page = `/api/v1/reports/${id}/artifacts/reports/page.xhtml`;

    const saved = await bytes(page);
    const shown = await bytes(`${page}?download=0`);

    expect(saved.response.headers.get("content-disposition")).toBe('attachment; filename="page.xhtml"');
    expect(shown.response.headers.get("content-disposition")).toBe('inline; filename="page.xhtml"');
    for (const { response } of [saved, shown]) {
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(/^sandbox; default-src 'none';/);
      expect(policy).not.toMatch(/allow-|script-src/);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    }
  });

  test("is nobody else's, and the platform's own notes are nobody's", async () => {
    const { id, where } = await withLarge();

    const stranger = await serving().call("GET", where, { key: keys.other });
    const receipt = await serving().call("GET", `/api/v1/reports/${id}/artifacts/receipts/intake.json`);

    expect(stranger.status).toBe(404);
    expect(receipt.status).toBe(404);
  });

  test("leaves a line in the audit log each time it is read", async () => {
    const { id, where } = await withLarge();
    await bytes(where);
    await serving().call("HEAD", where);
    await bytes(where);

    const { rows } = await serving().database.query(
      "select tenant, action from audit_log where subject = $1 and action = 'artifact.read'",
      [id],
    );

    expect(rows).toEqual([
      { tenant: "acme", action: "artifact.read" },
      { tenant: "acme", action: "artifact.read" },
    ]);
  });
});

test.for([
  [undefined, { kind: "all" }],
  ["bytes=0-0", { kind: "part", from: 0, to: 0 }],
  ["bytes=2-", { kind: "part", from: 2, to: 9 }],
  ["bytes=2-99", { kind: "part", from: 2, to: 9 }],
  ["bytes=-3", { kind: "part", from: 7, to: 9 }],
  ["bytes=-99", { kind: "part", from: 0, to: 9 }],
  ["bytes=10-", { kind: "none" }],
  ["bytes=-0", { kind: "none" }],
  ["bytes=5-2", { kind: "all" }],
  ["bytes=-", { kind: "all" }],
  ["bytes=0-1,4-5", { kind: "all" }],
  ["rows=0-1", { kind: "all" }],
  ["bytes=1e3-", { kind: "all" }],
] as const)("of ten bytes, %s asks for %o", ([header, asked]) => {
  expect(askedRange(header, 10)).toEqual(asked);
});

test("a tag is known among others, weak or not, and by a star", () => {
  expect(isKnown('"a", W/"b"', '"b"')).toBe(true);
  expect(isKnown("*", '"b"')).toBe(true);
  expect(isKnown('"a"', '"b"')).toBe(false);
  expect(isKnown(undefined, '"b"')).toBe(false);
});

describe("taking a report back", () => {
  test("is accepted, repeated, told to whoever follows, and its files are gone", async () => {
    const { send, call } = serving();
    const id = await send();

    const first = await call("DELETE", `/api/v1/reports/${id}`);
    const again = await call("DELETE", `/api/v1/reports/${id}`);
    const report = await call("GET", `/api/v1/reports/${id}`);
    const events = await call("GET", `/api/v1/reports/${id}/events`);

    expect(first).toMatchObject({ status: 202, json: { id, status: "cancelled" } });
    expect(again).toMatchObject({ status: 202, json: { id, status: "cancelled" } });
    expect(report.json).toMatchObject({ status: "cancelled", artifacts: [] });
    expect(events.text).toContain("event: cancelled\n");
  });

  test("is refused when it has ended, to strangers and to those who may only read", async () => {
    const { send, call, database } = serving();
    const [ended, open] = [await send(), await send()];
    await finishReport(database, ended, { status: "completed", outcome: "ok" });

    const late = await call("DELETE", `/api/v1/reports/${ended}`);
    const stranger = await call("DELETE", `/api/v1/reports/${open}`, { key: keys.other });
    const reader = await call("DELETE", `/api/v1/reports/${open}`, { key: keys.reader });

    expect(late).toMatchObject({ status: 409, json: { code: "report-ended" } });
    expect(stranger).toMatchObject({ status: 404, json: { code: "not-found" } });
    expect(reader).toMatchObject({ status: 403, json: { code: "right-missing" } });
    expect((await call("GET", `/api/v1/reports/${open}/status`)).json.status).toBe("queued");
    expect((await call("GET", `/api/v1/reports/${ended}/status`)).json.status).toBe("completed");
  });
});

describe("what a process leaves that ends in the middle of an upload", () => {
  test("is removed once it is old enough, and a report that was accepted keeps its files", async () => {
    const { root, database, send } = serving();
    const files = folderFiles(root);
    const [accepted, left] = [await send(), newReportId(new Date())];
    // As if the process had ended between the row and the mark, and in the middle of the data.
    await files.begin(accepted);
    await files.begin(left);
    await files.keep(
      left,
      (async function* () {
        yield "half of it";
      })(),
    );
    const log = createLog("api", { level: "CRITICAL", to: { write: () => undefined } });

    const young = await clearRemains({ database, files, log });
    const old = await clearRemains({ database, files, log }, 0);
    const again = await clearRemains({ database, files, log }, 0);

    expect([young, old, again]).toEqual([0, 1, 0]);
    expect(await files.of(left).list()).toEqual([]);
    expect(await files.of(accepted).list()).toContain("inputs/data.csv");
  });
});

describe("uploads at once", () => {
  test("are bounded per tenant and per process, and a full disk is told before anything is read", async () => {
    const rules = { mostBytes: 1_000_000, leastRate: 0, disk: undefined };
    const gate = uploadGate({ ...rules, seats: seats("uploads", { each: 1, all: 2 }) });
    const full = uploadGate({
      ...rules,
      seats: seats("uploads", { each: 1, all: 2 }),
      disk: { folder: serving().root, reserve: Number.MAX_SAFE_INTEGER },
    });
    const app = Fastify();
    app.setErrorHandler((error: Error, request, reply) => refuse(request, reply, problemOf(error)));
    const release = new Set<() => void>();
    app.post<{ Params: { tenant: string } }>(
      "/:tenant",
      { preParsing: async (request, reply) => gate.admit(request, reply, request.params.tenant) },
      async () => new Promise<object>((resolve) => void release.add(() => resolve({}))),
    );
    app.post(
      "/full",
      { preParsing: async (request, reply) => full.admit(request, reply, "a") },
      async () => ({}),
    );
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    onTestFinished(() => app.close());
    const ask = async (tenant: string): Promise<string> => {
      const response = await fetch(`${url}/${tenant}`, { method: "POST" });
      return `${response.status} ${(await response.text()).match(/"code":"([\w-]+)"/)?.[1] ?? ""}`.trim();
    };

    const first = ask("a");
    await vi.waitUntil(() => release.size === 1, { timeout: 15_000 });
    const second = await ask("a");
    const other = ask("b");
    await vi.waitUntil(() => release.size === 2, { timeout: 15_000 });
    const third = await ask("c");
    const refused = await ask("full");
    for (const go of release) go();
    const answered = await Promise.all([first, other]);
    const after = ask("a");
    await vi.waitUntil(() => release.size === 3, { timeout: 15_000 });
    for (const go of release) go();

    expect(answered).toEqual(["200", "200"]);
    expect(second).toBe("429 too-many-at-once");
    expect(third).toBe("503 busy");
    expect(refused).toBe("507 store-full");
    expect(await after).toBe("200");
  });
});
