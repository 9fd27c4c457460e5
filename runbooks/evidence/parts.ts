import { type Duration, toMs } from "#kit/duration.ts";
import type { Reading } from "#kit/finding.ts";
import type { LinesQuestion } from "#kit/log-units.ts";
import type {
  Connections,
  Deploy,
  HttpAnswer,
  Inventory,
  LogReader,
  MetricsReader,
  Target,
} from "#kit/ports.ts";
import type { HostReader } from "#kit/ports/hosts.ts";
import type { QueueLook } from "#kit/ports/queue.ts";
import type { Replication } from "#kit/ports/replication.ts";
import type { KillSwitch } from "#kit/ports/switches.ts";
import type { Unit, WorkloadEvent, WorkloadReader } from "#kit/ports/workloads.ts";
import { metrics as names, routes } from "#platform/contract.ts";
import { judgeConnections } from "#rules/connections.ts";
import { diskLines } from "#rules/disks.ts";
import { judgeShare } from "#rules/resources.ts";
import { applications } from "#rules/sessions.ts";
import { said, silentOnes, tell, type Told, unbound, type Unbound } from "./settle.ts";

const notHere: Reading = { state: "note", says: "this environment's file names no tool for it" };

/** The reading of a part, where the environment has a tool for it. */
export function readIf<T>(read: (value: T) => Reading): (value: T | Unbound) => Reading {
  return (value) => (value === unbound ? notHere : read(value));
}

/** Whether users get an answer. */
export function readOutside(answer: HttpAnswer): Reading {
  if (answer.kind === "silent") return { state: "bad", says: `no answer: ${answer.reason}` };
  return answer.status === 200
    ? { state: "fine", says: `${routes.ready} says 200 in ${answer.tookMs} ms` }
    : { state: "bad", says: `${routes.ready} says ${answer.status}` };
}

/** The full picture that the platform paints of itself; kept as it is, judged by its status alone. */
export function readHealth(answer: HttpAnswer): Reading {
  if (answer.kind === "silent") return { state: "note", says: `no answer: ${answer.reason}` };
  return { state: "note", says: `${routes.health} says ${answer.status}` };
}

/** How a service runs, with what is wrong about its units. */
type Running = {
  readonly ready: number;
  readonly desired: number;
  readonly units: readonly {
    readonly id: string;
    readonly name: string;
    readonly state: Unit["state"];
    readonly ready: boolean;
    readonly reason: string | undefined;
    readonly restarts: number | undefined;
    readonly version: string | undefined;
    readonly startedAt: string | undefined;
  }[];
};

/** Every service of the environment, each asked by itself. */
export function lookAtUnits(
  workloads: WorkloadReader,
  inventory: Inventory,
): Promise<readonly Told<Running>[]> {
  return tell(
    inventory.services.map(({ name }) => name),
    async (name) => {
      const { units, desired } = await workloads.describe(inventory.service(name));
      return {
        ready: units.filter(({ ready }) => ready).length,
        desired,
        units: units.map(({ id, name: unit, state, ready, reason, restarts, version, startedAt }) => ({
          id,
          name: unit,
          state,
          ready,
          reason,
          restarts,
          version,
          startedAt,
        })),
      };
    },
  );
}

/** Services short of units come first; the ones that did not answer are named. */
export function readUnits(told: readonly Told<Running>[]): Reading {
  const known = said(told);
  const short = known.filter(({ said: one }) => one.ready < one.desired || one.ready === 0);
  const says =
    short.length === 0
      ? `${known.length} of ${told.length} services have all their units`
      : short.map(({ of, said: one }) => `${of} ${one.ready} of ${one.desired}${reasons(one)}`).join(", ");
  return {
    state: short.length > 0 ? "bad" : known.length < told.length ? "note" : "fine",
    says: says + silentOnes(told),
  };
}

function reasons({ units }: Running): string {
  const all = [...new Set(units.flatMap(({ reason }) => (reason === undefined ? [] : [reason])))];
  return all.length === 0 ? "" : ` (${all.slice(0, 3).join(", ")})`;
}

/** What has happened to the units, over all services, newest last. */
export async function lookAtEvents(
  workloads: WorkloadReader,
  inventory: Inventory,
  since: Duration,
): Promise<{ readonly events: readonly WorkloadEvent[]; readonly told: readonly Told<number>[] }> {
  const told = await tell(
    inventory.services.map(({ name }) => name),
    (name) => workloads.events(inventory.service(name), since),
  );
  const unique = new Map(
    said(told)
      .flatMap(({ said: events }) => events)
      .map((event) => [`${event.at} ${event.about} ${event.says}`, event]),
  );
  const events = [...unique.values()].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).slice(-40);
  return {
    events,
    told: told.map((one) => ("said" in one ? { of: one.of, said: one.said.length } : one)),
  };
}

export function readEvents({ events, told }: Awaited<ReturnType<typeof lookAtEvents>>): Reading {
  const warnings = events.filter(({ kind }) => kind === "warning");
  const last = warnings.at(-1);
  return {
    state: last === undefined && silentOnes(told) === "" ? "fine" : "note",
    says: `${events.length} events, ${warnings.length} of them warnings${last === undefined ? "" : `; last: ${last.about}: ${last.says.slice(0, 120)}`}${silentOnes(told)}`,
  };
}

/** What one unit uses, as shares of what it may. */
type Use = { readonly memory: number; readonly cpu: number; readonly disk: number; readonly largest: string };

/** Every unit of every service, each asked by itself; the manual's `top`. */
export async function lookAtTop(
  workloads: WorkloadReader,
  hosts: HostReader,
  inventory: Inventory,
): Promise<readonly Told<Use>[]> {
  const units = await tell(
    inventory.services.map(({ name }) => name),
    async (name) => (await workloads.describe(inventory.service(name))).units,
  );
  const all = said(units).flatMap(({ of, said: some }) =>
    some.map(({ id, name }) => ({ id, name, service: inventory.service(of) })),
  );
  const byName = new Map(all.map((one) => [one.name, one]));
  const told = await tell([...byName.keys()], async (name): Promise<Use> => {
    const unit = byName.get(name);
    if (unit === undefined) throw new Error("it is gone");
    const { memory, cpu, disks, processes } = await hosts.look(unit.service, unit.id);
    const [largest] = processes;
    return {
      memory: share(memory.usedBytes, memory.limitBytes),
      cpu: share(cpu.used, cpu.limit),
      disk: Math.max(0, ...disks.map(({ usedBytes, sizeBytes }) => share(usedBytes, sizeBytes))),
      largest:
        largest === undefined ? "" : `${largest.command} (${Math.round(largest.rssBytes / 2 ** 20)} MiB)`,
    };
  });
  return [...told, ...units.filter((one) => "silent" in one)];
}

function share(used: number, limit: number): number {
  return limit > 0 ? Math.round((100 * used) / limit) / 100 : 0;
}

export function readTop(told: readonly Told<Use>[]): Reading {
  const known = said(told).toSorted((a, b) => most(b.said) - most(a.said) || (a.of < b.of ? -1 : 1));
  const full = known.filter(({ said: use }) => isFull(use));
  const shown = (full.length > 0 ? full : known)
    .slice(0, 3)
    .map(({ of, said: use }) => `${of} ${percents(use)}`);
  return {
    state: full.length > 0 ? "bad" : silentOnes(told) === "" && known.length > 0 ? "fine" : "note",
    says: `${shown.length === 0 ? "no unit could be looked into" : shown.join("; ")}${silentOnes(told)}`,
  };
}

/** Over one of the lines from which a runbook does something about it. */
function isFull({ memory, cpu, disk }: Use): boolean {
  return (
    judgeShare(memory, "memory") === "critical" ||
    judgeShare(cpu, "cpu") === "critical" ||
    disk >= diskLines.critical
  );
}

function most({ memory, cpu, disk }: Use): number {
  return Math.max(memory, cpu, disk);
}

function percents({ memory, cpu, disk }: Use): string {
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  return `memory ${percent(memory)}, cpu ${percent(cpu)}, disk ${percent(disk)}`;
}

export function readTargets(targets: readonly Target[]): Reading {
  const out = targets.filter(({ health }) => health !== "healthy");
  return {
    state: out.length > 0 || targets.length === 0 ? "bad" : "fine",
    says: `${targets.length - out.length} of ${targets.length} targets healthy${out.length === 0 ? "" : `; ${out.map(({ instance, reason, health }) => `${instance} ${reason ?? health}`).join(", ")}`}`,
  };
}

export function readDeploys(deploys: readonly Deploy[]): Reading {
  const [last] = deploys;
  return last === undefined
    ? { state: "fine", says: "no deploy is recorded" }
    : {
        state: "note",
        says: `${last.version} since ${last.at.slice(0, 16).replace("T", " ")} UTC${last.previous === undefined ? "" : `, before it ${last.previous}`}`,
      };
}

/** Errors that say the same, counted. */
type Grouped = {
  readonly groups: readonly {
    readonly count: number;
    readonly units: readonly string[];
    readonly says: string;
    readonly last: string;
  }[];
  readonly lines: number;
  readonly more: boolean;
  readonly incomplete: string | undefined;
};

/** Lines at ERROR or above of every unit of every service, put together by what they say without their numbers and names. */
export async function lookAtErrors(
  logs: LogReader,
  inventory: Inventory,
  since: Duration,
  now: Date,
): Promise<Grouped> {
  const question: LinesQuestion = {
    from: new Date(now.getTime() - toMs(since)),
    until: new Date(now.getTime() + 60_000),
    least: "ERROR",
    contains: undefined,
    unit: undefined,
    limit: 1_000,
    within: "4s",
  };
  const { lines, more, incomplete } = await logs.lines(inventory.services, question, inventory.services);
  const groups = new Map<string, { count: number; units: Set<string>; says: string; last: string }>();
  for (const { logger, message, unit, at } of lines) {
    const key = `${logger} ${message.replaceAll(/\d+/g, "#")}`;
    const group = groups.get(key) ?? { count: 0, units: new Set(), says: message.slice(0, 200), last: at };
    group.count += 1;
    group.units.add(unit);
    group.last = at;
    groups.set(key, group);
  }
  return {
    groups: [...groups.values()]
      .toSorted((a, b) => b.count - a.count || (a.says < b.says ? -1 : 1))
      .slice(0, 20)
      .map(({ count, units, says, last }) => ({ count, units: [...units].toSorted(), says, last })),
    lines: lines.length,
    more,
    incomplete,
  };
}

export function readErrors({ groups, lines, more, incomplete }: Grouped): Reading {
  const [first] = groups;
  const partly = incomplete === undefined ? "" : `; not everything was read: ${incomplete}`;
  if (first === undefined)
    return { state: incomplete === undefined ? "fine" : "note", says: `no errors${partly}` };
  return {
    state: "note",
    says: `${more ? "more than " : ""}${lines} errors of ${groups.length} kinds; most often (${first.count}): ${first.says}${partly}`,
  };
}

/** A report that waits this long has been forgotten by nobody but us. */
const longWaitSeconds = 1_800;

export function readQueue(look: QueueLook): Reading {
  const { waiting, active, deadLetter, quarantined, oldestSeconds, paused, workers } = look;
  const bad = paused !== undefined || workers.length === 0 || oldestSeconds > longWaitSeconds;
  return {
    state: bad ? "bad" : deadLetter + quarantined > 0 ? "note" : "fine",
    says: `${waiting} wait, the oldest for ${Math.round(oldestSeconds / 60)} min, ${active} in work, ${deadLetter} given up, ${quarantined} put aside; ${workers.length} ${workers.length === 1 ? "worker" : "workers"}${paused === undefined ? "" : `; paused by ${paused.by}: ${paused.reason.slice(0, 80)}`}`,
  };
}

export function readSwitches(switches: readonly KillSwitch[]): Reading {
  const off = switches.filter((one) => one.off);
  return off.length === 0
    ? { state: "fine", says: "nothing is switched off" }
    : {
        state: "bad",
        says: off
          .map(
            ({ scope, by, since, reason }) =>
              `${scope} off since ${since.slice(0, 16)} by ${by}: ${reason.slice(0, 80)}`,
          )
          .join("; "),
      };
}

/** How the database's connections stand: counted by application, without any statement. */
export function summedConnections({ used, most: limit, sessions }: Connections) {
  return {
    used,
    most: limit,
    waiting: sessions.filter((one) => one.blockedBy.length > 0).length,
    idleInTransaction: sessions.filter((one) => one.state === "idle in transaction").length,
    active: sessions.filter((one) => one.state === "active").length,
    applications: applications(sessions).slice(0, 20),
  };
}

export function readConnections(sum: ReturnType<typeof summedConnections>): Reading {
  const { used, most: limit, waiting, idleInTransaction, active } = sum;
  return {
    state: judgeConnections({ used, most: limit }) === "calm" && waiting === 0 ? "fine" : "bad",
    says: `${used} of ${limit} connections taken, ${active} work, ${idleInTransaction} idle in a transaction, ${waiting} wait for a lock`,
  };
}

export function readReplication({ address, servers }: Replication): Reading {
  const primaries = servers.filter(({ role }) => role === "primary").length;
  const silent = servers.filter(({ role }) => role === "silent" || role === "refuses");
  const apart = servers.filter(({ role, following }) => role === "replica" && !following);
  const bad = address.state !== "takes-writes" || primaries > 1 || silent.length > 0 || apart.length > 0;
  return {
    state: bad ? "bad" : "fine",
    says: `its address ${address.state}; ${servers.map(({ name, role, following }) => `${name} ${role}${role === "replica" && !following ? ", follows nobody" : ""}`).join(", ") || "no server is named"}`,
  };
}

/** The four golden signals as the platform counts them itself, over five minutes; the expressions hold nothing from outside. */
const signals = {
  "requests per second": `sum(rate(${names.httpRequests}[5m]))`,
  "failed requests, share": `sum(rate(${names.httpRequests}{status=~"5.."}[5m])) / sum(rate(${names.httpRequests}[5m]))`,
  "95 of 100 answered within, seconds": `histogram_quantile(0.95, sum by (le) (rate(${names.httpDuration}_bucket[5m])))`,
  "fullest resource, share": `max(${names.resourceUsage})`,
} as const;

export function lookAtSignals(metrics: MetricsReader): Promise<readonly Told<number | undefined>[]> {
  const expressions: Readonly<Record<string, string>> = signals;
  return tell(Object.keys(signals), async (name) => {
    const [sample] = await metrics.query(expressions[name] ?? "");
    // No traffic divides by nothing: that is no number, and no failure.
    return sample === undefined || !Number.isFinite(sample.value) ? undefined : sample.value;
  });
}

export function readSignals(told: readonly Told<number | undefined>[]): Reading {
  const known = said(told).filter(({ said: value }) => value !== undefined);
  const failed = known.find(({ of }) => of === "failed requests, share")?.said ?? 0;
  return {
    state: failed > 0.05 ? "bad" : known.length === told.length ? "fine" : "note",
    says: `${known.length === 0 ? "no series yet" : known.map(({ of, said: value }) => `${of} ${Number((value ?? 0).toPrecision(3))}`).join("; ")}${silentOnes(told)}`,
  };
}
