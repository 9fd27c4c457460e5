import { existsSync, readdirSync, renameSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { agentNames } from "#platform/contract.ts";
import { folderFiles } from "#platform/storage/report-files.ts";
import { cancelReport } from "#platform/work/cancel-report.ts";
import { openWorld, tookAtMost, type World } from "./world.ts";

// Real workers, agents, PostgreSQL and Redis; what an operator does goes through `csrd` itself.
let world: World;
const greedyAgent = import.meta.resolve("./serve-greedy-agent.ts");
const others = agentNames.filter((name) => name !== "calculator");
const cancel = (id: string, tenant = "acme") =>
  cancelReport(
    { database: world.database, queue: world.queue, files: folderFiles(world.root) },
    { id, tenant, by: `key:${tenant}` },
  );
const audited = async (action: string, subject: string): Promise<number> =>
  (
    await world.database.query("select 1 from audit_log where action = $1 and subject = $2", [
      action,
      subject,
    ])
  ).rowCount ?? 0;
const ofKind = async (id: string, kind: string): Promise<number> =>
  (await world.events(id)).filter((event) => event.kind === kind).length;
const queueStatus = async (): Promise<any> => JSON.parse((await world.csrd("queue", "status", "--json")).out);

beforeAll(async () => {
  world = await openWorld({ CSRD_LOCK_MS: "2000", CSRD_STALLED_MS: "1000", CSRD_SWEEP_MS: "1000" });
}, 60_000);
afterEach(() => world.clear());
afterAll(() => world.close());

test("a report that waits is cancelled at once: out of the queue, its files gone, said once", async () => {
  const { id } = await world.accept("acme");

  const first = await cancel(id);
  const second = await cancel(id);

  expect([first.kind, second.kind]).toEqual(["cancelled", "cancelled"]);
  expect((await world.report(id)).status).toBe("cancelled");
  expect((await world.queue.state(id)).state).toBe("unknown");
  expect(existsSync(path.join(world.root, "reports", id))).toBe(false);
  expect(await ofKind(id, "cancelled")).toBe(1);
  expect(await audited("report.cancelled", id)).toBe(1);
});

test("a foreign tenant's report is not there to be cancelled", async () => {
  const { id } = await world.accept("other");

  expect((await cancel(id)).kind).toBe("unknown");
  expect((await world.report(id)).status).toBe("queued");
  // Out of the queue alone, a worker's sweep would bring it back in the middle of a later test.
  expect((await cancel(id, "other")).kind).toBe("cancelled");
});

test("a stage in hand is stopped within seconds, and nothing is published afterwards", async () => {
  const [{ urls }, greedy] = await Promise.all([
    world.agents(others),
    world.agents(["publishing"], {}, greedyAgent),
  ]);
  await world.worker("w-1", `${urls},${greedy.urls}`);
  const { id } = await world.accept("acme");
  const pieces = path.join(world.root, "reports", id, "pieces");
  await vi.waitUntil(() => existsSync(pieces) && readdirSync(pieces).length > 3, { timeout: 30_000 });

  const answer = await cancel(id);
  await world.reaches(id, "cancelled", 10_000);
  const events = await world.events(id);
  await pause(1_500);

  expect(answer.kind).toBe("stopping");
  const at = (kind: string): number => events.find((event) => event.kind === kind)?.at.getTime() ?? 0;
  tookAtMost("a running stage was cancelled in", at("cancelled") - at("cancel-requested"), 8_000);
  expect(existsSync(path.join(world.root, "reports", id))).toBe(false);
  expect(await ofKind(id, "cancelled")).toBe(1);
  expect(await ofKind(id, "completed")).toBe(0);
  expect(await audited("report.cancelled", id)).toBe(1);
}, 60_000);

test("a report that needs too much memory is given up with the figures, its agent goes on, and it can be put back", async () => {
  const [{ urls }, greedy] = await Promise.all([
    world.agents(others),
    world.agents(["arrays"], { CSRD_REPORT_MEMORY_MB: "192" }, greedyAgent),
  ]);
  const worker = await world.worker("w-1", `${urls},${greedy.urls}`);
  const { id } = await world.accept("acme");

  const dead = await world.reaches(id, "dead-letter");
  const alive = await fetch(`${greedy.urls.slice("calculator=".length)}/livez`);
  const listed = await world.csrd("queue", "list", "--state", "dead-letter");
  const [, url = ""] = await worker.says(/"url":"([^"]+)"[^\n]*"Worker started"/);
  const counted = 'csrd_reports_dead_letter_total{reason="memory-limit"} 1';
  await vi.waitUntil(async () => (await (await fetch(`${url}/metrics`)).text()).includes(counted), {
    timeout: 15_000,
  });
  await vi.waitUntil(async () => (await world.queue.state(id)).state === "failed", { timeout: 15_000 });
  await greedy.process.end("SIGKILL");
  await world.agents(["calculator"], { SMALL_PORT: new URL(greedy.urls.slice("calculator=".length)).port });
  const back = await world.csrd("queue", "requeue", id, "--reason", "the small agent can do it");

  expect(dead.error).toMatchObject({
    code: "memory-limit",
    message: expect.stringMatching(/needed more than the 192 MB that one report may use \(.+\)/),
  });
  expect(alive.status).toBe(200);
  expect(listed.out).toContain(id);
  expect(await ofKind(id, "dead-letter")).toBe(1);
  expect(await audited("report.dead-letter", id)).toBe(1);
  expect(back).toMatchObject({ exit: 0, out: `${id} is back in the queue.\n` });
  await world.reaches(id, "completed");
  const again = await world.csrd("queue", "requeue", id, "--reason", "once more");
  expect(again.exit).toBe(1);
  expect(again.err).toContain(`${id} is completed and stays as it is.`);
}, 90_000);

test("a report that kills its agent again and again is given up after the fifth time", async () => {
  const [{ urls }, first] = await Promise.all([
    world.agents(others),
    world.agents(["calculator"], { KILLED_BY: "poison" }),
  ]);
  const port = new URL(first.urls.slice("calculator=".length)).port;
  await world.worker("w-1", `${urls},${first.urls}`);
  const { id } = await world.accept("acme", "poison,amount\n1,2\n");

  await vi.waitUntil(() => first.process.child.exitCode !== null, { timeout: 30_000 });
  const waiting = await world.reaches(id, "waiting");
  // Three more, without the time that they would take.
  await world.database.query("update reports set stage_kills = stage_kills + 3 where id = $1", [id]);
  const last = await world.agents(["calculator"], { KILLED_BY: "poison", SMALL_PORT: port });
  const { error } = await world.reaches(id, "dead-letter", 40_000);

  expect(waiting.error?.code).toBe("agent-unreachable");
  expect(last.process.child.exitCode).toBe(1);
  expect(error).toMatchObject({
    code: "poison-report",
    message: "The calculator agent ended 5 times while it worked on this report.",
  });
  expect(await ofKind(id, "dead-letter")).toBe(1);
}, 90_000);

test("a report whose files are away, as on a share that is not mounted, waits and goes on by itself", async () => {
  const { id } = await world.accept("acme");
  const folder = path.join(world.root, "reports", id);
  renameSync(folder, `${folder}.away`);
  const { urls } = await world.agents(agentNames);
  await world.worker("w-1", urls);

  await vi.waitUntil(async () => (await world.report(id)).error?.code === "artifact-missing", {
    timeout: 25_000,
  });
  const waiting = await world.report(id);
  renameSync(`${folder}.away`, folder);
  const completed = await world.reaches(id, "completed");

  expect(waiting.status).toBe("waiting");
  expect(completed.error).toBeUndefined();
}, 60_000);

test("a kept report leaves the queue, survives the sweep, and goes on when it is released", async () => {
  const { id } = await world.accept("acme");

  const kept = await world.csrd("queue", "quarantine", id, "--reason", "INC-9 looks odd");
  const { urls } = await world.agents(agentNames);
  await world.worker("w-1", urls);
  await pause(2_500);
  const during = await world.report(id);
  const shown = await world.csrd("queue", "show", id);
  const released = await world.csrd("queue", "release", id, "--reason", "INC-9 was nothing");
  await world.reaches(id, "completed");

  expect(kept.exit).toBe(0);
  expect(during).toMatchObject({ status: "waiting", error: { code: "report-quarantined" } });
  expect(shown.out).toContain("INC-9 looks odd");
  expect(released.out).toBe(`${id} is back in the queue.\n`);
  expect(await audited("report.quarantined", id)).toBe(1);
  expect(await audited("report.released", id)).toBe(1);
}, 60_000);

test("a paused queue stays paused when Redis forgets everything, and every report is there again when it resumes", async () => {
  const paused = await world.csrd("queue", "pause", "--reason", "INC-10 database move");
  const again = await world.csrd("queue", "pause", "--reason", "INC-10 database move");
  const most = await world.csrd("queue", "concurrency", "500");
  const ids = (await Promise.all([1, 2, 3].map(() => world.accept("acme")))).map(({ id }) => id);
  const { urls } = await world.agents(agentNames);
  await world.worker("w-1", urls);
  const admin = new Redis(world.redisAdminUrl);
  await admin.flushall();
  admin.disconnect();

  await vi.waitUntil(async () => (await world.queue.control()).isPaused, { timeout: 15_000 });
  await vi.waitUntil(
    async () =>
      Promise.all(ids.map((id) => world.queue.state(id))).then((all) =>
        all.every(({ state }) => state !== "unknown"),
      ),
    { timeout: 15_000 },
  );
  const status = await queueStatus();
  const refused = await world.csrd("queue", "pause");
  await world.csrd("queue", "resume");
  for (const id of ids) await world.reaches(id, "completed");

  expect([paused.exit, again.exit]).toEqual([0, 0]);
  expect(again.out).toBe("The queue is paused already.\n");
  expect(most.out).toContain(
    "50 reports at once over all workers; 500 is more than the platform's peak of 50.",
  );
  expect(status).toMatchObject({
    paused: { reason: "INC-10 database move" },
    concurrency: 50,
    reports: { queued: 3 },
    workers: ["w-1"],
  });
  expect(refused.err).toContain("Pausing needs a reason.");
  expect(await audited("queue.paused", "report_queue")).toBe(1);
}, 90_000);

test("one tenant's many reports do not keep another's waiting", async () => {
  const many: string[] = [];
  for (let i = 0; i < 30; i += 1) many.push((await world.accept("many")).id);
  const few = [(await world.accept("few")).id, (await world.accept("few")).id];
  const { urls } = await world.agents(agentNames);
  await world.worker("w-1", urls, {
    CSRD_CONCURRENCY: "2",
    CSRD_LOCK_MS: "30000",
    CSRD_STALLED_MS: "30000",
  });

  for (const id of [...many, ...few]) await world.reaches(id, "completed", 60_000);
  const { rows } = await world.database.query<{ id: string }>(
    "select report_id as id from report_events where kind = 'agent-started' and agent = 'intake' and report_id = any($1) order by report_events.id",
    [[...many, ...few]],
  );

  const began = [...new Set(rows.map(({ id }) => id))];
  const places = few.map((id) => began.indexOf(id));
  // First come, first served would be 30 and 31.
  expect(Math.max(...places)).toBeLessThan(8);
}, 120_000);
