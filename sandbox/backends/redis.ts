import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Redis } from "ioredis";
import { OpsError } from "#kit/errors.ts";
import { platformRedisRules } from "#adapters/platform/permissions.ts";
import { redisAclRules } from "#platform/service/redis-acl.ts";
import { findRedis, majorOf } from "./binaries.ts";
import { type Server, startServer } from "./child.ts";
import { freePort } from "./free-port.ts";

/** How to start a Redis server of our own. */
export type RedisOptions = {
  /** Folder of this server; created when missing, its append-only file kept between starts. */
  readonly dir: string;
  /** Loopback port; a free one when left out. */
  readonly port?: number | undefined;
  /** Further `name value` settings, as in redis.conf. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** `parent` (default): ends with this process. `own`: outlives it. */
  readonly lifetime?: "parent" | "own" | undefined;
};

/** A running Redis server on loopback. */
export type RedisServer = Server & {
  /** `redis://csrd:…`, password included: the platform's own user, which may do what the platform needs and no more. */
  readonly url: string;
  /** `redis://…`, password included: whoever runs the server. */
  readonly adminUrl: string;
  /** The users of those who look after the platform: one that looks and one that acts, with the rights that `ops permissions` prints. */
  readonly operators: { readonly read: string; readonly act: string };
  readonly port: number;
  readonly log: string;
};

/** Starts a real Redis (7 or newer) with an append-only file and no eviction, and waits until it answers. */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const found = await findRedis();
  if (found === undefined || majorOf(found.version) < 7)
    throw new OpsError("prerequisite-missing", {
      summary: `redis-server 7 or newer is needed and ${found === undefined ? "none was found" : `only ${found.version} was found`}.`,
      hint: "Install it: apt-get install redis-server, or brew install redis.",
    });
  const dir = path.resolve(options.dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const log = path.join(dir, "redis.log");
  const password = passwordIn(dir, "password");
  const platformPassword = passwordIn(dir, "platform-password");
  const operatorsPassword = passwordIn(dir, "operators-password");
  const users = [
    userLine("csrd", platformPassword, redisAclRules(["queue", "cache"])),
    userLine("csrd-ops-read", operatorsPassword, platformRedisRules("read")),
    userLine("csrd-ops-act", operatorsPassword, platformRedisRules("act")),
  ];

  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const conf = path.join(dir, "redis.conf");
    const settings = {
      bind: "127.0.0.1",
      port: String(port),
      requirepass: password,
      appendonly: "yes",
      appendfsync: "everysec",
      "maxmemory-policy": "noeviction",
      save: '""',
      daemonize: "no",
      ...options.settings,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
    writeFileSync(conf, [...lines, ...users].join(""), { mode: 0o600 });
    const server = await startServer({
      file: path.join(found.bin, "redis-server"),
      args: [conf],
      cwd: dir,
      log,
      stopSignal: "SIGTERM",
      lifetime: options.lifetime ?? "parent",
    });
    const url = `redis://csrd:${platformPassword}@127.0.0.1:${port}`;
    const adminUrl = `redis://:${password}@127.0.0.1:${port}`;
    const operatorAt = (user: string) => `redis://${user}:${operatorsPassword}@127.0.0.1:${port}`;
    const operators = { read: operatorAt("csrd-ops-read"), act: operatorAt("csrd-ops-act") };
    if (await answers(url, server)) return { ...server, url, adminUrl, operators, port, log };
    await server.stop();
    if (options.port !== undefined || attempt === 3)
      throw new OpsError("sandbox-failed", {
        summary: `Redis did not start on port ${port}.`,
        hint: `Read ${log}.`,
        details: readFileSync(log, "utf8").split("\n").slice(-20).join("\n"),
      });
  }
}

/** A user as redis.conf has it. */
function userLine(name: string, password: string, rules: readonly string[]): string {
  return `user ${name} >${password} ${rules.filter((rule) => rule !== "reset").join(" ")}\n`;
}

function passwordIn(dir: string, name: string): string {
  const file = path.join(dir, name);
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(18).toString("hex")}\n`, { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}

async function answers(url: string, server: Server): Promise<boolean> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline && server.alive()) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 2_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      if ((await client.ping()) === "PONG") return server.alive();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      client.disconnect();
    }
  }
  return false;
}
