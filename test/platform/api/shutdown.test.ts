import { readdirSync } from "node:fs";
import { Agent, request } from "node:http";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { type Running, run } from "../running.ts";
import { company, csv, keys, servingApi } from "./serving.ts";
import { wire } from "./wire.ts";

const serving = servingApi();

/** How one request ended: its whole answer, or what the connection said. */
type Ended = { readonly status: number; readonly id: string | undefined } | { readonly refused: string };

const body = [
  "--b",
  'content-disposition: form-data; name="data"; filename="data.csv"',
  "",
  csv,
  "--b",
  'content-disposition: form-data; name="company"',
  "",
  JSON.stringify(company),
  "--b--",
  "",
].join("\r\n");
const headers = {
  authorization: `Bearer ${keys.acme}`,
  "content-type": "multipart/form-data; boundary=b",
};

async function begin(extra: Readonly<Record<string, string>>): Promise<{ server: Running; url: string }> {
  const server = run("bin/csrd.js", ["serve"], serving().environment(extra));
  const url = (await server.says(/"url":"(http:\/\/[^"]+)"/))[1] ?? "";
  for (;;) {
    const ready = await fetch(`${url}/readyz`);
    await ready.text();
    if (ready.status === 200) return { server, url };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One report over a connection that is kept and used again, as a balancer's are. */
function send(url: string, agent: Agent): Promise<Ended> {
  return new Promise((resolve) => {
    const sent = request(
      `${url}/api/v1/reports`,
      { method: "POST", agent, headers: { ...headers, "content-length": Buffer.byteLength(body) } },
      (response) => {
        let text = "";
        response.on("data", (data) => (text += String(data)));
        response.once("end", () =>
          resolve({ status: response.statusCode ?? 0, id: /"id":"([^"]+)"/.exec(text)?.[1] }),
        );
        response.once("error", (error) =>
          resolve({ refused: `in the middle of an answer: ${error.message}` }),
        );
      },
    );
    sent.once("error", (error) =>
      resolve({ refused: "code" in error && typeof error.code === "string" ? error.code : error.message }),
    );
    sent.end(body);
  });
}

test("stops under load without losing a report or an answer, and is not ready before it is gone", async () => {
  const { server, url } = await begin({ CSRD_DRAIN_MS: "3000" });
  const ended: Ended[] = [];
  const gone = new AbortController();
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!gone.signal.aborted) {
      const end = await send(url, agent);
      ended.push(end);
      if ("refused" in end && end.refused === "ECONNREFUSED") return;
    }
  };
  const clients = Array.from({ length: 6 }, client);
  await vi.waitUntil(() => ended.length >= 20, { timeout: 60_000 });

  const exit = server.end("SIGTERM");
  await server.says(/"message":"Stopping"/);
  const readiness = await fetch(`${url}/readyz`);
  const told = await readiness.text();
  const atNotReady = ended.length;
  await vi.waitUntil(() => ended.length >= atNotReady + 6, { timeout: 60_000 });
  const whileDraining = ended.slice(atNotReady, atNotReady + 6);
  const code = await exit;
  gone.abort();
  await Promise.all(clients);

  const { rows } = await serving().database.query<{ id: string }>("select id from reports");
  const accepted = ended.flatMap((end) => ("id" in end && end.status === 202 ? [end.id ?? ""] : []));
  expect(code).toBe(0);
  expect(readiness.status).toBe(503);
  expect(JSON.parse(told)).toMatchObject({ status: "draining", checks: { postgres: "ok", redis: "ok" } });
  expect(readiness.headers.get("connection")).toBe("close");
  // Not ready, and still every request is answered.
  expect(whileDraining.filter((end) => !("status" in end) || end.status !== 202)).toEqual([]);
  // What was accepted was told, and what was told is there.
  expect(accepted.toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
  // A connection that waited to be taken when the door closed is reset before anything of it is read; nothing else may happen.
  const others = ended.filter((end) => !("status" in end) || end.status !== 202);
  expect(
    others.filter((end) => !("refused" in end) || !/^(ECONNREFUSED|ECONNRESET)$/.test(end.refused)),
  ).toEqual([]);
});

test("an upload in hand is finished; one that does not end is refused whole, and the process goes", async () => {
  const { server, url } = await begin({ CSRD_DRAIN_MS: "0", CSRD_UPLOAD_LEAST_RATE: "0" });
  const { rows: before } = await serving().database.query("select id from reports");
  const head = [
    "POST /api/v1/reports HTTP/1.1",
    "host: x",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const whole = wire(url, [
    [...head, `content-length: ${body.length}`, "", ""].join("\r\n"),
    body.slice(0, 100),
    2_000,
    body.slice(100),
  ]);
  const endless = wire(url, [
    [...head, "content-length: 500000", "", ""].join("\r\n"),
    body.slice(0, 100),
    ...Array.from({ length: 60 }, () => ["x", 300] as const).flat(),
  ]);
  await new Promise((resolve) => setTimeout(resolve, 500));

  const code = await server.end("SIGTERM");
  const [finished, refused] = await Promise.all([whole, endless]);

  expect(finished.status, finished.all).toBe(202);
  expect(finished.head.toLowerCase()).toContain("connection: close");
  expect(refused.status, refused.all).toBe(503);
  expect(JSON.parse(refused.body)).toMatchObject({ code: "unavailable" });
  expect(code).toBe(0);
  const { rows: after } = await serving().database.query("select id from reports");
  expect(after).toHaveLength(before.length + 1);
  // Nothing of the other stays for a later process to find.
  expect(readdirSync(path.join(serving().root, "uploading"))).toEqual([]);
  expect(readdirSync(path.join(serving().root, "reports"))).toHaveLength(after.length);
});
