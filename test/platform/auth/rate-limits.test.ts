import { Agent, request } from "node:http";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { countedAddress } from "#platform/api/auth/address.ts";
import { newApiKey } from "#platform/api/auth/api-key.ts";
import { rateLimits } from "#platform/api/rate-limits.ts";
import { redisPrefixes } from "#platform/contract.ts";
import { openRedis } from "#platform/service/redis.ts";
import { run, sha256 } from "../running.ts";
import { ask, print, reportBody, startWorld, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

async function connected(): Promise<Redis> {
  const redis = await openRedis({ url: world.redis.url, name: "test", onError: () => undefined }, 250);
  onTestFinished(() => redis.disconnect());
  await new Promise<void>((resolve) => redis.once("ready", resolve));
  return redis;
}

describe("a budget", () => {
  test("is shared by all processes, and what is spent is refused without asking Redis again", async () => {
    const here = await connected();
    const [one, two] = [rateLimits(here, () => undefined), rateLimits(await connected(), () => undefined)];
    const budgets = [{ of: "{shared}a", most: 4 }];

    const answers = [];
    for (const limits of [one, two, one, two, one, two]) answers.push(await limits.take(budgets));
    here.disconnect();
    const afterwards = await one.take(budgets);

    expect(answers.map(({ remaining, refusedFor }) => refusedFor ?? remaining)).toEqual([
      3,
      2,
      1,
      0,
      "{shared}a",
      "{shared}a",
    ]);
    expect(afterwards).toMatchObject({ refusedFor: "{shared}a", remaining: 0 });
    expect(afterwards.resetMs).toBeGreaterThan(0);
    expect(afterwards.resetMs).toBeLessThanOrEqual(60_000);
  });

  test("that is spent takes nothing from those that come after it", async () => {
    const limits = rateLimits(await connected(), () => undefined);
    const [key, tenant] = [
      { of: "{t}key", most: 2 },
      { of: "{t}all", most: 3 },
    ];
    for (let i = 0; i < 10; i += 1) await limits.take([key, tenant]);

    const other = await limits.take([{ of: "{t}other", most: 9 }, tenant]);

    expect(other).toMatchObject({ limit: 3, remaining: 0 });
    expect(other.refusedFor).toBeUndefined();
  });

  test("ends with its minute, and its counter goes by itself", async () => {
    const admin = new Redis(world.redis.adminUrl);
    onTestFinished(() => admin.disconnect());
    await rateLimits(await connected(), () => undefined).take([{ of: "{gone}a", most: 4 }]);

    const left = await admin.pttl(`${redisPrefixes.limits}{gone}a`);

    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  test("of many requests is counted some ahead: few questions, never more than the limit over all processes, at most a fiftieth less", async () => {
    const away: string[] = [];
    const [here, there] = [await connected(), await connected()];
    const [one, two] = [
      rateLimits(here, (error) => void away.push(error.message)),
      rateLimits(there, () => undefined),
    ];
    const budgets = [
      { of: "{many}key", most: 500 },
      { of: "{many}all", most: 5_000 },
    ];

    const burst = await Promise.all(Array.from({ length: 40 }, () => one.take(budgets)));
    const next = [await one.take(budgets), await two.take(budgets)];
    let admitted = 42;
    for (let i = 0; i < 500; i += 1)
      for (const limits of [one, two])
        if ((await limits.take(budgets)).refusedFor === undefined) admitted += 1;

    expect(burst.every(({ refusedFor }) => refusedFor === undefined)).toBe(true);
    expect(next.every(({ remaining }) => remaining >= 500 - 42 - 20 && remaining < 500)).toBe(true);
    expect(admitted).toBeLessThanOrEqual(500);
    expect(admitted).toBeGreaterThanOrEqual(490);
    expect(away).toEqual([]);
  });

  test("that was counted ahead needs no Redis, and ends where it is spent", async () => {
    const redis = await connected();
    const away: string[] = [];
    const limits = rateLimits(redis, (error) => void away.push(error.message));
    const budgets = [{ of: "{ahead}a", most: 100 }];

    const first = await limits.take(budgets);
    redis.disconnect();
    const second = await limits.take(budgets);
    const awayBefore = away.length;
    const third = await limits.take(budgets);

    expect([first.remaining, second.remaining, third.remaining]).toEqual([99, 98, 97]);
    // One was counted ahead; the one after it finds Redis away and counts here.
    expect([awayBefore, away.length]).toEqual([0, 1]);
  });

  test("is counted by each process alone while Redis is away: neither open nor closed", async () => {
    const redis = await connected();
    const away: string[] = [];
    const limits = rateLimits(redis, (error) => void away.push(error.message));
    redis.disconnect();

    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(await limits.take([{ of: "{away}a", most: 2 }]));

    expect(answers.map(({ refusedFor }) => refusedFor === undefined)).toEqual([true, true, false, false]);
    expect(away.length).toBeGreaterThan(0);
  });

  test("remembers a bounded number of callers, whoever comes", async () => {
    const limits = rateLimits(undefined, () => undefined);
    const before = process.memoryUsage().heapUsed;

    for (let i = 0; i < 100_000; i += 1) await limits.take([{ of: `{address ${i}}refused`, most: 1 }]);

    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60 * 2 ** 20);
  });
});

test.for([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
] as const)("the address %s is counted as %s", ([ip, counted]) => {
  expect(countedAddress(ip)).toBe(counted);
});

describe("over the wire", () => {
  test("reads and uploads have budgets of their own, and a tenant has one over all its keys", async () => {
    const api = await world.api({
      CSRD_RATE_LIMIT: "3",
      CSRD_RATE_LIMIT_UPLOADS: "2",
      CSRD_RATE_LIMIT_TENANT: "6",
    });
    const reports = `${api.url}/api/v1/reports`;
    const [first, second] = [
      await world.key("limited", ["read", "write"]),
      await world.key("limited", ["read", "write"]),
    ];

    const reads = [];
    for (let i = 0; i < 4; i += 1) reads.push(await ask(reports, first.key));
    const uploads = [];
    for (let i = 0; i < 3; i += 1) uploads.push(await ask(reports, first.key, reportBody()));
    const others = [];
    for (let i = 0; i < 2; i += 1) others.push(await ask(reports, second.key));
    const { text } = await ask(`${api.url}/metrics`);

    expect(reads.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(reads[0]?.headers.get("ratelimit-limit")).toBe("3");
    expect(reads.map(({ headers }) => headers.get("ratelimit-remaining"))).toEqual(["2", "1", "0", "0"]);
    expect(Number(reads[3]?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(reads[3]?.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    expect(reads[3]?.json).toMatchObject({ code: "rate-limited", status: 429 });
    expect(uploads.map(({ status }) => status)).toEqual([202, 202, 429]);
    expect(others.map(({ status }) => status)).toEqual([200, 429]);
    for (const budget of ["reads", "uploads", "tenant"])
      expect(text).toContain(`csrd_rate_limited_total{budget="${budget}"} 1`);
  });

  test("an address with too many refused logins is slowed down; keys that are in use from there go on", async () => {
    const api = await world.api({ CSRD_RATE_LIMIT_REFUSED: "5" });
    const reports = `${api.url}/api/v1/reports`;
    const [{ key }, late] = [await world.key("slow", ["read"]), await world.key("slow", ["read"])];
    expect((await ask(reports, key)).status).toBe(200);

    const tries = [];
    for (let i = 0; i < 8; i += 1) tries.push(await ask(reports, newApiKey().key));
    const good = await ask(reports, key);
    const unseen = await ask(reports, late.key);

    expect(tries.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(Number(tries[7]?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(good.status).toBe(200);
    expect(unseen.status).toBe(429);
  });

  test("a client's address is what a trusted proxy says, and nothing that a client makes up", async () => {
    const behind = await world.api({
      CSRD_TRUSTED_PROXIES: "127.0.0.1",
      CSRD_RATE_LIMIT_REFUSED: "2",
    });
    const direct = await world.api({ CSRD_RATE_LIMIT_REFUSED: "2" });
    const wrongFrom = (url: string, address: string) =>
      ask(`${url}/api/v1/reports`, "no-key", { headers: { "x-forwarded-for": address } });

    const proxied = [];
    for (const last of [1, 1, 1, 2])
      proxied.push((await wrongFrom(behind.url, `198.51.100.9, 203.0.113.${last}`)).status);
    const made = [];
    for (let i = 1; i < 5; i += 1) made.push((await wrongFrom(direct.url, `203.0.113.${100 + i}`)).status);

    expect(proxied).toEqual([401, 401, 429, 401]);
    // Whatever it sends, it is 127.0.0.1, and the test before has spent what that may be refused.
    expect(made.every((status) => status === 429)).toBe(true);
  });
});

test("as many requests as this machine makes from one key leave another tenant unaffected", async () => {
  const flooding = "a-key-that-floods-0123456789";
  const calm = "a-key-of-another-tenant-0123";
  const server = run("bin/csrd.js", ["serve"], {
    ...world.environment,
    CSRD_RATE_LIMIT: "600",
    CSRD_LOG_LEVEL: "INFO",
    CSRD_API_KEYS: `flood:read:${sha256(flooding)},calm:read:${sha256(calm)}`,
  });
  onTestFinished(() => void server.end("SIGKILL"));
  const [, url = ""] = await server.says(/"url":"(http[^"]+)"/);
  const reports = `${url}/api/v1/reports`;
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  onTestFinished(() => agent.destroy());

  const flood = { served: 0, refused: 0, other: 0 };
  const flow = { on: true };
  const begin = await cpuSeconds(url);
  while (flood.served < 300) {
    await statusOf(reports, flooding, agent);
    flood.served += 1;
  }
  const servedCpu = ((await cpuSeconds(url)) - begin) / 300;
  flood.served = 0;
  // The rest of the minute's budget goes first; what follows is refused.
  while ((await statusOf(reports, flooding, agent)) === 200);
  const spentAt = await cpuSeconds(url);
  const from = performance.now();
  const flowing = Promise.all(
    Array.from({ length: 20 }, async () => {
      while (flow.on) {
        const status = await statusOf(reports, flooding, agent);
        if (status === 200) flood.served += 1;
        else if (status === 429) flood.refused += 1;
        else flood.other += 1;
      }
    }),
  );
  const times: number[] = [];
  const statuses = new Set<number>();
  while (performance.now() - from < 6_000) {
    const begun = performance.now();
    statuses.add(await statusOf(reports, calm, undefined));
    times.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  flow.on = false;
  await flowing;
  const seconds = (performance.now() - from) / 1_000;
  const p95 = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN;
  const refusedCpu = ((await cpuSeconds(url)) - spentAt) / (flood.refused + times.length);

  print(
    `${Math.round(flood.refused / seconds)} requests/s refused from one key (CPU: ${(servedCpu * 1e3).toFixed(2)} ms each served, ${(refusedCpu * 1e3).toFixed(2)} ms each refused); the other tenant: all ${times.length} answered, p95 ${p95.toFixed(0)} ms`,
  );
  expect([...statuses]).toEqual([200]);
  expect(times.length).toBeGreaterThan(10);
  expect(flood.served).toBe(0);
  expect(flood.refused).toBeGreaterThan(100);
  expect(flood.other).toBe(0);
});

/** CPU seconds that the server has used so far. */
async function cpuSeconds(url: string): Promise<number> {
  const { text } = await ask(`${url}/metrics`);
  return Number(/^process_cpu_seconds_total\S* ([\d.]+)/m.exec(text)?.[1]);
}

/** Asks without reading more than the status: what the flood costs is the server's matter, not the test's. */
function statusOf(url: string, key: string, agent: Agent | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers: { authorization: `Bearer ${key}` } }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
    });
    asked.once("error", reject);
    asked.end();
  });
}
