import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { loadAlerts, loadRunbooks } from "#kit/registry.ts";
import { renderPrometheusRules } from "#kit/render-alerts.ts";
import { routes } from "#platform/contract.ts";
import { type PostgresServer, startPostgres } from "./backends/postgres.ts";
import { type RedisServer, startRedis } from "./backends/redis.ts";
import { type Balancer, startBalancer } from "./balancer/balancer.ts";
import type { Cloud } from "./cloud.ts";
import { createFirewall, type Firewall } from "./firewall.ts";
import { type Keeper, startKeeper } from "./keeper.ts";
import { type Machine, startMachine } from "./machine.ts";
import { firewallGroups, newGroupArn, newInstanceId, newRuleArn } from "./names.ts";
import { freePorts } from "./ports.ts";
import { createCloud } from "./production-cloud.ts";
import { type PrometheusServer, startPrometheus } from "./prometheus.ts";
import { untilReady, untilTrusted } from "./readiness.ts";
import { keepSecret } from "./secrets.ts";
import { home, type MachineName, machineNames, programOf, serviceOf, type Surroundings } from "./services.ts";

import { sandboxTimes } from "./times.ts";
import { startVendors, type Vendors } from "./vendors.ts";

/** Said whenever one more part is there: what it is, where, and how long it took. */
export type Progress = (part: string, detail: string, tookMs: number) => void;

/** A practice production: everything real except the vendors' clouds. */
export type Production = {
  readonly dir: string;
  readonly keeper: Keeper;
  readonly machines: readonly Machine[];
  readonly balancer: Balancer;
  readonly groups: readonly string[];
  readonly rule: string;
  readonly firewall: Firewall;
  readonly cloud: Cloud;
  readonly around: Surroundings;
  readonly prometheus: PrometheusServer | undefined;
  readonly vendors: Vendors;
  postgres(): PostgresServer;
  redis(): RedisServer;
  /** Starts again, with its data and on its port, whichever of the two servers is gone. */
  reviveBackends(): Promise<void>;
  /** Gives every machine its first program and tags again, restarts those that are gone or changed, and waits until all are ready. */
  restoreMachines(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts everything in a folder; when that fails or is called off, whatever had started is stopped again before it throws. */
export async function startProduction(
  dir: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Production> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return await assemble({ dir, progress, signal, stops, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What is at hand while a production is put together. */
type Assembly = {
  readonly dir: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** How to end what has been started so far, oldest first. */
  readonly stops: (() => Promise<void>)[];
  readonly stop: () => Promise<void>;
};

async function assemble({ dir, progress, signal, stops, stop }: Assembly): Promise<Production> {
  const keep = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    stops.push(() => part.stop());
    return part;
  };
  const keeper = startKeeper();
  stops.push(async () => keeper.close());

  const servers = await Promise.allSettled([
    timed(startPostgres({ dir: path.join(dir, "postgres") }).then(keep), (server, ms) =>
      progress("PostgreSQL", `127.0.0.1:${server.port}`, ms),
    ),
    timed(startRedis({ dir: path.join(dir, "redis") }).then(keep), (server, ms) =>
      progress("Redis", `127.0.0.1:${server.port}, append-only, no eviction`, ms),
    ),
  ]);
  signal.throwIfAborted();
  let [postgres, redis] = [started(servers[0]), started(servers[1])];

  const around: Surroundings = {
    artifactsDir: folder(dir, "reports"),
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    ports: await freePorts(),
    version: "0.1.0",
    internalToken: randomBytes(24).toString("hex"),
    apiKey: randomBytes(24).toString("hex"),
  };
  keepSecret(dir, "api-key", around.apiKey);
  const machines = machineNames.map((name) => startOne(name, dir, around, keeper));
  const endMachines = async (): Promise<void> =>
    void (await Promise.all(machines.map((machine) => machine.stop())));
  stops.push(endMachines);
  signal.addEventListener("abort", () => void endMachines(), { once: true });

  const firewall = createFirewall(openRules(around));
  const groups = [newGroupArn("csrd-api-blue"), newGroupArn("csrd-api-green")] as const;
  const rule = newRuleArn();
  const balancer = await startBalancer({
    rule,
    groups: [
      { arn: groups[0], targets: machines.filter(isApi).map(targetOf) },
      { arn: groups[1], targets: [] },
    ],
    weights: [
      { group: groups[0], weight: 100 },
      { group: groups[1], weight: 0 },
    ],
    health: { path: routes.ready, intervalMs: 500, timeoutMs: 1_000, healthyAfter: 2, unhealthyAfter: 2 },
    idleMs: 10_000,
    reachable: ({ port }) => firewall.allows([firewallGroups.api], port),
  });
  keep(balancer);

  await Promise.all(
    machines.map((machine) =>
      timed(untilReady(machine), (_, ms) => progress(machine.name, `127.0.0.1:${machine.port}`, ms)),
    ),
  );
  await timed(untilTrusted(balancer, groups[0]), (healthy, ms) =>
    progress("Load balancer", `${balancer.url}, ${healthy} of ${healthy} API instances healthy`, ms),
  );

  const prometheus = await timed(
    startPrometheus({
      dir: path.join(dir, "prometheus"),
      api: portsOf(machines.filter(isApi)),
      others: portsOf(machines.filter((machine) => !isApi(machine))),
      rules: await alertRules(),
    }),
    (server, ms) => progress("Prometheus", server?.url ?? "not installed, left out", ms),
  );
  if (prometheus !== undefined) keep(prometheus);

  const cloud = createCloud({ machines, balancer, groups, rule, firewall });
  const vendors = await timed(startVendors(dir, cloud), (_, ms) =>
    progress("Vendors", "stand-ins for AWS, Slack and PagerDuty", ms),
  );
  keep(vendors);
  signal.throwIfAborted();
  return {
    dir,
    keeper,
    machines,
    balancer,
    groups,
    rule,
    firewall,
    cloud,
    around,
    prometheus,
    vendors,
    postgres: () => postgres,
    redis: () => redis,
    reviveBackends: async () => {
      if (!postgres.alive())
        postgres = keep(await startPostgres({ dir: path.join(dir, "postgres"), port: postgres.port }));
      if (!redis.alive()) redis = keep(await startRedis({ dir: path.join(dir, "redis"), port: redis.port }));
    },
    restoreMachines: async () => {
      for (const machine of machines) restore(machine);
      await Promise.all(machines.map((machine) => untilReady(machine)));
      await untilTrusted(balancer, groups[0]);
    },
    stop,
  };
}

function restore(machine: Machine): void {
  const wanted = machine.initial;
  machine.signal("SIGCONT");
  const changed = machine.program() !== wanted.program;
  machine.setProgram(wanted.program);
  machine.setTags(wanted.tags);
  if (changed || machine.state() === "dead") machine.reboot();
}

/** The firewall as it should be: the API's ports open to the balancer, everything else to the machine itself. */
export function openRules({ ports }: Surroundings) {
  const all = Object.values(ports);
  const source = ["127.0.0.1/32"];
  return [
    {
      group: firewallGroups.api,
      protocol: "tcp",
      fromPort: ports["api-1"],
      toPort: ports["api-2"],
      cidrs: source,
    },
    {
      group: firewallGroups.internal,
      protocol: "tcp",
      fromPort: Math.min(...all),
      toPort: Math.max(...all),
      cidrs: source,
    },
  ];
}

/** Tags as a deploy leaves them: what runs, what ran before, since when. */
export function deployTags(version: string, previous: string, at: Date): Readonly<Record<string, string>> {
  return {
    "csrd:version": version,
    "csrd:previous-version": previous,
    "csrd:deployed-at": at.toISOString(),
  };
}

/** True for the machines that stand behind the load balancer. */
export function isApi({ name }: Machine): boolean {
  return name.startsWith("api-");
}

function startOne(name: MachineName, dir: string, around: Surroundings, keeper: Keeper): Machine {
  const lastWeek = new Date(Date.now() - 7 * 24 * 3_600_000);
  return startMachine({
    id: newInstanceId(),
    name,
    port: around.ports[name],
    firewallGroups: [serviceOf(name) === "api" ? firewallGroups.api : firewallGroups.internal],
    log: path.join(folder(dir, "logs"), `${name}.log`),
    cwd: home,
    program: programOf(name, around),
    tags: { "csrd:service": serviceOf(name), ...deployTags(around.version, "0.0.9", lastWeek) },
    keeper,
    bootDelayMs: 1_000,
    graceMs: 8_000,
  });
}

/** The shipped alerts as Prometheus reads them, with the practice production's times. */
async function alertRules(): Promise<string> {
  const alerts = await loadAlerts(path.join(home, "alerts"));
  const runbooks = await loadRunbooks(path.join(home, "runbooks"));
  return renderPrometheusRules(alerts, runbooks, sandboxTimes, "docs/manual");
}

function targetOf({ id, port }: Machine) {
  return { instance: id, address: "127.0.0.1", port };
}

function portsOf(machines: readonly Machine[]): Readonly<Record<string, number>> {
  return Object.fromEntries(machines.map(({ name, port }) => [name, port]));
}

function started<Server>(settled: PromiseSettledResult<Server>): Server {
  if (settled.status === "fulfilled") return settled.value;
  throw settled.reason;
}

async function timed<T>(work: Promise<T>, done: (result: T, ms: number) => void): Promise<T> {
  const before = performance.now();
  const result = await work;
  done(result, performance.now() - before);
  return result;
}

function folder(...parts: readonly string[]): string {
  const dir = path.join(...parts);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return dir;
}
