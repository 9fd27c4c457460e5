import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CloudHost } from "./cloud.ts";
import type { Keeper } from "./keeper.ts";
import { readLogEvents } from "./log-events.ts";
import { lookIntoMachine } from "./machine-host.ts";
import { type Machine, startMachine } from "./machine.ts";
import { firewallGroups, newInstanceId } from "./names.ts";
import { statusOf } from "./readiness.ts";
import { home, programOf, serviceOf, standsBy, type Surroundings } from "./services.ts";
import type { PodPlan, PodProcess, PracticeNode, ProcessState } from "./standins/kubernetes/node.ts";

/** The namespace in which the practice platform runs. */
export const podNamespace = "csrd";

/** Who is told when pods come and go. */
type PodHooks = {
  /** It has been started; whoever looks at its health decides when it gets work. */
  readonly join: (machine: Machine) => void;
  /** It says that it is ready for the first time, or is about to leave. */
  readonly changed: () => void;
  readonly leave: (machine: Machine) => void | Promise<void>;
  readonly gone: (machine: Machine) => void;
};

/** A node of the practice cluster, on which every pod is a process of the real platform. */
export type PodNode = PracticeNode & {
  /** Those that run or start. */
  readonly machines: () => readonly Machine[];
  /** Those that take work. */
  readonly serving: () => readonly Machine[];
  /** Names and log files of all that there ever were. */
  readonly logs: () => readonly Pick<Machine, "name" | "log">[];
  readonly attach: (hooks: PodHooks) => void;
  readonly stop: () => Promise<void>;
};

type Pod = { readonly machine: Machine; ready: boolean; leaving: boolean; host: CloudHost | undefined };

const probeMs = 500;
const measureEvery = 8;

/** An empty node. Ports are taken from those given and come back when a pod is gone; without one no pod starts. */
export function createPodNode(parts: {
  readonly dir: string;
  readonly around: Surroundings;
  readonly keeper: Keeper;
  readonly apiPorts: readonly number[];
  readonly otherPorts: readonly number[];
}): PodNode {
  const { dir, around, keeper } = parts;
  const logs = path.join(dir, "logs");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const ports = { api: [...parts.apiPorts], other: [...parts.otherPorts] };
  const pods = new Map<string, Pod>();
  const ever = new Map<string, string>();
  const over = new AbortController();
  let hooks: PodHooks | undefined;

  const freeIn = ({ deployment }: PodPlan) => (serviceOf(deployment) === "api" ? ports.api : ports.other);

  function start(plan: PodPlan): PodProcess {
    const port = freeIn(plan).shift();
    if (port === undefined) throw new Error(`no port is left for a pod of ${plan.deployment}`);
    const program = programOf(plan.name, port, around);
    const version = plan.image.split(":").at(-1) ?? "";
    const machine = startMachine({
      id: newInstanceId(),
      name: plan.name,
      port,
      firewallGroups: [serviceOf(plan.name) === "api" ? firewallGroups.api : firewallGroups.internal],
      log: path.join(logs, `${plan.name}.log`),
      cwd: home,
      program: {
        args: program.args,
        env: { ...program.env, CSRD_VERSION: version, CSRD_INSTANCE: plan.name, ...plan.env },
      },
      tags: { "csrd:service": serviceOf(plan.name), "csrd:version": version },
      keeper,
      bootDelayMs: 300,
      graceMs: 8_000,
    });
    const pod: Pod = { machine, ready: false, leaving: false, host: undefined };
    pods.set(plan.name, pod);
    ever.set(plan.name, machine.log);
    hooks?.join(machine);
    void watch(pod);
    return processOf(plan, pod);
  }

  /** Its readiness probe, and what it uses; both until it is gone. */
  async function watch(pod: Pod): Promise<void> {
    for (let round = 0; !over.signal.aborted && pods.get(pod.machine.name) === pod; round += 1) {
      const ready = pod.machine.state() === "up" && (await statusOf(pod.machine.port)) === 200;
      const changed = ready !== pod.ready;
      pod.ready = ready;
      if (changed && ready) hooks?.changed();
      if (round % measureEvery === 0) pod.host = await measure(pod.machine).catch(() => undefined);
      await sleep(probeMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  }

  const measure = (machine: Machine) =>
    lookIntoMachine(machine.pid(), { cpus: 1, memoryMiB: 2_048 }, [
      { folder: dir, mount: "/", device: "/dev/root" },
    ]);

  function processOf(plan: PodPlan, pod: Pod): PodProcess {
    const { machine } = pod;
    let endedAt: Date | undefined;
    const state = (): ProcessState => {
      if (machine.state() !== "dead") endedAt = undefined;
      if (machine.state() === "booting") return { kind: "creating" };
      const since = machine.launchedAt();
      if (machine.state() === "up") return { kind: "running", since };
      endedAt ??= new Date();
      return { kind: "ended", since, at: endedAt, code: 137, reason: "Error" };
    };
    return {
      ip: "127.0.0.1",
      port: machine.port,
      state,
      ready: () => pod.ready,
      usage: () => {
        if (pod.host === undefined) return undefined;
        const { memory, coresUsed } = pod.host;
        return { cpus: coresUsed, memoryBytes: (memory.total - memory.available) * 1_024 };
      },
      disk: () => {
        const { used = 0, size = 0 } = pod.host?.disks[0] ?? {};
        return { usedBytes: used * 1_024, capacityBytes: size * 1_024 };
      },
      log: (which) => {
        if (!existsSync(machine.log)) return [];
        const since = machine.launchedAt().getTime();
        const [from, until] = which === "current" ? [since, Number.MAX_SAFE_INTEGER] : [0, since - 1];
        return readLogEvents(machine.log, plan.name, from, until).map(({ timestamp, message }) => ({
          at: new Date(timestamp),
          text: message,
        }));
      },
      restart: () => machine.reboot(),
      stop: async () => {
        pod.leaving = true;
        await hooks?.leave(machine);
        await machine.stop();
        pods.delete(plan.name);
        freeIn(plan).push(machine.port);
        hooks?.gone(machine);
      },
    };
  }

  const machines = () => [...pods.values()].map(({ machine }) => machine);
  return {
    name: "practice-node",
    start,
    machines,
    serving: () =>
      [...pods.values()].filter(({ ready, leaving }) => ready && !leaving).map(({ machine }) => machine),
    logs: () => [...ever].map(([name, log]) => ({ name, log })),
    attach: (next) => {
      hooks = next;
    },
    stop: async () => {
      over.abort();
      await Promise.all(machines().map((machine) => machine.stop()));
    },
  };
}

/** Deployments of the practice cluster, each with how many pods it has. */
export function podCountOf(deployment: string): number {
  return deployment === "api" || standsBy(deployment) ? 2 : 1;
}
