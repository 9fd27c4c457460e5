import { OpsError } from "#kit/errors.ts";
import { inventoryOf } from "#kit/inventory.ts";
import { agentNames, defaultPorts, routes } from "#platform/contract.ts";
import { unboundOperators, unboundReaders } from "#kit/unbound.ts";
import type { Clock } from "#kit/clock.ts";
import { answerFrom } from "#kit/log-lines.ts";
import type { LogAnswer, LogQuestion, SavedLogQuery } from "#kit/log-query.ts";
import {
  isWanted,
  type LinesQuestion,
  newestLines,
  serviceOfUnit,
  type UnitLine,
  type UnitLines,
} from "#kit/log-units.ts";
import type {
  Deploy,
  FirewallRule,
  HttpAnswer,
  LogLine,
  Operators,
  Readers,
  Sample,
  Service,
  Session,
  Target,
  Times,
  Weight,
} from "#kit/ports.ts";

import type { Unit } from "#kit/ports/workloads.ts";
import { type FakeHosts, hostsPart } from "./worlds/hosts.ts";
import { cachePart, calmCache, type FakeCache } from "./worlds/cache.ts";
import { calmQueue, type FakeQueue, queuePart } from "./worlds/queue.ts";
import { calmReplication, type FakeReplication, replicationPart } from "./worlds/replication.ts";
import { type FakeSwitches, switchesPart } from "./worlds/switches.ts";
import { announcementsPart, type FakeAnnouncements, fakeProfiler, nothingSaid } from "./worlds/telling.ts";
import { type FakeVolumes, volumesPart } from "./worlds/volumes.ts";
import { fakeWorkload, type FakeWorkloads, workloadsPart } from "./worlds/workloads.ts";

/** One machine of the fake world. */
type Machine = {
  readonly id: string;
  readonly name: string;
  state: "running" | "stopped";
  /**
   * up: healthy; dead: no process; booting: back at `backAt`; stuck: a reboot does not help; unready: answers 503; unnoticed: dead, and
   * the balancer has not noticed yet; wedged: it answers nobody, and only a restart by force helps.
   */
  mood: "up" | "dead" | "booting" | "stuck" | "unready" | "unnoticed" | "wedged";
  backAt: number;
  /** When its process was started last; undefined: yesterday. */
  startedAt?: string;
};

/** A small working world of two API instances behind a balancer; not a mock: effects change what is seen next. */
export type World = {
  readonly machines: Machine[];
  readonly effects: string[];
  readonly weights: Weight[];
  firewallOpen: boolean;
  deploys: Deploy[] | "unknown";
  logs: LogLine[] | "unknown";
  /** Next operator calls fail this way instead. */
  trouble: ("refused" | "lost-before" | "lost-after")[];
  /** True: balancer looks healthy but nobody gets an answer. */
  cutOff: boolean;
  /** True: nothing is registered with the balancer any more. */
  unregistered: boolean;
  /** The services outside that the platform uses and does not reach, as its page of health names them. */
  readonly notReached: Set<"llm_api" | "xbrl_validator">;
  /** Health of the targets of every version but the one that the machines run, by target group. */
  readonly versions: Map<string, readonly Target["health"][]>;
  /** The platform's database: its sessions, and how many there may be. "silent": it answers nobody. */
  database: { sessions: Session[]; most: number } | "silent";
  /** What Prometheus has, by expression; one that is not here has no series. */
  readonly metrics: Map<string, readonly Sample[] | (() => readonly Sample[])>;
  /** The services beside the API, by name: the worker and the six agents, one unit each. */
  readonly workloads: FakeWorkloads;
  /** What the units use. */
  readonly hosts: FakeHosts;
  readonly queue: FakeQueue;
  readonly cache: FakeCache;
  readonly switches: FakeSwitches;
  readonly announcements: FakeAnnouncements;
  /** The servers of the platform's database, and where its address leads. */
  readonly replication: FakeReplication;
  readonly volumes: FakeVolumes;
  readonly readers: Readers;
  readonly operators: Operators;
  readonly clock: Clock;
};

/** Times as production has them. */
export const productionTimes: Times = {
  restart: "3m",
  poll: "5s",
  steady: "1m",
  verify: "5m",
  planExpiry: "15m",
  lease: "60s",
  outage: "2m",
  stickyLock: "24h",
  brokenGlass: "1h",
  freshDeploy: "1h",
  stuckTransaction: "5m",
  slowAnswer: "1s",
  slowStage: "5m",
  slowReport: "30m",
  longWait: "15m",
};

export const apiService: Service = {
  name: "api",
  url: "https://csrd.example.com",
  group: "arn:aws:elasticloadbalancing:eu-central-1:000012345678:targetgroup/blue/0123456789abcdef",
  rule: "arn:aws:elasticloadbalancing:eu-central-1:000012345678:listener-rule/app/csrd/1/2/3",
  instances: ["i-0a1", "i-0a2"],
  firewallGroups: ["sg-1"],
  logGroup: "/aws/csrd-platform",
  port: 8000,
  floor: 1,
};

/** Target group of the version before. */
export const green =
  "arn:aws:elasticloadbalancing:eu-central-1:000012345678:targetgroup/green/fedcba9876543210";

/** The services behind the API, as an environment file names them. */
export const innerServices: readonly Service[] = ["worker", ...agentNames].map((name) => ({
  name,
  url: `http://${name}.csrd.internal:${defaultPorts[name === "worker" ? "worker" : (agentNames.find((agent) => agent === name) ?? "intake")]}`,
  instances: [],
  firewallGroups: [],
  logGroup: "/aws/csrd-platform",
  floor: 1,
  workload: `csrd-${name}`,
  most: 6,
}));

/** A healthy world; tests break it. A reboot takes 30 s of the clock. */
export function fakeWorld(
  clock: Clock,
  options: {
    readonly times?: Partial<Times>;
    readonly bootMs?: number;
    readonly services?: readonly Service[];
    /** The saved questions to the logs; without them none can be asked. */
    readonly logQueries?: () => readonly SavedLogQuery[];
  } = {},
): World {
  const bootMs = options.bootMs ?? 30_000;
  const machines: Machine[] = [
    { id: "i-0a1", name: "api-1", state: "running", mood: "up", backAt: 0 },
    { id: "i-0a2", name: "api-2", state: "running", mood: "up", backAt: 0 },
  ];
  const blue = apiService.group ?? "";
  const settle = () => {
    for (const machine of machines)
      if (machine.mood === "booting" && clock.now().getTime() >= machine.backAt) machine.mood = "up";
  };
  const targetsOf = (group: string): readonly Target[] => {
    if (group !== blue)
      return (world.versions.get(group) ?? []).map((health, index) => ({
        instance: machines[index]?.id ?? `i-${index}`,
        port: 8000,
        health,
      }));
    return world.unregistered ? [] : machines.map((machine) => targetOf(machine));
  };
  // Users reach what the balancer sends them to; a machine it has not noticed to be dead gives no answer.
  const serving = () =>
    world.weights
      .filter(({ weight }) => weight > 0)
      .flatMap(({ group }) => targetsOf(group))
      .filter(
        (target) =>
          target.health === "healthy" &&
          !machines.some(({ id, mood }) => id === target.instance && mood === "unnoticed"),
      ).length;
  const trouble = (effect: string, work: () => void) => {
    const next = world.trouble.shift();
    if (next === "refused")
      throw new OpsError("tool-refused", {
        summary: "The cloud refused the call.",
        hint: "Check permissions.",
      });
    if (next === "lost-before")
      throw new OpsError("tool-unreachable", {
        summary: "The cloud did not answer in 5 s.",
        hint: "Look whether it happened.",
      });
    world.effects.push(effect);
    work();
    if (next === "lost-after")
      throw new OpsError("tool-unreachable", {
        summary: "The cloud did not answer in 5 s.",
        hint: "Look whether it happened.",
      });
  };
  const parts = {
    workloads: {
      services: new Map(innerServices.map(({ name }) => [name, fakeWorkload(name, 1)])),
      events: [],
      startMs: bootMs,
    } satisfies FakeWorkloads,
    hosts: new Map() satisfies FakeHosts,
    queue: { look: { ...calmQueue }, reports: [] } satisfies FakeQueue,
    cache: { look: calmCache } satisfies FakeCache,
    switches: {
      switches: [],
      processes: new Map(agentNames.map((name) => [name, 1_000])),
      deaf: new Set(),
    } satisfies FakeSwitches,
    announcements: nothingSaid(),
    replication: calmReplication(),
    volumes: new Map() satisfies FakeVolumes,
  };
  const healthPage = (): string => {
    const of = (name: "llm_api" | "xbrl_validator") =>
      world.notReached.has(name) ? "unreachable" : "reachable";
    const details = { llm_api: of("llm_api"), xbrl_validator: of("xbrl_validator") };
    const status = world.notReached.size > 0 ? "degraded" : "healthy";
    return JSON.stringify({ status, checks: { external_dependencies: { status, details } } });
  };
  const room = { clock, act: trouble };
  const reboot = (id: string, word: string): void => {
    const machine = machineOf(machines, id);
    trouble(`${word} ${machine.name}`, () => {
      if (machine.mood === "stuck") return;
      parts.hosts.delete(id);
      machine.startedAt = clock.now().toISOString();
      if (machine.mood === "wedged" && word === "restart") return;
      machine.mood = "booting";
      machine.backAt = clock.now().getTime() + bootMs;
    });
  };
  const workloads = workloadsPart(parts.workloads, room, {
    forget: (unit) => void parts.hosts.delete(unit),
    fleet: {
      name: "api",
      units() {
        settle();
        return machines.map((machine) => unitOf(machine, world.unregistered));
      },
      restart: (id, how) => reboot(id, how === "forced" ? "reboot" : "restart"),
    },
  });
  const queue = queuePart(parts.queue, room);
  const switches = switchesPart(parts.switches, room);
  const volumes = volumesPart(parts.volumes, parts.hosts, room);
  const replication = replicationPart(parts.replication, room, bootMs);
  const announcements = announcementsPart(parts.announcements, room);
  const world: World = {
    clock,
    machines,
    effects: [],
    weights: [
      { group: blue, weight: 100 },
      { group: green, weight: 0 },
    ],
    firewallOpen: true,
    deploys: [],
    logs: [],
    trouble: [],
    cutOff: false,
    unregistered: false,
    notReached: new Set(),
    versions: new Map([[green, ["healthy", "healthy"]]]),
    database: { sessions: [], most: 90 },
    metrics: new Map(),
    ...parts,
    readers: Object.freeze({
      ...unboundReaders(),
      workloads: workloads.reader,
      hosts: hostsPart(
        parts.hosts,
        () => clock.now(),
        (unit) =>
          machines.some(
            ({ id, mood }) => id === unit && (mood === "dead" || mood === "stuck" || mood === "unnoticed"),
          ) || replication.isAway(unit),
      ),
      queue: queue.reader,
      cache: cachePart(parts.cache),
      switches: switches.reader,
      announcements: announcements.reader,
      replication: replication.reader,
      volumes: volumes.reader,
      metrics: {
        async query(expression: string) {
          const found = world.metrics.get(expression) ?? [];
          return typeof found === "function" ? found() : found;
        },
      },
      database: {
        async connections() {
          const { sessions, most } = databaseOf(world);
          return { sessions: [...sessions], most, used: sessions.length };
        },
      },
      http: {
        async get(url: string): Promise<HttpAnswer> {
          settle();
          if (world.cutOff) return { kind: "silent", reason: "connection timed out", tookMs: 3000 };
          if (!replication.takesWrites()) return { kind: "answered", status: 503, body: "", tookMs: 2 };
          if (serving() > 0 || world.weights.some(({ group, weight }) => group === green && weight > 0))
            return {
              kind: "answered",
              status: 200,
              body: url === `${apiService.url}${routes.health}` ? healthPage() : '{"status":"ready"}',
              tookMs: 3,
            };
          return { kind: "answered", status: 503, body: "", tookMs: 2 };
        },
      },
      instances: {
        async describe(ids: readonly string[]) {
          settle();
          return ids.map((id) => {
            const ofDatabase = replication.instance(id);
            if (ofDatabase !== undefined) return ofDatabase;
            const machine = machineOf(machines, id);
            const check = ["up", "unready", "wedged"].includes(machine.mood)
              ? "ok"
              : machine.mood === "booting"
                ? "initializing"
                : "impaired";
            return { id, name: machine.name, state: machine.state, check } as const;
          });
        },
      },
      balancer: {
        async targets(group: string): Promise<readonly Target[]> {
          settle();
          return targetsOf(group);
        },
        weights: async () => [...world.weights],
      },
      firewall: {
        async ingress(groups: readonly string[]): Promise<readonly FirewallRule[]> {
          return world.firewallOpen
            ? groups.map((group) => ({
                group,
                protocol: "tcp",
                fromPort: 8000,
                toPort: 8000,
                sources: ["10.0.0.0/16"],
              }))
            : [];
        },
      },
      logs: {
        async errors() {
          if (world.logs === "unknown") throw new Error("no answer in 5 s");
          return world.logs;
        },
        async query(_group: string, question: LogQuestion): Promise<LogAnswer> {
          if (world.logs === "unknown") throw new Error("no answer in 5 s");
          return answerFrom(
            world.logs.map(({ at, ...line }) => ({ timestamp: at, ...line })),
            question,
          );
        },
        async lines(services: readonly Service[], question: LinesQuestion): Promise<UnitLines> {
          if (world.logs === "unknown") throw new Error("no answer in 5 s");
          const lines = world.logs.map((line) => unitLine(line, services));
          return newestLines(
            lines.filter((line) => isWanted(line, question)),
            question,
            undefined,
          );
        },
      },
      deploys: {
        async recent() {
          if (world.deploys === "unknown") throw new Error("no answer in 5 s");
          return world.deploys;
        },
      },
      inventory: inventoryOf("production", [apiService, ...(options.services ?? [])], {}, options.logQueries),
      times: { ...productionTimes, ...options.times },
    }),
    operators: {
      ...unboundOperators(),
      workloadAdmin: workloads.admin,
      queueAdmin: queue.admin,
      switchAdmin: switches.admin,
      announcer: announcements.announcer,
      failover: replication.admin,
      volumeAdmin: volumes.admin,
      profiler: fakeProfiler(),
      databaseAdmin: {
        async endStuck({ pid, startedAt }) {
          const { sessions } = databaseOf(world);
          const at = sessions.findIndex((one) => one.pid === pid && one.startedAt === startedAt);
          const session = sessions[at];
          if (session === undefined) return "gone";
          if (session.protected !== undefined || session.state !== "idle in transaction") return "changed";
          trouble(`end ${pid}`, () => void sessions.splice(at, 1));
          return "ended";
        },
      },
      instanceAdmin: {
        async reboot(id) {
          if (!replication.reboot(id)) reboot(id, "reboot");
        },
      },
      balancerAdmin: {
        async setWeights(_rule, weights) {
          trouble(`weights ${weights.map(({ weight }) => weight).join("/")}`, () => {
            world.weights.splice(0, world.weights.length, ...weights);
          });
        },
      },
    },
  };
  return world;
}

/** A line of the fake world as a line of its unit. */
function unitLine({ at, level, message, source }: LogLine, services: readonly Service[]): UnitLine {
  const service = serviceOfUnit(source, services);
  return {
    at,
    unit: source,
    service,
    level,
    logger: "csrd_platform",
    message,
    facts: "",
    context: {},
    trace: undefined,
  };
}

function databaseOf({ database }: World): Exclude<World["database"], "silent"> {
  if (database !== "silent") return database;
  throw new OpsError("tool-unreachable", {
    summary: "The platform's database did not answer in 5 s.",
    hint: "Look at the server.",
  });
}

function targetOf(machine: Machine): Target {
  const base = { instance: machine.id, port: 8000 };
  if (machine.mood === "up" || machine.mood === "unnoticed") return { ...base, health: "healthy" };
  if (machine.mood === "booting") return { ...base, health: "initial", reason: "Elb.InitialHealthChecking" };
  if (machine.mood === "unready")
    return { ...base, health: "unhealthy", reason: "Target.ResponseCodeMismatch" };
  return { ...base, health: "unhealthy", reason: "Target.FailedHealthChecks" };
}

/** A machine as whoever runs it describes it. */
function unitOf(machine: Machine, unregistered: boolean): Unit {
  const { health, reason } = targetOf(machine);
  const ready = !unregistered && health === "healthy";
  const processes =
    machine.mood === "booting"
      ? "starting"
      : ["up", "unready", "wedged"].includes(machine.mood)
        ? "running"
        : "failed";
  return {
    id: machine.id,
    name: machine.name,
    state: machine.state === "running" ? processes : "stopped",
    ready,
    reason: ready ? undefined : unregistered ? "Target.NotRegistered" : reason,
    startedAt: machine.startedAt ?? "2026-11-20T03:00:00.000Z",
    restarts: undefined,
    version: "0.1.0",
  };
}

function machineOf(machines: readonly Machine[], id: string): Machine {
  const machine = machines.find((one) => one.id === id);
  if (machine === undefined)
    throw new OpsError("tool-refused", {
      summary: `There is no instance ${id}.`,
      hint: "Check the inventory.",
    });
  return machine;
}
