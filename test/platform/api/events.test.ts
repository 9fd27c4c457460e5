import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { beginStage, completeStage, finishReport, noteWaiting } from "#platform/storage/reports.ts";
import { openRedis } from "#platform/service/redis.ts";
import { progressBoard } from "#platform/work/progress-board.ts";
import type { ProgressBoard } from "#platform/work/progress.ts";
import { type AgentName, agentNames } from "#platform/contract.ts";
import { run } from "../running.ts";
import { follow } from "./reading-events.ts";
import { keys, servingApi } from "./serving.ts";

const serving = servingApi({ CSRD_EVENT_STREAMS_PER_TENANT: "4", CSRD_EVENT_STREAMS: "6" });

const result = {
  status: "ok",
  summary: "2 rows read",
  figures: { rows: 2 },
  warnings: [],
  wrote: [],
} as const;
const eventsOf = (id: string) => `${serving().api.url}/api/v1/reports/${id}/events`;
const endOf = (id: string) => finishReport(serving().database, id, { status: "completed", outcome: "ok" });
const stage = async (id: string, agent: AgentName): Promise<void> => {
  const { database } = serving();
  await beginStage(database, id, agent, "worker-7");
  await completeStage(database, id, { agent, result, ms: 12, worker: "worker-7" });
};

async function board(): Promise<ProgressBoard> {
  const redis = await openRedis({ url: serving().redis.url, name: "test", onError: () => undefined });
  await vi.waitUntil(() => redis.status === "ready", { timeout: 15_000 });
  const made = progressBoard(redis);
  onTestFinished(async () => {
    await made.close();
    redis.disconnect();
  });
  return made;
}

function progress(reportId: string, done: number, agent: AgentName = "intake") {
  return { reportId, agent, done, total: 100, what: "rows", at: new Date().toISOString() };
}

test("tells everything that happened to a report, once and in order, and ends with it", async () => {
  const id = await serving().send();

  const stream = await follow(eventsOf(id), keys.reader);
  await stream.until("accepted");
  await stage(id, "intake");
  await stream.until("agent-completed");
  await endOf(id);
  await stream.ended;

  expect(stream.response.status).toBe(200);
  expect(stream.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(stream.response.headers.get("cache-control")).toBe("no-cache, no-transform");
  expect(stream.response.headers.get("x-accel-buffering")).toBe("no");
  expect(stream.response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(stream.text()).toMatch(/^retry: \d+\n\n/);
  const kept = stream.events.filter((came) => came.id !== undefined);
  expect(kept.map((came) => came.event)).toEqual([
    "accepted",
    "agent-started",
    "agent-completed",
    "completed",
  ]);
  expect(kept.map((came) => came.data.id)).toEqual(kept.map((came) => came.id));
  expect(kept[2]?.data).toMatchObject({
    agent: "intake",
    detail: { summary: "2 rows read", duration_ms: 12 },
  });
  expect(kept.at(-1)?.data.detail).toEqual({ outcome: "ok" });
  expect(stream.events.filter((came) => came.event === "status").at(-1)?.data.status).toBe("completed");
  // How we run is nobody's business.
  expect(stream.text()).not.toContain("worker-7");
});

test("goes on after Last-Event-ID without a gap or a repeat, whenever the reader was cut off", async () => {
  const id = await serving().send();
  await stage(id, "intake");
  await stage(id, "materiality");
  await endOf(id);
  const whole = await follow(eventsOf(id), keys.acme);
  await whole.ended;
  const ids = whole.events.flatMap((came) => came.id ?? []);
  expect(ids).toHaveLength(6);

  for (const [place, after] of ids.slice(0, -1).entries()) {
    const rest = await follow(eventsOf(id), keys.acme, after);
    await rest.ended;

    expect(rest.events.flatMap((came) => came.id ?? [])).toEqual(ids.slice(place + 1));
  }
  const over = await follow(eventsOf(id), keys.acme, ids.at(-1));
  expect(over.response.status).toBe(204);
});

test("says that a report waits, though that is no event of its own", async () => {
  const id = await serving().send();
  const stream = await follow(eventsOf(id), keys.acme);
  await stream.until("accepted");

  await noteWaiting(serving().database, id, {
    code: "agent-unreachable",
    message: "The audit agent did not answer.",
    hint: "It is tried again.",
  });

  await vi.waitUntil(() => stream.events.some((came) => came.data.status === "waiting"), { timeout: 10_000 });
  expect(stream.events.at(-1)).toMatchObject({
    event: "status",
    id: undefined,
    data: { error: { code: "agent-unreachable" } },
  });
});

test("shows how far the stage in hand is, the last word first, and nothing of a stage that is past", async () => {
  const id = await serving().send();
  const worker = await board();
  await beginStage(serving().database, id, "intake", "w");
  worker.publish(progress(id, 40));
  await vi.waitUntil(
    async () => {
      const seen: number[] = [];
      const stop = worker.watch(id, ({ done }) => seen.push(done));
      await new Promise((resolve) => setTimeout(resolve, 50));
      stop();
      return seen.includes(40);
    },
    { timeout: 15_000 },
  );

  const stream = await follow(eventsOf(id), keys.acme);
  const first = await stream.until("progress");
  await stage(id, "materiality");
  await vi.waitUntil(() => stream.events.some((came) => came.data.agent === "materiality"), {
    timeout: 10_000,
  });
  worker.publish(progress(id, 99, "intake"));
  worker.publish(progress(id, 7, "materiality"));
  await vi.waitUntil(
    () => stream.events.some((came) => came.event === "progress" && came.data.agent === "materiality"),
    { timeout: 10_000 },
  );

  expect(first).toMatchObject({
    id: undefined,
    data: { agent: "intake", done: 40, total: 100, what: "rows" },
  });
  expect(stream.events.filter((came) => came.event === "progress").map((came) => came.data.done)).toEqual([
    40, 7,
  ]);
});

test("is not opened for a stranger, for nothing, or after an id that is none", async () => {
  const id = await serving().send();

  const [stranger, nothing, malformed] = await Promise.all([
    follow(eventsOf(id), keys.other),
    follow(eventsOf("CSRD-20260101-0000000000"), keys.acme),
    follow(eventsOf(id), keys.acme, "1; drop table reports"),
  ]);

  expect(stranger.response.status).toBe(404);
  expect(nothing.response.status).toBe(404);
  expect(malformed.response.status).toBe(400);
  expect((await serving().call("HEAD", `/api/v1/reports/${id}/events`)).status).toBe(405);
});

test("one tenant's streams are bounded, and the process's; whoever leaves makes room", async () => {
  const id = await serving().send();
  const theirs = await serving().send(keys.other);
  const open = await Promise.all([1, 2, 3, 4].map(() => follow(eventsOf(id), keys.acme)));
  const [tooMany, other, last] = [
    await follow(eventsOf(id), keys.acme),
    await follow(eventsOf(theirs), keys.other),
    await follow(eventsOf(theirs), keys.other),
  ];
  const full = await follow(eventsOf(theirs), keys.other);
  const refusals = await Promise.all([
    serving().call("GET", `/api/v1/reports/${id}/events`),
    serving().call("GET", `/api/v1/reports/${theirs}/events`, { key: keys.other }),
  ]);
  open[0]?.leave();
  const again = await vi.waitUntil(
    async () => {
      const tried = await follow(eventsOf(id), keys.acme);
      return tried.response.status === 200 ? tried : undefined;
    },
    { timeout: 15_000 },
  );

  expect(open.map(({ response }) => response.status)).toEqual([200, 200, 200, 200]);
  expect(tooMany.response.status).toBe(429);
  expect([other.response.status, last.response.status]).toEqual([200, 200]);
  expect(full.response.status).toBe(503);
  expect(refusals.map(({ json, headers }) => [json.code, headers.get("retry-after")])).toEqual([
    ["too-many-at-once", "5"],
    ["busy", "5"],
  ]);
  expect((await again.until("accepted")).data.kind).toBe("accepted");
});

test("a reader that does not read costs a bounded buffer, holds nobody up, and loses no event", async () => {
  const { api, database } = serving();
  const id = await serving().send();
  const wide = {
    ...result,
    warnings: Array.from({ length: 400 }, (_, row) => `row ${row}: ${"x".repeat(200)}`),
  };
  const { hostname, port } = new URL(api.url);
  const sockets: Socket[] = [];
  api.app.server.on("connection", (socket: Socket) => void sockets.push(socket));
  const slow = connect({ port: Number(port), host: hostname, onread: undefined });
  onTestFinished(() => void slow.destroy());
  slow.write(
    `GET /api/v1/reports/${id}/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${keys.acme}\r\n\r\n`,
  );
  slow.pause();
  const quick = await follow(eventsOf(id), keys.acme);

  // Far more than sockets and our own buffer hold together.
  for (let i = 0; i < 120; i += 1)
    await database.query(
      "insert into report_events (report_id, kind, agent, detail) values ($1, 'agent-started', 'intake', $2)",
      [id, { result: wide, ms: i }],
    );
  await vi.waitUntil(() => quick.events.filter((came) => came.event === "agent-started").length === 120, {
    timeout: 30_000,
  });
  const waiting = Math.max(...sockets.map(({ writableLength }) => writableLength));
  let text = "";
  slow.on("data", (data) => (text += String(data)));
  slow.resume();
  await endOf(id);
  await vi.waitUntil(() => text.includes("event: completed"), { timeout: 30_000 });

  expect(text.match(/^event: agent-started$/gm)).toHaveLength(120);
  expect(new Set(text.match(/^id: \d+$/gm)).size).toBe(122);
  // The bound, and the one event that went over it.
  expect(waiting).toBeGreaterThan(256 * 1024);
  expect(waiting).toBeLessThan(384 * 1024);
});

test("readers are told to come back when the process stops, and it does not wait for them", async () => {
  const id = await serving().send();
  const second = await serving().start();
  const stream = await follow(`${second.url}/api/v1/reports/${id}/events`, keys.acme);
  await stream.until("accepted");

  await second.stop();
  await stream.ended;
  const elsewhere = await follow(
    eventsOf(id),
    keys.acme,
    stream.events.findLast((came) => came.id !== undefined)?.id,
  );
  await stage(id, "intake");
  await elsewhere.until("agent-completed");

  expect(stream.events.at(-1)?.event).toBe("reconnect");
  expect(stream.text()).toMatch(/retry: [12]\d{3}\nevent: reconnect/);
  expect(elsewhere.events.flatMap((came) => (came.id === undefined ? [] : [came.event]))).toEqual([
    "agent-started",
    "agent-completed",
  ]);
});

test("progress is published at most four times a second per stage, and the last word is not lost", async () => {
  const id = await serving().send();
  const [worker, watcher] = [await board(), await board()];
  const heard: number[] = [];
  watcher.watch(id, ({ done }) => void heard.push(done));
  await vi.waitUntil(
    async () => {
      worker.publish(progress(id, 0));
      await new Promise((resolve) => setTimeout(resolve, 300));
      return heard.length > 0;
    },
    { timeout: 15_000 },
  );
  heard.length = 0;

  const from = performance.now();
  for (let done = 1; done <= 1_000; done += 1) {
    worker.publish(progress(id, done));
    if (done % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const seconds = (performance.now() - from) / 1_000;
  await vi.waitUntil(() => heard.at(-1) === 1_000, { timeout: 10_000 });

  expect(heard.length).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 3);
  expect(heard).toEqual(heard.toSorted((a, b) => a - b));
});

test("what stands in Redis and is no progress is not told", async () => {
  const id = await serving().send();
  const stream = await follow(eventsOf(id), keys.acme);
  await stream.until("accepted");
  const redis = await openRedis({ url: serving().redis.url, name: "test", onError: () => undefined });
  onTestFinished(() => redis.disconnect());
  await vi.waitUntil(() => redis.status === "ready", { timeout: 15_000 });

  for (const text of ["<script>", "{}", '{"reportId":"x","agent":"root","done":1,"what":"","at":"now"}'])
    await redis.publish(`csrd-progress:${id}`, text);
  await redis.publish(`csrd-progress:${id}`, JSON.stringify(progress(id, 5)));
  const told = await stream.until("progress");

  expect(told.data.done).toBe(5);
});

test("with a worker and agents at work: every stage, with the progress of their own working lines", async () => {
  const environment = serving().environment({ SLOW_MS: "900" });
  const agents = run("test/platform/work/serve-small-agents.ts", [...agentNames], environment);
  onTestFinished(() => void agents.child.kill("SIGKILL"));
  const [urls = ""] = await agents.says(/intake=\S+/);
  const worker = run("bin/csrd.js", ["work"], serving().environment({ CSRD_AGENT_URLS: urls }));
  onTestFinished(() => void worker.child.kill("SIGKILL"));
  await worker.says(/Worker started/);

  const id = await serving().send();
  const stream = await follow(eventsOf(id), keys.reader);
  await stream.ended;

  const kept = stream.events.filter((came) => came.id !== undefined);
  expect(kept.map((came) => [came.event, came.data.agent])).toEqual([
    ["accepted", undefined],
    ...agentNames.flatMap((agent) => [
      ["agent-started", agent],
      ["agent-completed", agent],
    ]),
    ["completed", undefined],
  ]);
  const progress = stream.events.filter((came) => came.event === "progress");
  expect(progress.length).toBeGreaterThan(0);
  expect(progress[0]?.data).toMatchObject({ done: 1, total: 2, what: "halves" });
});
