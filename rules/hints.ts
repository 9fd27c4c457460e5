import { type Duration, toMs } from "#kit/duration.ts";
import type { Connections, Deploy, HttpAnswer, Target } from "#kit/ports.ts";
import type { CacheLook } from "#kit/ports/cache.ts";
import type { QueueLook } from "#kit/ports/queue.ts";
import type { Replication } from "#kit/ports/replication.ts";
import type { KillSwitch } from "#kit/ports/switches.ts";
import type { Unit, WorkloadEvent } from "#kit/ports/workloads.ts";
import { judgeCache } from "./cache.ts";
import { judgeConnections } from "./connections.ts";
import { explainsOutage } from "./deploy.ts";
import { diskLines } from "./disks.ts";
import { type Chain, failureText } from "./language-models.ts";
import { type Measures, outOfLine } from "./measures.ts";
import { judgeQueue } from "./queue.ts";
import { writersOf } from "./replication.ts";
import { judgeShare } from "./resources.ts";

/** How one service runs. */
export type ServiceRunning = {
  readonly service: string;
  readonly ready: number;
  readonly desired: number;
  readonly units: readonly Pick<Unit, "id" | "name" | "state" | "ready" | "reason">[];
};

/** What one unit uses, as shares of what it may. */
type UnitShares = {
  readonly unit: string;
  readonly memory: number;
  readonly cpu: number;
  readonly disk: number;
};

/** What the first look of an incident saw. What is undefined is not known, or this environment has no tool for it; it leads nowhere. */
export type Seen = {
  readonly now: string;
  readonly limits: { readonly freshDeploy: Duration; readonly longWait: Duration };
  readonly outside: HttpAnswer | undefined;
  readonly services: readonly ServiceRunning[] | undefined;
  readonly targets: readonly Target[] | undefined;
  readonly events: readonly WorkloadEvent[] | undefined;
  readonly deploys: readonly Deploy[] | undefined;
  readonly use: readonly UnitShares[] | undefined;
  /** What error lines of the logs say, those that come most often first. */
  readonly errors: readonly string[] | undefined;
  readonly replication: Replication | undefined;
  readonly connections: (Pick<Connections, "used" | "most"> & { readonly waiting: number }) | undefined;
  readonly cache: CacheLook | undefined;
  readonly queue: QueueLook | undefined;
  readonly switches: readonly KillSwitch[] | undefined;
  readonly models: Chain | undefined;
  readonly measures: Measures | undefined;
  /** Names of the alarms that sound. */
  readonly alarms: readonly string[] | undefined;
};

/** Something that stands out; `params` for the runbook, where it needs any. */
type Sight = { readonly because: string; readonly params?: Readonly<Record<string, string>> };

type Row = {
  readonly runbook: string;
  /** Alarms that say the same; each stands in one row alone. */
  readonly alarms: readonly string[];
  /** Hints that explain this one: where one of them stands, this follows from it and is left out. */
  readonly follows: readonly string[];
  readonly look: (seen: Seen) => readonly Sight[];
};

const database = ["database-full", "no-connections", "database"];
/** What everything needs; whatever else is wrong beside it is most likely wrong because of it. */
const ground = [...database, "redis"];

/**
 * Which runbook each thing that stands out leads to, the most urgent first. A cause stands before what follows from it.
 * Source: csrd-production-runbook "2. Initial Response" and "3. Investigation"; the runbooks' own triggers.
 */
export const hints: Readonly<Record<string, Row>> = {
  "database-full": {
    runbook: "disk-full",
    alarms: [],
    follows: [],
    look: ({ replication }) =>
      replication?.address.state === "full"
        ? one(`the database's disk is full: ${replication.address.reason ?? "no space left"}`)
        : [],
  },
  "no-connections": {
    runbook: "db-pool-exhaustion",
    alarms: [],
    follows: [],
    look: ({ replication }) =>
      replication?.address.state === "no-connections" ? one("the database has no connection left") : [],
  },
  database: {
    runbook: "database-down",
    alarms: ["CSRDDatabaseDown"],
    follows: ["database-full", "no-connections"],
    look({ replication }) {
      if (replication === undefined) return [];
      const writers = writersOf(replication);
      if (writers.length > 1) return one(`${writers.map(({ name }) => name).join(" and ")} both take writes`);
      const { state, reason } = replication.address;
      if (state === "takes-writes" || state === "full" || state === "no-connections") return [];
      const says = { "reads-only": "only reads", starting: "is starting", silent: "is silent" }[state];
      return one(`the database ${says}${reason === undefined ? "" : `: ${reason}`}`);
    },
  },
  redis: {
    runbook: "redis-down",
    alarms: ["CSRDRedisDown"],
    follows: [],
    look({ cache }) {
      if (cache === undefined) return [];
      if (cache.kind === "silent") return one(`Redis is silent: ${cache.reason}`);
      const says = {
        well: undefined,
        loading: "reads its file",
        replica: "is a replica",
        evicts: "may drop reports that wait",
        "cannot-write": "cannot write its file",
        full: "is full",
      }[judgeCache(cache)];
      return says === undefined ? [] : one(`Redis ${says}`);
    },
  },
  "bad-deploy": {
    runbook: "rollback",
    alarms: [],
    follows: ground,
    look({ outside, services, deploys, now, limits }) {
      const out = outOf(apiOf(services));
      const [last] = deploys ?? [];
      if (last === undefined || !(isShut(outside) || out.length > 0)) return [];
      const ids =
        out.length > 0 ? out.map(({ id }) => id) : (apiOf(services)?.units ?? []).map(({ id }) => id);
      return explainsOutage(last, ids, now, limits.freshDeploy)
        ? one(`the API fails since ${last.version} was deployed at ${last.at.slice(11, 16)} UTC`, {
            service: "api",
          })
        : [];
    },
  },
  "scaled-to-nothing": {
    runbook: "scale-service",
    alarms: [],
    follows: [],
    look: ({ services }) =>
      (services ?? [])
        .filter(({ desired, units }) => desired === 0 && units.length === 0)
        .map(({ service }) => ({
          because: `${service} is set to no unit at all`,
          params: { service, units: "1" },
        })),
  },
  outage: {
    runbook: "platform-down",
    alarms: ["CSRDPlatformDown", "CSRDInstanceDown"],
    follows: [...ground, "bad-deploy"],
    look({ outside, services, targets }) {
      const api = apiOf(services);
      // One that is meant to have no unit is no outage but a setting; the hint before this one says so.
      if (api?.desired === 0) return [];
      const sick = (targets ?? []).filter(({ health }) => health === "unhealthy");
      if (outside?.kind === "silent")
        return one(`the API is silent: ${short(outside.reason)}`, { service: "api" });
      if (outside !== undefined && outside.status !== 200)
        return one(`the API answers with ${outside.status}`, { service: "api" });
      if (api !== undefined && api.ready < api.desired)
        return one(`${api.ready} of ${api.desired} units of the API take work`, { service: "api" });
      return sick.length > 0
        ? one(`the balancer leaves out ${sick.map(({ instance }) => instance).join(", ")}`, {
            service: "api",
          })
        : [];
    },
  },
  pool: {
    runbook: "db-pool-exhaustion",
    alarms: ["CSRDDatabasePoolExhausted"],
    follows: [...database],
    look({ connections, measures, errors }) {
      if (connections !== undefined && judgeConnections(connections) !== "calm")
        return one(`${connections.used} of ${connections.most} connections are taken`);
      if (connections !== undefined && connections.waiting > 0)
        return one(`${connections.waiting} sessions wait for another`);
      const said = errors?.find((says) =>
        /remaining connection slots|too many (clients|connections)/i.test(says),
      );
      return said === undefined ? of(measures, "pool") : one(`the logs say "${short(said)}"`);
    },
  },
  "api-errors": {
    runbook: "api-500s",
    alarms: ["CSRDApiErrors"],
    follows: [...ground, "bad-deploy", "outage", "pool"],
    look: ({ measures }) => of(measures, "requests"),
  },
  disk: {
    runbook: "disk-full",
    alarms: ["CSRDDiskFull", "CSRDDiskFilling"],
    follows: [],
    look({ use, errors }) {
      const over = (use ?? []).filter(({ disk }) => disk >= diskLines.critical);
      if (over.length > 0) return one(`a disk is nearly full: ${shares(over, "disk")}`);
      const said = errors?.find((says) => /no space left on device|\bENOSPC\b/i.test(says));
      return said === undefined ? [] : one(`the logs say "${short(said)}"`);
    },
  },
  "unit-out": {
    runbook: "restart-service",
    alarms: [],
    follows: ground,
    look: ({ services }) =>
      (services ?? [])
        .filter(({ service }) => service !== "api")
        .flatMap((running) =>
          outOf(running)
            .filter(({ name }) => /^[a-z0-9][a-z0-9.-]{0,99}$/.test(name))
            .map(({ name, state, reason }) => ({
              because: `${name} does not take work (${short(reason ?? state)})`,
              params: { service: running.service, unit: name, how: "forced" },
            })),
        ),
  },
  "report-errors": {
    runbook: "high-error-rate",
    alarms: ["CSRDHighErrorRate"],
    follows: [...ground, "pool"],
    look: ({ measures }) => of(measures, "reports"),
  },
  audits: {
    runbook: "compliance-failure",
    alarms: ["CSRDComplianceFailure"],
    follows: [],
    look: ({ measures }) => of(measures, "audits"),
  },
  "slow-answers": {
    runbook: "high-latency",
    alarms: ["CSRDApiSlow", "CSRDHighLatency"],
    follows: [...ground, "outage", "pool"],
    look: ({ measures }) => of(measures, "answer"),
  },
  memory: {
    runbook: "high-memory",
    alarms: ["CSRDHighMemoryUsage"],
    follows: [],
    look({ use, events }) {
      const over = (use ?? []).filter(({ memory }) => judgeShare(memory, "memory") === "critical");
      if (over.length > 0) return one(`memory is nearly full: ${shares(over, "memory")}`);
      const killed = events?.findLast(({ says }) => /\bOOM|out of memory/i.test(says));
      return killed === undefined ? [] : one(`${killed.about} was ended for want of memory`);
    },
  },
  cpu: {
    runbook: "high-cpu",
    alarms: ["CSRDHighCpuUsage"],
    follows: [],
    look({ use }) {
      const over = (use ?? []).filter(({ cpu }) => judgeShare(cpu, "cpu") === "critical");
      return over.length > 0 ? one(`processors are at their limit: ${shares(over, "cpu")}`) : [];
    },
  },
  models: {
    runbook: "llm-api-outage",
    alarms: ["CSRDLanguageModelFails"],
    follows: [],
    look: ({ models }) =>
      models === undefined || models.failing.length === 0
        ? []
        : one(models.failing.map((vendor) => failureText(vendor)).join("; ")),
  },
  "switched-off": {
    runbook: "agent-kill-switch",
    alarms: [],
    follows: [],
    look: ({ switches }) =>
      (switches ?? [])
        .filter(({ scope, off }) => off && /^[a-z][a-z-]{0,40}$/.test(scope))
        .map(({ scope, by, reason }) => ({
          because: `${scope} is off by ${short(by)} (${short(reason)}); once that is mended`,
          params: { scope, to: "on" },
        })),
  },
  queue: {
    runbook: "queue-backlog",
    alarms: ["CSRDQueueBacklog", "CSRDWorkersGone"],
    follows: [...ground, "scaled-to-nothing", "unit-out", "switched-off"],
    look({ queue, limits }) {
      if (queue === undefined) return [];
      const says = {
        calm: undefined,
        paused: "the queue is paused",
        "no-workers": "no worker takes reports",
        stuck: "reports wait and nobody takes them",
        behind: "reports come faster than they are done",
      }[judgeQueue(queue, toMs(limits.longWait) / 1_000)];
      return says === undefined ? [] : one(`${says}, ${queue.waiting} wait`);
    },
  },
  "slow-xbrl": {
    runbook: "xbrl-slow",
    alarms: ["CSRDXbrlSlow"],
    follows: [...ground],
    look: ({ measures }) => of(measures, "xbrl"),
  },
  "slow-reports": {
    runbook: "slow-performance",
    alarms: ["CSRDSlowReports"],
    follows: [...ground, "scaled-to-nothing", "unit-out", "models", "switched-off", "queue", "slow-xbrl"],
    look: ({ measures }) => of(measures, "report"),
  },
  "low-quality": {
    runbook: "low-data-quality",
    alarms: ["CSRDLowDataQuality"],
    follows: [],
    look: ({ measures }) => of(measures, "quality"),
  },
};

function one(because: string, params?: Readonly<Record<string, string>>): readonly Sight[] {
  return [params === undefined ? { because } : { because, params }];
}

function of(measures: Measures | undefined, name: keyof ReturnType<typeof outOfLine>): readonly Sight[] {
  const says = measures === undefined ? undefined : outOfLine(measures)[name];
  return says === undefined ? [] : one(says);
}

function apiOf(services: Seen["services"]): ServiceRunning | undefined {
  return services?.find(({ service }) => service === "api");
}

/** Units that take no work and are not on their way. */
function outOf(running: ServiceRunning | undefined): ServiceRunning["units"] {
  return (running?.units ?? []).filter(
    ({ ready, state }) => !ready && state !== "starting" && state !== "stopping",
  );
}

function isShut(outside: HttpAnswer | undefined): boolean {
  return outside !== undefined && (outside.kind === "silent" || outside.status >= 500);
}

function shares(units: readonly UnitShares[], what: "memory" | "cpu" | "disk"): string {
  return units
    .toSorted((a, b) => b[what] - a[what] || a.unit.localeCompare(b.unit))
    .slice(0, 3)
    .map((unit) => `${unit.unit} ${Math.round(unit[what] * 100)} %`)
    .join(", ");
}

/** Foreign words at a length that leaves room for ours. */
function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
