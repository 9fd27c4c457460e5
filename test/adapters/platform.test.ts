import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { cacheReader } from "#adapters/platform/cache.ts";
import { platformProbes } from "#adapters/platform/doctor.ts";
import { platformOperators } from "#adapters/platform/operators.ts";
import { platformGrants, platformRedisLines, platformRedisRules } from "#adapters/platform/permissions.ts";
import { platformReaders } from "#adapters/platform/readers.ts";
import type { Service } from "#kit/ports.ts";
import type { PlatformBinding } from "#platform/probe/binding.ts";
import { type Database, openDatabase } from "#platform/storage/database.ts";
import { migrate } from "#platform/storage/migrate.ts";
import { giveUp } from "#platform/storage/report-ends.ts";
import { newReportId } from "#platform/storage/report-files.ts";
import { acceptReport, findAnyReport } from "#platform/storage/reports.ts";
import { openRedis } from "#platform/service/redis.ts";
import { openReportQueue, type ReportQueue } from "#platform/work/report-queue.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import type { RedisServer } from "#sandbox/backends/redis.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { redisForTests } from "#test/backends/redis.ts";

// A real PostgreSQL with the platform's schema and a real Redis; looked at and acted on with the printed rights and no others.
let postgres: PostgresServer;
let redisServer: RedisServer;
let database: Database;
let queue: ReportQueue;
let admin: Redis;
let binding: PlatformBinding;
const folder = mkdtempSync(path.join(tmpdir(), "csrd-platform-adapter-"));

const who = { by: "operator:omar@desk", run: "r-8f2a" };
const secret = (name: string, value: string) => {
  const file = path.join(folder, name);
  writeFileSync(file, value, { mode: 0o600 });
  return { file };
};
const nowhere = {
  read: secret("nowhere", "redis://x:y@127.0.0.1:9"),
  act: { file: path.join(folder, "nowhere") },
};
const noDatabase = {
  read: secret("no-database", "postgresql://x:y@127.0.0.1:9/csrd"),
  act: { file: path.join(folder, "no-database") },
};

beforeAll(async () => {
  [postgres, redisServer] = await Promise.all([postgresForTests(), redisForTests()]);
  database = openDatabase({ url: postgres.url, name: "tests", most: 4, onError: () => undefined });
  await migrate(database);
  for (const role of ["csrd_ops_read", "csrd_ops_act"])
    await database.query(`create role ${role} login password 'looks'`);
  await database.query(await platformGrants({}));
  const as = (role: string) => {
    const url = new URL(postgres.url);
    [url.username, url.password] = [role, "looks"];
    return secret(role, url.href);
  };
  binding = {
    database: { read: as("csrd_ops_read"), act: as("csrd_ops_act") },
    redis: {
      read: secret("redis-read", redisServer.operators.read),
      act: secret("redis-act", redisServer.operators.act),
    },
  };
  const redis = await openRedis({ url: redisServer.url, name: "tests", onError: () => undefined });
  admin = new Redis(redisServer.adminUrl);
  await admin.ping();
  queue = openReportQueue(redis);
  await queue.setGlobalConcurrency(10);
}, 60_000);
afterAll(async () => {
  await queue?.close();
  await database?.end();
  admin?.disconnect();
  await Promise.all([postgres?.stop(), redisServer?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await database.query("delete from dead_letters; delete from report_events; delete from reports");
  await database.query("update queue_control set paused_at = null, concurrency = null; delete from switches");
  await admin.del("csrd-switches:state");
});

async function accepted(seconds = 0): Promise<string> {
  const id = newReportId(new Date());
  await acceptReport(database, {
    id,
    owner: "acme",
    company: {},
    dataSha256: "0".repeat(64),
    dataBytes: 1,
    traceparent: "",
  } as Parameters<typeof acceptReport>[1]);
  await database.query("update reports set accepted_at = now() - $2 * interval '1 second' where id = $1", [
    id,
    seconds,
  ]);
  const report = await findAnyReport(database, id);
  if (report !== undefined) await queue.add(report);
  return id;
}
const givenUp = async (reason: "unreachable" | "poison" = "unreachable"): Promise<string> => {
  const id = await accepted();
  const error = { code: "agent-unreachable", message: "The calculator does not answer.", hint: "Look." };
  await giveUp(database, id, { reason, error, attempts: 180 });
  return id;
};
const audited = async (): Promise<
  readonly { actor: string; action: string; subject: string; detail: string }[]
> =>
  (
    await database.query(
      "select actor, action, subject, detail::text from audit_log where actor = $1 order by at, seq",
      [who.by],
    )
  ).rows;

describe("the queue", () => {
  test("is told as the platform counts it: waiting, age, given up, kept, how many at once", async () => {
    const [old] = [await accepted(900), await accepted(60), await givenUp()];
    const { queue: reader } = platformReaders(binding, []);
    const { queueAdmin } = platformOperators(binding, who);
    const kept = await accepted(30);
    await queueAdmin.quarantine(kept, "it ends its workers");

    const look = await reader.look();

    expect(look).toMatchObject({ waiting: 2, active: 0, deadLetter: 1, quarantined: 1, concurrency: 10 });
    expect(look.oldestSeconds).toBeGreaterThanOrEqual(900);
    expect(look.paused).toBeUndefined();
    expect((await reader.reports("queued", 10)).map(({ id }) => id)).toContain(old);
    expect(await reader.reports("quarantined", 10)).toMatchObject([{ id: kept, state: "quarantined" }]);
    expect(await reader.reports("dead-letter", 10)).toMatchObject([{ code: "unreachable" }]);
  });

  test("a worker is named while it is connected or has just said that it runs, and no longer", async () => {
    const { queue: reader } = platformReaders(binding, []);
    await database.query(
      "insert into running_versions (name, version, knows, seen_at) values ('csrd-worker/w-1', '1', 1, now()), ('csrd-worker/w-2', '1', 1, now() - interval '50 seconds')",
    );
    onTestFinished(async () => void (await database.query("delete from running_versions")));

    expect((await reader.look()).workers).toEqual(["w-1"]);
  });

  test("pausing, resuming and the number at once reach database and Redis, once, with the person and the run in the audit log", async () => {
    const { queueAdmin } = platformOperators(binding, who);
    const { queue: reader } = platformReaders(binding, []);

    await queueAdmin.pause("INC-7 wrong figures");
    await queueAdmin.pause("INC-7 wrong figures");
    const paused = [(await reader.look()).paused, (await queue.control()).isPaused];
    await queueAdmin.resume("mended");
    const raised = await queueAdmin.setConcurrency(10, 20);
    const late = await queueAdmin.setConcurrency(10, 30);
    const back = await queueAdmin.setConcurrency(20, 10);

    expect(paused).toMatchObject([{ by: who.by, reason: "INC-7 wrong figures (ops run r-8f2a)" }, true]);
    expect(await queue.control()).toEqual({ isPaused: false, concurrency: 10 });
    expect([raised, late, back]).toEqual(["accepted", "changed", "accepted"]);
    expect((await audited()).map(({ action }) => action).slice(-4)).toEqual([
      "queue.paused",
      "queue.resumed",
      "queue.concurrency",
      "queue.concurrency",
    ]);
    await expect(queueAdmin.setConcurrency(10, 51)).rejects.toMatchObject({ code: "guard-refused" });
  });

  test("a report that was given up is back in the queue, and doing it again changes nothing", async () => {
    const id = await givenUp();
    const { queueAdmin } = platformOperators(binding, who);

    await queueAdmin.requeue(id, "the calculator is back");
    await queueAdmin.requeue(id, "the calculator is back");

    expect((await findAnyReport(database, id))?.status).toBe("queued");
    expect((await queue.state(id)).state).toMatch(/wait|prioritized/);
    expect((await audited()).filter(({ subject }) => subject === id)).toHaveLength(1);
    await expect(queueAdmin.requeue("CSRD-20261121-0000000000", "x")).rejects.toMatchObject({
      code: "tool-refused",
    });
    await expect(queueAdmin.requeue("x'; drop table reports", "x")).rejects.toMatchObject({
      code: "tool-refused",
    });
  });

  test("a kept report leaves the queue and comes back", async () => {
    const id = await accepted();
    const { queueAdmin } = platformOperators(binding, who);

    await queueAdmin.quarantine(id, "it ends its workers");
    const kept = await queue.state(id);
    await queueAdmin.release(id, "looked at");

    expect(kept.state).toBe("unknown");
    expect((await queue.state(id)).state).toMatch(/wait|prioritized/);
  });

  test("it can be looked at while Redis is down, and nothing is changed then", async () => {
    await accepted(120);
    const cut = { ...binding, redis: nowhere };

    const look = await platformReaders(cut, []).queue.look();

    expect(look.waiting).toBe(1);
    await expect(platformOperators(cut, who).queueAdmin.pause("INC-7")).rejects.toMatchObject({
      code: "tool-unreachable",
    });
    expect((await platformReaders(binding, []).queue.look()).paused).toBeUndefined();
  });

  test("without the database it is not known", async () => {
    await expect(
      platformReaders({ ...binding, database: noDatabase }, []).queue.look(),
    ).rejects.toMatchObject({
      code: "tool-unreachable",
    });
  });
});

describe("the switches", () => {
  test("off and on are kept in both places, once, with who and why", async () => {
    const { switches } = platformReaders(binding, []);
    const { switchAdmin } = platformOperators(binding, who);

    await switchAdmin.off("calculator", "INC-7 wrong figures");
    await switchAdmin.off("calculator", "INC-7 wrong figures");
    const off = await switches.all();
    await switchAdmin.on("calculator", "guardrail mended", "CHG-12");
    const on = await switches.all();

    expect(off).toMatchObject([
      { scope: "calculator", off: true, by: who.by, reason: "INC-7 wrong figures (ops run r-8f2a)" },
    ]);
    expect(on).toMatchObject([{ scope: "calculator", off: false }]);
    expect((await audited()).filter(({ subject }) => subject === "calculator")).toMatchObject([
      { action: "switch.off" },
      { action: "switch.on", detail: expect.stringContaining("CHG-12") },
    ]);
    await expect(switchAdmin.off("everything", "x")).rejects.toMatchObject({ code: "tool-refused" });
  });

  test("off works with the database down, is seen, and counts when the database is back and knows nothing of it", async () => {
    const cut = { ...binding, database: noDatabase };

    await platformOperators(cut, who).switchAdmin.off("all", "INC-8");

    expect(await platformReaders(cut, []).switches.all()).toMatchObject([{ scope: "all", off: true }]);
    expect(await platformReaders(binding, []).switches.all()).toMatchObject([{ scope: "all", off: true }]);
    await expect(platformOperators(cut, who).switchAdmin.on("all", "mended", "CHG-1")).rejects.toMatchObject({
      code: "tool-unreachable",
    });
    await platformOperators(binding, who).switchAdmin.on("all", "mended", "CHG-1");
    expect(await platformReaders(binding, []).switches.all()).toMatchObject([{ scope: "all", off: false }]);
  });

  test("off works with Redis down", async () => {
    const cut = { ...binding, redis: nowhere };

    await platformOperators(cut, who).switchAdmin.off("llm", "INC-9");

    expect(await platformReaders(cut, []).switches.all()).toMatchObject([{ scope: "llm", off: true }]);
  });

  test("with both down nothing is known or done, and the sentence says what is left to do", async () => {
    const cut = { ...binding, database: noDatabase, redis: nowhere };

    await expect(platformOperators(cut, who).switchAdmin.off("all", "INC-8")).rejects.toMatchObject({
      code: "tool-unreachable",
      hint: expect.stringContaining("CSRD_SWITCHES_FILE"),
    });
    await expect(platformReaders(cut, []).switches.all()).rejects.toMatchObject({ code: "tool-unreachable" });
  });

  test("what each process sees is asked of the process itself; one that is silent or talks nonsense is not in the list", async () => {
    const asked: (string | undefined)[] = [];
    const page = async (body: string): Promise<string> => {
      const server = createServer((request, response) => {
        asked.push(request.headers.authorization);
        response.writeHead(503).end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const service = (name: string, url: string): Service => ({
      name,
      url,
      instances: [],
      firewallGroups: [],
      floor: 1,
    });
    const services = [
      service("worker", await page('{"status":"degraded","switched_off":[{"scope":"all","reason":"x"}]}')),
      service("intake", await page('{"status":"healthy"}')),
      service("audit", await page("<html>")),
      service("calculator", "http://127.0.0.1:9"),
      service("api", await page('{"status":"healthy"}')),
    ];
    const probeToken = secret("probe-token", "watcher-token-of-the-test");

    const seen = await platformReaders({ ...binding, probeToken }, services).switches.seen();

    expect(seen).toEqual([
      { process: "intake", off: [] },
      { process: "worker", off: ["all"] },
    ]);
    expect(asked).toEqual(Array.from({ length: 3 }, () => "Bearer watcher-token-of-the-test"));
  });
});

describe("Redis", () => {
  test("says how it is; a dead one is silent, and a wrong password is a refusal", async () => {
    const wrong = redisServer.operators.read.replace(/:[0-9a-f]+@/, ":wrong@");

    const [well, dead] = await Promise.all([
      cacheReader(binding).look(),
      cacheReader({ ...binding, redis: nowhere }).look(),
    ]);

    expect(well).toMatchObject({
      kind: "answers",
      role: "primary",
      loading: false,
      mostBytes: undefined,
      eviction: "noeviction",
      appendOnly: true,
      persists: true,
    });
    expect(dead).toMatchObject({ kind: "silent", reason: expect.stringContaining("ECONNREFUSED") });
    await expect(
      cacheReader({ ...binding, redis: { ...nowhere, read: secret("wrong", wrong) } }).look(),
    ).rejects.toMatchObject({ code: "tool-refused" });
  });
});

describe("the manuals' commands", () => {
  const forbidden = [
    ["defect 22: FLUSHALL", ["FLUSHALL"]],
    ["defect 22: FLUSHDB", ["FLUSHDB"]],
    ["defect 23: KEYS *", ["KEYS", "*"]],
    ["defect 23: MONITOR", ["MONITOR"]],
    ["defect 24: DEL csrd:report_queue", ["DEL", "csrd:report_queue"]],
    ["defect 24: DEL of the list in which reports wait", ["DEL", "csrd:report_queue:wait"]],
    ["defect 24: UNLINK of what is prioritized", ["UNLINK", "csrd:report_queue:prioritized"]],
    ["defect 38: KEYS inside a script", ["EVAL", "return redis.call('keys', 'expired:*')", "0"]],
  ] as const;
  test.for(
    (["read", "act"] as const).flatMap((as) => forbidden.map(([name, words]) => [as, name, words] as const)),
  )("%s may not: %s", async ([as, , [command, ...args]]) => {
    const redis = new Redis(redisServer.operators[as], { disableClientInfo: true });
    onTestFinished(() => redis.disconnect());

    await expect(redis.call(command, ...args)).rejects.toThrow(/NOPERM|can't run|permissions/i);
  });

  test.for(["SET x 1", "HSET csrd-switches:state all {}", "LPUSH csrd:report_queue:wait x"])(
    "whoever looks may not write: %s",
    async (line) => {
      const [command = "", ...args] = line.split(" ");
      const redis = new Redis(redisServer.operators.read, { disableClientInfo: true });
      onTestFinished(() => redis.disconnect());

      await expect(redis.call(command, ...args)).rejects.toThrow(/NOPERM/);
    },
  );

  test("defects 22, 23, 24 and 38: none of them is among what the adapter sends, looking or acting", async () => {
    const id = await accepted();
    const dead = await givenUp();
    await admin.call("ACL", "LOG", "RESET");
    await admin.config("RESETSTAT");
    const { queue: reader, switches, cache } = platformReaders(binding, []);
    await Promise.all([reader.look(), reader.reports("queued", 10), switches.all(), cache.look()]);
    const looking = await sent();
    await admin.config("RESETSTAT");
    const { queueAdmin, switchAdmin } = platformOperators(binding, who);
    await queueAdmin.pause("INC-7");
    await queueAdmin.resume("INC-7");
    await queueAdmin.setConcurrency(10, 11);
    await queueAdmin.setConcurrency(11, 10);
    await queueAdmin.quarantine(id, "INC-7");
    await queueAdmin.release(id, "INC-7");
    await queueAdmin.requeue(dead, "INC-7");
    await switchAdmin.off("llm", "INC-7");
    await switchAdmin.on("llm", "INC-7", "CHG-7");
    const acting = await sent();

    expect(looking).toEqual(["client|setname", "hello", "hget", "hgetall", "info"]);
    for (const command of [
      "flushall",
      "flushdb",
      "keys",
      "monitor",
      "config|set",
      "shutdown",
      "debug",
      "scan",
    ])
      expect(acting).not.toContain(command);
    // DEL there is BullMQ's own, of one report's job; a list of the queue is refused to it, and nothing was refused.
    expect(acting).toEqual(expect.arrayContaining(["eval", "hset", "zadd"]));
    expect(await admin.call("ACL", "LOG")).toEqual([]);
    expect(await admin.exists("csrd:report_queue:meta")).toBe(1);
  });

  /** Commands that the server has executed, those inside scripts included, without what this test itself asks. */
  async function sent(): Promise<readonly string[]> {
    const stats = await admin.info("commandstats");
    return [...stats.matchAll(/^cmdstat_([^:]+):/gm)]
      .map(([, name = ""]) => name)
      .filter((name) => name !== "config|resetstat")
      .sort();
  }
});

describe("rights", () => {
  test("the printed lines are what this test runs under", async () => {
    const sql = await platformGrants(binding);
    const redis = await platformRedisLines(binding);

    expect(sql).toContain("grant select on reports, report_events");
    expect(sql).not.toMatch(/delete|truncate|superuser/i);
    expect(redis).toContain("ACL SETUSER csrd-ops-read reset on >PASSWORD -@all %R~csrd:report_queue:meta");
    expect(redis).not.toContain(redisServer.operators.read);
    expect(platformRedisRules("read").some((rule) => /^~|\+(set|del|eval)/.test(rule))).toBe(false);
  });

  test("ops doctor finds them, changes nothing, and names what is missing", async () => {
    const uses = {
      readers: new Set(["queue", "switches", "cache"]),
      operators: new Set(["queueAdmin", "switchAdmin"]),
    };
    const looks = (bound: PlatformBinding) =>
      Promise.all(
        platformProbes(bound, uses, { environment: "sandbox", services: [] }).map(async (probe) => [
          probe.id,
          await probe.look().catch((error: Error) => ({ state: "unknown", says: error.message })),
        ]),
      ).then((found) => Object.fromEntries(found) as Record<string, { state: string; says: string }>);

    const before = await audited();
    const well = await looks(binding);
    const swapped = await looks({
      ...binding,
      database: { ...binding.database!, act: binding.database!.read },
      redis: { ...binding.redis!, read: secret("redis-admin", redisServer.adminUrl) },
    });

    expect(Object.entries(well).map(([id, { state }]) => `${id} ${state}`)).toEqual([
      "platform.database.read ready",
      "platform.redis.read ready",
      "platform.database.act ready",
      "platform.redis.act ready",
      "platform.cache ready",
      "platform.processes not-ready",
    ]);
    expect(swapped["platform.database.act"]).toMatchObject({
      state: "not-ready",
      says: expect.stringContaining("csrd_ops_read may not update on reports"),
    });
    expect(swapped["platform.redis.read"]).toMatchObject({ state: "warning" });
    expect(await audited()).toEqual(before);
  });
});
