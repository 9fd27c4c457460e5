import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "#sandbox/machine.ts";
import { type Cluster, untilReady } from "#test/cluster/cluster.ts";

/** What is done to the platform. */
export const faultKinds = [
  "worker-killed",
  "agent-killed",
  "api-killed",
  "worker-stopped",
  "redis-killed",
  "postgres-killed",
  "disk-full",
  "models-hang",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** One fault: when it begins and how long what it hits is away, in milliseconds; `pick` chooses among the processes of its kind. */
export type Fault = {
  readonly kind: FaultKind;
  readonly at: number;
  readonly downMs: number;
  readonly pick: number;
};

/** What was really done, by the clock. */
export type Done = {
  readonly kind: FaultKind;
  /** Name of the process as the platform's records have it. */
  readonly life: string;
  readonly from: number;
  readonly to: number;
};

/** Numbers between 0 and 1 that follow from the seed alone. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const often: readonly FaultKind[] = [
  "worker-killed",
  "worker-killed",
  "agent-killed",
  "agent-killed",
  "api-killed",
];
/** How long each is away: least and most. A stopped worker stays away longer than its lock lasts. */
const away: Readonly<Record<FaultKind, readonly [number, number]>> = {
  "worker-killed": [500, 4_000],
  "agent-killed": [300, 3_000],
  "api-killed": [300, 3_000],
  "worker-stopped": [9_000, 14_000],
  "redis-killed": [300, 4_000],
  "postgres-killed": [300, 4_000],
  "disk-full": [1_000, 5_000],
  "models-hang": [4_000, 8_000],
};

/** The faults of one run: each kind at least once, workers and agents again and again, all of it from the seed. */
export function faultsFrom(seed: number, lengthMs: number, kinds: readonly FaultKind[]): readonly Fault[] {
  const random = randomFrom(seed);
  const between = ([least, most]: readonly [number, number]): number => least + random() * (most - least);
  const order = kinds.map((kind) => ({ kind, by: random() })).toSorted((a, b) => a.by - b.by);
  const each = order.map(({ kind }, index) => ({
    kind,
    at: ((index + 0.5 + random() * 0.4) / kinds.length) * lengthMs,
  }));
  const again: { kind: FaultKind; at: number }[] = [];
  for (let at = 1_000 + random() * 1_500; at < lengthMs; at += 1_200 + random() * 2_800)
    again.push({ kind: often[Math.floor(random() * often.length)] ?? "worker-killed", at });
  return [...each, ...again.filter(({ kind }) => kinds.includes(kind))]
    .toSorted((a, b) => a.at - b.at)
    .map(({ kind, at }) => ({
      kind,
      at: Math.round(at),
      downMs: Math.round(between(away[kind])),
      pick: random(),
    }));
}

/** Does all of it to a cluster, each at its time; what is away already is left alone. Comes back when everything is up again. */
export async function unleash(
  cluster: Cluster,
  faults: readonly Fault[],
  onDone: (done: Done) => void,
): Promise<readonly Done[]> {
  const began = Date.now();
  const awayNow = new Set<string>();
  const all: Done[] = [];
  await Promise.all(
    faults.map(async (fault) => {
      await sleep(Math.max(0, fault.at - (Date.now() - began)));
      const target = targetOf(cluster, fault);
      if (awayNow.has(target.name)) return;
      awayNow.add(target.name);
      const from = Date.now();
      await target.down();
      const { life } = target;
      await sleep(fault.downMs);
      await target.up();
      awayNow.delete(target.name);
      const done = { kind: fault.kind, life, from, to: Date.now() };
      all.push(done);
      onDone(done);
    }),
  );
  return all;
}

type Target = {
  readonly name: string;
  readonly life: string;
  readonly down: () => Promise<void>;
  readonly up: () => Promise<void>;
};

function targetOf(cluster: Cluster, { kind, pick }: Fault): Target {
  const one = (machines: readonly Machine[]): Machine => {
    const machine = machines[Math.floor(pick * machines.length)];
    if (machine === undefined) throw new TypeError(`no process for ${kind}`);
    return machine;
  };
  const killed = (machine: Machine): Target => ({
    name: machine.name,
    life: cluster.lifeOf(machine),
    down: () => cluster.kill(machine),
    up: async () => {
      await cluster.start(machine);
      // Up again when it listens; what it needs may be away itself.
      await Promise.race([untilReady(machine).catch(() => undefined), sleep(10_000)]);
    },
  });
  switch (kind) {
    case "worker-killed":
      return killed(one(cluster.workers));
    case "agent-killed":
      return killed(one(cluster.agents.map(({ machine }) => machine)));
    case "api-killed":
      return killed(one(cluster.apis));
    case "worker-stopped": {
      const machine = one(cluster.workers);
      return {
        name: machine.name,
        life: cluster.lifeOf(machine),
        down: async () => void machine.signal("SIGSTOP"),
        up: async () => void machine.signal("SIGCONT"),
      };
    }
    case "redis-killed":
      return {
        name: "redis",
        life: "redis",
        down: () => cluster.killRedis(),
        up: () => cluster.reviveRedis(),
      };
    case "postgres-killed":
      return {
        name: "postgres",
        life: "postgres",
        down: () => cluster.killPostgres(),
        up: () => cluster.revivePostgres(),
      };
    case "models-hang":
      return {
        name: "models",
        life: "models",
        down: async () => {
          for (const vendor of ["anthropic", "openai"] as const) cluster.models?.set(vendor, "hang");
        },
        up: async () => cluster.models?.clear(),
      };
    case "disk-full": {
      const file = path.join(cluster.artifactsDir, "filled-by-a-test");
      return {
        name: "disk",
        life: "disk",
        down: async () => fill(file),
        up: async () => rmSync(file, { force: true }),
      };
    }
  }
}

/** Writes until nothing more fits. */
function fill(file: string): void {
  const handle = openSync(file, "w");
  try {
    for (const bytes of [1024 * 1024, 4096])
      for (const chunk = Buffer.alloc(bytes); ; )
        try {
          if (writeSync(handle, chunk) === 0) break;
        } catch {
          break;
        }
  } finally {
    closeSync(handle);
  }
}

/** A small disk of its own for reports, mounted at a folder; or why there is none. */
export function mountDisk(folder: string, megabytes: number): { readonly unmount: () => void } | string {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "a disk of its own can only be mounted by root on Linux";
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "tmpfs", folder], {
      stdio: "pipe",
    });
  } catch (error) {
    return `the system refused to mount a disk: ${error instanceof Error ? error.message.split("\n").at(-1) : "unknown"}`;
  }
  return { unmount: () => void execFileSync("umount", ["-l", folder], { stdio: "pipe" }) };
}
