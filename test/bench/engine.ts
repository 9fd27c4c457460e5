import { spawnSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { defineAction } from "#kit/action.ts";
import { defineCheck, healthy } from "#kit/check.ts";
import { systemClock } from "#kit/clock.ts";
import { plan } from "#kit/decision.ts";
import { createEngine, type Engine } from "#kit/engine.ts";
import { inventoryOf } from "#kit/inventory.ts";
import type { StepCall } from "#kit/plan.ts";
import type { Operators, Readers } from "#kit/ports.ts";
import { eventually, type Runbook } from "#kit/runbook.ts";
import type { JournalEntry, RunEvent } from "#kit/timeline.ts";
import { unboundOperators, unboundReaders } from "#kit/unbound.ts";
import { median } from "./median.ts";

/** Takes down one figure beside the target it is held to. */
export type Take = (what: string, measured: string, target: string, held: boolean) => void;

const by = { name: "lena", host: "desk", via: "terminal" } as const;
const steps = 200;
const times: Readers["times"] = {
  restart: "1m",
  poll: "5ms",
  steady: "1ms",
  verify: "1s",
  planExpiry: "15m",
  lease: "60s",
  outage: "2m",
  freshDeploy: "1h",
  stickyLock: "1h",
  brokenGlass: "1h",
  stuckTransaction: "5m",
  slowAnswer: "1s",
  slowStage: "5m",
  slowReport: "30m",
  longWait: "15m",
};

const readers: Readers = {
  ...unboundReaders(),
  http: { get: async () => ({ kind: "silent", reason: "nobody", tookMs: 0 }) },
  instances: { describe: async () => [] },
  balancer: { targets: async () => [], weights: async () => [] },
  firewall: { ingress: async () => [] },
  logs: {
    errors: async () => [],
    query: async () => ({ columns: [], rows: [], incomplete: undefined }),
    lines: async () => ({ lines: [], incomplete: undefined, more: false }),
  },
  deploys: { recent: async () => [] },
  inventory: inventoryOf("bench", []),
  times,
};

const operators: Operators = {
  ...unboundOperators(),
  instanceAdmin: { reboot: async () => undefined },
  balancerAdmin: { setWeights: async () => undefined },
};

const Turn = z.strictObject({ target: z.string() });
const turn = defineAction<z.infer<typeof Turn>, undefined, undefined>({
  title: "Turn one switch",
  input: Turn,
  risk: "safe",
  label: ({ target }) => `Turn ${target}`,
  preview: ({ target }) => `turn ${target}`,
  targets: ({ target }) => [target],
  within: "restart",
  before: async () => undefined,
  async run({ target }, { instanceAdmin }) {
    await instanceAdmin.reboot(target);
    return undefined;
  },
});

const fine = defineCheck<true>({
  id: "fine",
  title: "All is well",
  every: "1m",
  timeout: "5s",
  look: async () => true,
  judge: () => healthy("all is well"),
});

/** A runbook of so many steps, which asks questions that take so long. */
function runbookOf(count: number, probeMs: readonly number[]): Runbook {
  const probe = (ms: number) => ({
    ask: `What takes ${ms} ms?`,
    look: async () => {
      await systemClock.sleep(ms);
      return ms;
    },
    read: (value: number) => ({ state: "note", says: `${value} ms` }),
  });
  return {
    id: "bench",
    title: "Bench",
    summary: "Nothing but the engine itself.",
    severity: "P3",
    owner: "test",
    implements: [],
    symptoms: [],
    trigger: [],
    params: {},
    lock: "bench",
    within: "30m",
    diagnose: Object.fromEntries(probeMs.map((ms, index) => [`p${index}`, probe(ms)])),
    rules: {},
    decide: () =>
      plan(
        { rule: "bench", because: "it is measured" },
        Array.from(
          { length: count },
          (_, index): StepCall => ({ kind: "step", action: "turn", input: { target: `switch-${index}` } }),
        ),
      ),
    mitigate: { turn },
    vitals: [],
    verify: [eventually(fine, { within: "verify", steadyFor: "steady" })],
    afterwards: [],
  } as unknown as Runbook;
}

/** What the engine itself costs: steps, resuming, the record's size, lists and looks. */
export async function benchEngine(ops: string, take: Take): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ops-bench-engine-"));
  try {
    await benchSteps(folder, take);
    await benchList(folder, ops, take);
    await benchLooks(folder, take);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function engineAt(path: string, runbook: Runbook, onEntry: (entry: JournalEntry, engine: Engine) => void) {
  const journal = openSqliteJournal(path);
  const engine: Engine = createEngine({
    journal,
    locks: journal,
    clock: systemClock,
    readers,
    operators: async () => operators,
    environment: { name: "bench", tier: "sandbox", identity: {}, approvers: [] },
    policy: () => ({ count: 0, requesterMay: true, strength: "none", rule: "bench" }),
    owner: `bench:${process.pid}`,
    runbooks: [runbook],
    onEntry: (entry) => onEntry(entry, engine),
  });
  return { engine, journal };
}

async function benchSteps(folder: string, take: Take) {
  const runbook = runbookOf(steps, [0]);
  const stamps: number[] = [];
  const whole = engineAt(join(folder, "whole.db"), runbook, ({ event }) => {
    if (event.type === "step.started") stamps.push(performance.now());
  });
  const state = await whole.engine.run(runbook, {}, { by });
  const row = await whole.journal.read(state.run);
  whole.journal.close();
  if (state.ended?.outcome !== "solved") throw new Error(`the measured run ended as ${state.ended?.outcome}`);
  // From one step's beginning to the next one's: medians on both sides, because others use this disk too.
  const overhead = median(stamps.slice(1).map((stamp, index) => stamp - (stamps[index] ?? 0)));
  const fsyncs = bareFsyncs(folder);
  take(
    "durable step, overhead",
    `${overhead.toFixed(2)} ms, ${(overhead / (2 * fsyncs)).toFixed(1)}× two bare fsyncs`,
    "≤ 3 ms",
    overhead <= 3,
  );
  take(
    "durable steps in sequence",
    `${Math.round(1000 / overhead).toLocaleString("en")} per second`,
    "counted",
    true,
  );
  const bytes = row
    .filter(({ event }) => event.type.startsWith("step."))
    .reduce((sum, entry) => sum + JSON.stringify(entry).length, 0);
  take(
    "growth of the journal",
    `${Math.round(growth(join(folder, "whole.db")) / steps)} bytes per step on disk, ${Math.round(bytes / steps)} of them its entries`,
    "counted",
    true,
  );

  const path = join(folder, "half.db");
  const half = engineAt(path, runbook, ({ event }, engine) => {
    if (event.type === "step.done" && event.key === String(steps - 1)) engine.interrupt("SIGINT");
  });
  const stopped = await half.engine.run(runbook, {}, { by });
  half.journal.close();
  if (stopped.ended?.outcome !== "interrupted") throw new Error(`stopped as ${stopped.ended?.outcome}`);
  let began = Number.NaN;
  const rest = engineAt(path, runbook, ({ event }) => {
    if (event.type === "step.started" && event.key === String(steps)) began = performance.now();
  });
  const started = performance.now();
  const resumed = await rest.engine.resume(stopped.run, { by });
  const ended = performance.now();
  rest.journal.close();
  if (resumed.ended?.outcome !== "solved") throw new Error(`resumed and ended as ${resumed.ended?.outcome}`);
  take(
    `resume of a ${steps}-step run`,
    `${(began - started).toFixed(0)} ms to its next step, ${(ended - started).toFixed(0)} ms to its end`,
    "≤ 300 ms",
    began - started <= 300,
  );
}

/** Bytes of the file once everything is in it. */
function growth(path: string): number {
  const db = new DatabaseSync(path);
  db.exec("pragma wal_checkpoint(truncate)");
  db.close();
  return statSync(path).size;
}

/** Median of one bare append with fsync, in the same folder. */
function bareFsyncs(folder: string): number {
  const file = openSync(join(folder, "bare"), "a");
  const line = Buffer.alloc(400, 120);
  const took = Array.from({ length: 2 * steps }, () => {
    const started = performance.now();
    writeSync(file, line);
    fsyncSync(file);
    return performance.now() - started;
  });
  closeSync(file);
  return median(took);
}

const pastRuns = 10_000;

async function benchList(folder: string, ops: string, take: Take) {
  const state = join(folder, "state");
  mkdirSync(state);
  const path = join(state, "journal.db");
  await pastRunsAt(path);
  const journal = openSqliteJournal(path);
  const inProcess: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const started = performance.now();
    const rows = await journal.runs({ limit: pastRuns });
    inProcess.push(performance.now() - started);
    if (rows.length !== pastRuns) throw new Error(`${rows.length} of ${pastRuns} runs are listed`);
  }
  journal.close();
  const env = { ...process.env, OPS_STATE_DIR: state, CI: "1" };
  const whole = (args: readonly string[]) => {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
    return performance.now() - started;
  };
  const listed: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    bare.push(whole(["-e", "0"]));
    listed.push(whole([ops, "runs"]));
  }
  const ratio = median(listed) / median(bare);
  take(
    "10,000 past runs listed",
    `${median(inProcess).toFixed(0)} ms all of them in process; ${median(listed).toFixed(0)} ms as ops runs, ${ratio.toFixed(1)}× bare node`,
    "≤ 300 ms",
    median(inProcess) <= 300 && median(listed) <= 300,
  );
}

/** Made in memory and copied out: what is measured is reading, not ten thousand commits. */
async function pastRunsAt(path: string) {
  const made = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "ops-bench-"));
  try {
    const journal = openSqliteJournal(join(made, "journal.db"));
    for (let index = 0; index < pastRuns; index += 1) {
      const { lease } = await journal.begin(
        `r-${index.toString(16).padStart(6, "0")}`,
        asked,
        "bench",
        60_000,
      );
      const ended: RunEvent = {
        type: "run.ended",
        outcome: "solved",
        exit: 0,
        verdict: "Solved in 2 min: all is well.",
      };
      await journal.append(lease, ended);
      await journal.letGo(lease);
    }
    journal.close();
    cpSync(made, join(path, ".."), { recursive: true });
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

const asked: RunEvent & { type: "run.asked" } = {
  type: "run.asked",
  runbook: "platform-down",
  title: "Platform down",
  summary: "Users get no answer.",
  severity: "P0",
  content: "c0ffee",
  environment: { name: "production" },
  tier: "production",
  params: {},
  by,
  lock: "production/deploy",
  withinMs: 60_000,
  afterwards: [],
  vitals: [],
  planOnly: false,
};

async function benchLooks(folder: string, take: Take) {
  const probes = Array.from({ length: 20 }, (_, index) => 20 + index * 20);
  const slowest = Math.max(...probes);
  const runbook = runbookOf(3, probes);
  const { engine, journal } = engineAt(join(folder, "looks.db"), runbook, () => undefined);
  const took: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const started = performance.now();
    const state = await engine.plan(runbook, {}, { by });
    if (state.ended?.outcome !== "planned") throw new Error(`planned as ${state.ended?.outcome}`);
    took.push(performance.now() - started);
  }
  journal.close();
  const over = median(took) - slowest;
  take(
    "plan with twenty probes",
    `${median(took).toFixed(0)} ms, ${over.toFixed(0)} ms more than its slowest of ${slowest} ms`,
    "slowest + 100 ms",
    over <= 100,
  );
}
