import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { redisAclLines, redisRights } from "#bin/csrd/redis-rights.ts";
import { redisPrefixes } from "#platform/contract.ts";
import { redisAclLine, redisAclRules } from "#platform/service/redis-acl.ts";
import type { RedisServer } from "#sandbox/backends/redis.ts";
import { redisForTests, refusedCommands } from "#test/backends/redis.ts";

let server: RedisServer;
let platform: Redis;
let admin: Redis;

beforeAll(async () => {
  server = await redisForTests();
  platform = new Redis(server.url, { disableClientInfo: true });
  admin = new Redis(server.adminUrl);
  await admin.set("sessions:1", "somebody's");
  await admin.rpush("csrd:report_queue", "the manual's queue");
  await admin.rpush("csrd:report_queue:wait", "CSRD-20261121-AAAAAAAAAA");
});
afterAll(async () => {
  await admin?.call("ACL", "LOG", "RESET");
  platform?.disconnect();
  admin?.disconnect();
  await server?.stop();
});

const refused = async (...[command = "", ...args]: readonly string[]): Promise<string> =>
  platform.call(command, ...args).then(
    (answer) => `allowed: ${JSON.stringify(answer)}`,
    (error: Error) => error.message,
  );

describe("the platform's Redis user is refused", () => {
  test.for([
    // The manuals' own commands.
    ["defect 22: FLUSHALL to clear the cache", "FLUSHALL"],
    ["defect 22: FLUSHDB to clear the cache", "FLUSHDB"],
    ["defect 23: KEYS * to look around", "KEYS", "*"],
    ["defect 23: MONITOR to watch", "MONITOR"],
    ["defect 24: DEL csrd:report_queue", "DEL", "csrd:report_queue"],
    ["defect 24: UNLINK csrd:report_queue", "UNLINK", "csrd:report_queue"],
    ["defect 24: DEL of the list in which reports wait", "DEL", "csrd:report_queue:wait"],
    ["defect 24: DEL of what is being worked on", "DEL", "csrd:report_queue:active"],
    ["defect 24: DEL of what failed", "DEL", "csrd:report_queue:failed"],
    ["defect 38: KEYS inside a script", "EVAL", "return redis.call('keys', 'expired:*')", "0"],
    // What else would end the server, read others' data or open a door.
    ["a script that deletes the queue", "EVAL", "return redis.call('del', 'csrd:report_queue:wait')", "0"],
    ["a script that reads another's key", "EVAL", "return redis.call('get', 'sessions:1')", "0"],
    ["SHUTDOWN", "SHUTDOWN", "NOSAVE"],
    ["DEBUG", "DEBUG", "SLEEP", "0"],
    ["CONFIG SET", "CONFIG", "SET", "maxmemory-policy", "allkeys-lru"],
    ["CONFIG GET of the password", "CONFIG", "GET", "requirepass"],
    ["another's key", "GET", "sessions:1"],
    ["a key of its own making", "SET", "anything", "1"],
    ["another's key's name by SCAN", "SCAN", "0"],
    ["renaming the queue", "RENAME", "csrd:report_queue:wait", "csrd-cache:x"],
    ["the list of clients", "CLIENT", "LIST"],
    ["ending other clients", "CLIENT", "KILL", "TYPE", "normal"],
    ["changing rights", "ACL", "SETUSER", "csrd", "+@all"],
    ["reading rights", "ACL", "LIST"],
    ["replication", "REPLICAOF", "127.0.0.1", "1"],
    ["MIGRATE", "MIGRATE", "127.0.0.1", "1", "csrd:report_queue:wait", "0", "1"],
    ["modules", "MODULE", "LOAD", "/tmp/x.so"],
    ["functions", "FUNCTION", "LIST"],
    ["dropping scripts", "SCRIPT", "FLUSH"],
    ["another database", "SELECT", "1"],
    ["swapping databases", "SWAPDB", "0", "1"],
    ["another channel", "PUBLISH", "somewhere", "x"],
    ["all channels", "PSUBSCRIBE", "*"],
  ] as const)("%s", async ([, ...command]) => {
    const said = await refused(...command);
    const dry =
      command[0] === "EVAL" ? "no permissions" : await admin.call("ACL", "DRYRUN", "csrd", ...command);

    expect(said).toMatch(/^NOPERM|The user executing the script can't|command not allowed/);
    expect(dry).toMatch(/no permissions/);
  });

  test("and nothing of it happened", async () => {
    expect(await admin.get("sessions:1")).toBe("somebody's");
    expect(await admin.llen("csrd:report_queue")).toBe(1);
    expect(await admin.llen("csrd:report_queue:wait")).toBe(1);
    expect(await admin.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    // Redis itself keeps who tried what: the tests of the platform fail on any such entry.
    expect((await refusedCommands(server.adminUrl)).length).toBeGreaterThan(20);
  });
});

test("the platform's Redis user may delete what may be lost, and a report's own job", async () => {
  for (const key of [
    `${redisPrefixes.cache}a`,
    `${redisPrefixes.progress}a`,
    `${redisPrefixes.limits}a`,
    `${redisPrefixes.switches}a`,
    "csrd:report_queue:CSRD-20261121-AAAAAAAAAA",
    "csrd:report_queue:CSRD-20261121-AAAAAAAAAA:lock",
  ]) {
    await platform.set(key, "1");

    expect(await platform.del(key)).toBe(1);
  }
});

test("csrd doctor tells a user that may do too much from the platform's own", async () => {
  expect(await redisRights(server.url)).toMatchObject({ state: "ok" });
  expect(await redisRights(server.adminUrl)).toMatchObject({
    state: "warn",
    remedy: expect.stringContaining("--redis-acl"),
  });
  expect(await redisRights("redis://127.0.0.1:9")).toMatchObject({ state: "warn" });
  expect(redisAclLines().filter((line) => line.startsWith("ACL SETUSER"))).toHaveLength(3);
});

test.for([
  ["queue", `${redisPrefixes.limits}a`, `${redisPrefixes.progress}a`],
  ["cache", "csrd:report_queue:wait", `${redisPrefixes.limits}a`],
] as const)("a user for the %s alone reaches the other's keys in no way", async ([purpose, others, own]) => {
  await admin.call("ACL", "SETUSER", "half", ...redisAclRules([purpose]), ">half-password");
  const half = new Redis(server.adminUrl.replace(/\/\/.*@/, "//half:half-password@"), {
    disableClientInfo: true,
  });
  onTestFinished(() => half.disconnect());

  expect(await half.set(own, "1")).toBe("OK");
  await expect(half.get(others)).rejects.toThrow("NOPERM");
  await expect(half.lrange(others, 0, -1)).rejects.toThrow("NOPERM");
});

test("the line for an administrator is one that Redis takes as it is printed", async () => {
  const line = redisAclLine("printed", ["queue", "cache"]).replace(">PASSWORD", ">a-password");
  const words = [...line.matchAll(/"([^"]+)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  const [command = "", ...rest] = words;

  expect(await admin.call(command, ...rest)).toBe("OK");
  expect(readFileSync("docs/platform.md", "utf8")).toContain(redisAclLine("csrd", ["queue", "cache"]));
  const dangerous = (await admin.call("ACL", "CAT", "dangerous")) as string[];
  const granted = dangerous.filter((name) => words.includes(`+${name}`));
  expect(granted).toEqual(["info"]);
});
