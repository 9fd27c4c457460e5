import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type AgentName, agentNames, routes } from "#platform/contract.ts";
import { type Balancer, startBalancer } from "#sandbox/balancer/balancer.ts";
import { freePort } from "#sandbox/backends/free-port.ts";
import { type PostgresServer, removePostgres, startPostgres } from "#sandbox/backends/postgres.ts";
import { type RedisServer, startRedis } from "#sandbox/backends/redis.ts";
import { type Keeper, startKeeper } from "#sandbox/keeper.ts";
import { type Machine, startMachine } from "#sandbox/machine.ts";
import { startModelVendors } from "#sandbox/model-vendors.ts";
import type { LlmFaults } from "#sandbox/standins/llm/faults.ts";

/** How large a platform of real processes is started. */
export type ClusterOptions = {
  readonly apis: number;
  readonly workers: number;
  /** Processes of each agent. */
  readonly instances: number;
  /** `small`: a chain of hashes instead of the real agents, in the same service; `slowMs` is its pace. */
  readonly agents: "real" | { readonly slowMs: number };
  /** Further settings of every process. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Further settings of the agents. */
  readonly agentSettings?: Readonly<Record<string, string>>;
  /** Further settings of the workers. */
  readonly workerSettings?: Readonly<Record<string, string>>;
  /** Whether the materiality agents ask stand-ins for two vendors of language models. */
  readonly models?: boolean;
  /** Where the reports' files are; a folder of the cluster's own when left out. */
  readonly artifactsDir?: string;
};

/** A platform of real processes behind a balancer, whose every process can be killed and started again. */
export type Cluster = {
  readonly dir: string;
  readonly artifactsDir: string;
  readonly url: string;
  readonly key: string;
  readonly apis: readonly Machine[];
  readonly workers: readonly Machine[];
  readonly agents: readonly { readonly agent: AgentName; readonly machine: Machine }[];
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Processes of PostgreSQL and Redis. */
  serverPids(): readonly number[];
  /** The name that the process of a machine goes by in the platform's records; each start of a worker has its own. */
  lifeOf(machine: Machine): string;
  /** The language models' stand-ins: both vendors hang, or answer again. Undefined where none are asked. */
  readonly models: Pick<LlmFaults, "set" | "clear"> | undefined;
  /** Kills a machine's process and leaves it dead. */
  kill(machine: Machine): Promise<void>;
  /** Starts a dead machine's process again, under a new name. */
  start(machine: Machine): Promise<void>;
  killPostgres(): Promise<void>;
  revivePostgres(): Promise<void>;
  killRedis(): Promise<void>;
  reviveRedis(): Promise<void>;
  stop(): Promise<void>;
};

const home = path.join(import.meta.dirname, "../..");
const small = path.join(home, "test/cluster/serve-small-agent.ts");
const group = "csrd-api";

/** Starts everything, and waits until it is ready; what had started is stopped again when it fails. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  // A port that was free may be somebody else's a moment later.
  for (let attempt = 1; ; attempt += 1)
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === 3 || !(error instanceof Error && error.message.includes("port-taken"))) throw error;
    }
}

async function startOnce(options: ClusterOptions): Promise<Cluster> {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-cluster-"));
  const keeper = startKeeper();
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
    keeper.close();
    removePostgres(path.join(dir, "postgres"));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    return await assemble({ dir, keeper, options, stops, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

type Assembly = {
  readonly dir: string;
  readonly keeper: Keeper;
  readonly options: ClusterOptions;
  readonly stops: (() => Promise<unknown>)[];
  readonly stop: () => Promise<void>;
};

async function assemble({ dir, keeper, options, stops, stop }: Assembly): Promise<Cluster> {
  const [postgresDir, redisDir] = [path.join(dir, "postgres"), path.join(dir, "redis")];
  let [postgres, redis]: [PostgresServer, RedisServer] = await Promise.all([
    startPostgres({ dir: postgresDir, settings: { max_connections: "200" } }),
    startRedis({ dir: redisDir }),
  ]);
  stops.push(() => Promise.all([postgres.stop(), redis.stop()]));
  const artifactsDir = options.artifactsDir ?? path.join(dir, "reports");
  for (const folder of [artifactsDir, path.join(dir, "logs")]) mkdirSync(folder, { recursive: true });

  const key = randomBytes(24).toString("hex");
  const common = {
    PATH: process.env["PATH"] ?? "",
    TZ: "UTC",
    CSRD_HOST: "127.0.0.1",
    CSRD_ARTIFACTS_DIR: artifactsDir,
    CSRD_STATE_DIR: path.join(dir, "state"),
    CSRD_INTERNAL_TOKEN: randomBytes(24).toString("hex"),
    ...options.settings,
  };
  const vendors = options.models === true ? await startModelVendors(dir) : undefined;
  stops.push(async () => vendors?.stop());
  const lives = new Map<Machine, number>();
  const machine = async (
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<Machine> => {
    const port = await freePort();
    const program = {
      args,
      env: { ...common, ...env, CSRD_PORT: String(port), CSRD_INSTANCE: name },
    };
    const log = path.join(dir, "logs", `${name}.log`);
    const started = startMachine({
      id: `i-${name}`,
      name,
      port,
      firewallGroups: [],
      log,
      cwd: home,
      program,
      tags: {},
      keeper,
      bootDelayMs: 0,
      graceMs: 20_000,
    });
    lives.set(started, 1);
    return started;
  };
  const many = async (count: number, make: (number: number) => Promise<Machine>): Promise<Machine[]> => {
    const made = [];
    for (let number = 1; number <= count; number += 1) made.push(await make(number));
    return made;
  };
  const stopAll = (machines: readonly Machine[]) => Promise.all(machines.map((one) => one.stop()));

  const agents: { readonly agent: AgentName; readonly machine: Machine }[] = [];
  stops.push(() => stopAll(agents.map((one) => one.machine)));
  for (const agent of agentNames)
    for (const one of await many(options.instances, (number) =>
      options.agents === "real"
        ? machine(`${agent}-${number}`, [path.join(home, "bin/csrd.js"), "agent", agent], {
            ...options.agentSettings,
          })
        : machine(`${agent}-${number}`, [small, agent], { SLOW_MS: String(options.agents.slowMs) }),
    ))
      agents.push({ agent, machine: one });

  const backends = {
    CSRD_DATABASE_URL: postgres.url,
    CSRD_REDIS_URL: redis.url,
    CSRD_AGENT_URLS: agents.map((one) => `${one.agent}=http://127.0.0.1:${one.machine.port}`).join(),
  };
  const serving = { ...backends, CSRD_API_KEYS: `load:read+write:${sha256(key)}` };
  const apis = await many(options.apis, (number) =>
    machine(`api-${number}`, [path.join(home, "bin/csrd.js"), "serve"], serving),
  );
  stops.push(() => stopAll(apis));
  const workers = await many(options.workers, (number) =>
    machine(`worker-${number}`, [path.join(home, "bin/csrd.js"), "work"], {
      ...backends,
      ...options.workerSettings,
    }),
  );
  stops.push(() => stopAll(workers));
  const balancer: Balancer = await startBalancer({
    groups: [
      { arn: group, targets: apis.map(({ id, port }) => ({ instance: id, address: "127.0.0.1", port })) },
    ],
    weights: [{ group, weight: 100 }],
    health: { path: routes.ready, intervalMs: 500, timeoutMs: 1_000, healthyAfter: 1, unhealthyAfter: 2 },
    idleMs: 20_000,
    reachable: () => true,
  });
  stops.push(() => balancer.stop());
  await Promise.all([...agents.map((one) => one.machine), ...apis, ...workers].map(untilReady));
  while (balancer.targets(group).some(({ state }) => state !== "healthy")) await sleep(50);

  return {
    dir,
    artifactsDir,
    url: balancer.url,
    key,
    apis,
    workers,
    agents,
    databaseUrl: postgres.url,
    redisUrl: redis.adminUrl,
    models: vendors?.faults,
    serverPids: () => [postgres.pid, redis.pid],
    lifeOf: (one) => one.program().env["CSRD_INSTANCE"] ?? one.name,
    kill: async (one) => {
      one.signal("SIGKILL");
      while (one.state() === "up") await sleep(2);
    },
    start: async (one) => {
      const life = (lives.get(one) ?? 1) + 1;
      lives.set(one, life);
      const { args, env } = one.program();
      one.setProgram({ args, env: { ...env, CSRD_INSTANCE: `${one.name}.${life}` } });
      one.reboot();
    },
    killPostgres: async () => {
      process.kill(postgres.pid, "SIGKILL");
      await postgres.ended;
      // Its children notice within moments; until they have, the folder is not free.
      await sleep(300);
    },
    revivePostgres: async () => {
      postgres = await startPostgres({
        dir: postgresDir,
        port: postgres.port,
        settings: { max_connections: "200" },
      });
    },
    killRedis: async () => {
      process.kill(redis.pid, "SIGKILL");
      await redis.ended;
    },
    reviveRedis: async () => {
      redis = await startRedis({ dir: redisDir, port: redis.port });
    },
    stop,
  };
}

/** Waits until a machine's process is ready; throws with its last words when it ends, or is not within a minute. */
export async function untilReady(machine: Machine): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && machine.state() !== "dead") {
    const answer = await fetch(`http://127.0.0.1:${machine.port}${routes.ready}`, {
      signal: AbortSignal.timeout(2_000),
    }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return;
    await sleep(50);
  }
  const words = readFileSync(machine.log, "utf8").trimEnd().split("\n").slice(-5).join("\n");
  throw new Error(`${machine.name} is ${machine.state()} and not ready:\n${words}`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
