/**
 * `npm run bench -- --load`: what a platform of real processes bears on this machine. How reports per minute grow with workers, how fast the
 * API answers at a steady rate while reports run, and whether memory stays flat.
 *
 *   npm run bench -- --load [--reports 60] [--sample northlight-components] [--workers 1,2,4] [--rate 200] [--seconds 30] [--soak 2m]
 *                           [--only growth|latency|soak] [--boost] [--record]
 *
 * --boost (root, Linux) puts the platform's processes before everything else on a machine that others use too.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Pool } from "pg";
import { isDuration, toMs } from "#kit/duration.ts";
import { routes } from "#platform/contract.ts";
import { chart, spread, type Spread } from "#platform/probe/figures.ts";
import { loadSample, type Sample, sampleNames } from "#platform/probe/sample.ts";
import type { Machine } from "#sandbox/machine.ts";
import { type Cluster, type ClusterOptions, startCluster } from "#test/cluster/cluster.ts";
import { usageOf } from "#test/cluster/processes.ts";
import { sendMany } from "#test/cluster/senders.ts";
import { judgeMemory, type Look, tolerance } from "./load-memory.ts";
import { askSteadily, type Kind } from "./load-requests.ts";

const { values: given } = parseArgs({
  options: {
    load: { type: "boolean" },
    reports: { type: "string", default: "60" },
    sample: { type: "string", default: "northlight-components" },
    workers: { type: "string", default: "1,2,4" },
    rate: { type: "string", default: "200" },
    seconds: { type: "string", default: "30" },
    soak: { type: "string", default: "2m" },
    only: { type: "string" },
    boost: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});
const reports = Number(given.reports);
const sampleName = sampleNames.find((name) => name === given.sample) ?? "northlight-components";
const lines: string[] = [];
let missed = 0;
const say = (text: string): void => {
  lines.push(text);
  process.stdout.write(`${text}\n`);
};
const judge = (held: boolean, text: string): void => {
  if (!held) missed += 1;
  say(`${held ? "✔" : "✖"}  ${text}`);
};

const loadAtStart = loadavg()[0] ?? 0;
const sample = await loadSample(sampleName, "LOAD");
const wants = (part: string): boolean => given.only === undefined || given.only === part;
if (wants("growth")) await growth();
if (wants("latency")) await latency();
if (wants("soak")) await soak();
say("");
say(
  `Load of the machine: ${loadAtStart.toFixed(1)} at the start, ${(loadavg()[0] ?? 0).toFixed(1)} at the end, on ${availableParallelism()} cores. ${missed === 0 ? "Every target was held." : `${missed} targets were missed.`}`,
);
if (given.record) record();
process.exitCode = missed === 0 ? 0 : 1;

async function withCluster<T>(
  options: Partial<ClusterOptions>,
  work: (cluster: Cluster, database: Pool) => Promise<T>,
): Promise<T> {
  const workers = options.workers ?? 2;
  const cluster = await startCluster({
    apis: 2,
    workers,
    instances: 1,
    agents: "real",
    ...options,
    settings: { CSRD_RATE_LIMIT: "1000000", CSRD_GLOBAL_CONCURRENCY: "50", ...options.settings },
  });
  if (given.boost) boost(cluster);
  const database = new Pool({ connectionString: cluster.databaseUrl, max: 2 });
  try {
    return await work(cluster, database);
  } finally {
    await database.end();
    await cluster.stop();
  }
}

/** Everything before others' work, the agents still behind the rest. */
function boost(cluster: Cluster): void {
  const first = [
    process.pid,
    ...cluster.serverPids(),
    ...[...cluster.apis, ...cluster.workers].map((one) => one.pid()),
  ];
  for (const [pids, niceness] of [
    [first, -20],
    [cluster.agents.map(({ machine }) => machine.pid()), -10],
  ] as const)
    for (const pid of pids) if (pid !== undefined) writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
}

function machinesOf({ apis, workers, agents }: Cluster): readonly Machine[] {
  return [...apis, ...workers, ...agents.map(({ machine }) => machine)];
}

function cpuOf(machines: readonly Machine[]): number {
  return machines.reduce((sum, machine) => sum + (usageOf(machine.pid())?.cpuMs ?? 0), 0);
}

type Rate = { readonly perMinute: number; readonly cpuPerReport: number; readonly completed: number };

/** Sends all of them at once, and waits for their ends. */
async function rateOf(cluster: Cluster, database: Pool, of: Sample, count: number): Promise<Rate> {
  const cpu = cpuOf(machinesOf(cluster));
  await sendMany(
    { url: cluster.url, key: cluster.key, signal: AbortSignal.timeout(600_000) },
    () => of,
    count,
    16,
  );
  await untilAllEnded(database);
  const { rows } = await database.query<{ completed: number; ms: number }>(
    "select count(*) filter (where status = 'completed')::int as completed, (extract(epoch from max(finished_at) - min(accepted_at)) * 1000)::float8 as ms from reports",
  );
  const { completed = 0, ms = Number.NaN } = rows[0] ?? {};
  return {
    completed,
    perMinute: completed / (ms / 60_000),
    cpuPerReport: (cpuOf(machinesOf(cluster)) - cpu) / Math.max(1, completed),
  };
}

async function untilAllEnded(database: Pool): Promise<void> {
  for (;;) {
    const { rows } = await database.query<{ open: number }>(
      "select count(*)::int as open from reports where finished_at is null",
    );
    if (rows[0]?.open === 0) return;
    await sleep(200);
  }
}

async function growth(): Promise<void> {
  const counts = given.workers.split(",").map(Number);
  say(`Reports per minute, ${reports} sent at once (${sampleName}), 10 at once in each worker`);
  say("");
  say("                            reports/min     of 1 worker   CPU per report");
  for (const [name, options, of] of [
    ["the real agents", { agents: "real" }, sample],
    // Agents that wait, as for a language model: what grows is what runs at once.
    ["agents that wait 250 ms", { agents: { slowMs: 250 } }, waiting()],
  ] as const) {
    let first: number | undefined;
    for (const workers of counts) {
      const rate = await withCluster({ workers, ...options }, (cluster, database) =>
        rateOf(cluster, database, of, reports),
      );
      first ??= rate.perMinute;
      say(
        `${`${name}, ${workers}`.padEnd(28)}${rate.perMinute.toFixed(1).padStart(11)}${`${(rate.perMinute / first).toFixed(2)}×`.padStart(16)}${`${Math.round(rate.cpuPerReport)} ms`.padStart(17)}`,
      );
      if (rate.completed !== reports)
        judge(false, `${reports - rate.completed} of ${reports} reports were not completed`);
    }
  }
  const two = await withCluster({ workers: 2, instances: 2 }, (cluster, database) =>
    rateOf(cluster, database, sample, reports),
  );
  say(
    `${"two of each real agent, 2".padEnd(28)}${two.perMinute.toFixed(1).padStart(11)}${"".padStart(16)}${`${Math.round(two.cpuPerReport)} ms`.padStart(17)}`,
  );
  say("");
}

function waiting(): Sample {
  const bytes = new Uint8Array(Buffer.from("date,amount\n2025-01-01,100\n"));
  return { data: [{ name: "data.csv", bytes }], company: '{"name":"Acme"}' };
}

async function latency(): Promise<void> {
  const rate = { perSecond: Number(given.rate), seconds: Number(given.seconds) };
  say(
    `Answers of the API at ${rate.perSecond} requests/s for ${rate.seconds} s, two processes behind the balancer, while reports run 50 at once`,
  );
  say("");
  // Answers come before reports on the one machine that both share here.
  const options = {
    workers: 2,
    settings: { CSRD_CONCURRENCY: "25" },
    agentSettings: { CSRD_NICE: "19" },
    workerSettings: { CSRD_NICE: "10" },
  };
  await withCluster(options, async (cluster, database) => {
    const stop = new AbortController();
    const ids: string[] = [];
    // As many as keep it busy for the whole time, and some before the first answer is measured.
    const feeding = feed(cluster, database, stop.signal, ids);
    while (ids.length < 20) await sleep(50);
    const any = (): string => ids[Math.floor(Math.random() * ids.length)] ?? "";
    const kinds: readonly Kind[] = [
      { name: "GET …/status", share: 50, route: () => `${routes.reports}/${any()}/status` },
      { name: "GET …/{id}", share: 15, route: () => `${routes.reports}/${any()}` },
      { name: "GET /reports", share: 15, route: () => `${routes.reports}?limit=20` },
      { name: "GET /livez", share: 10, route: () => routes.live },
      { name: "GET /readyz", share: 10, route: () => routes.ready },
    ];
    await askSteadily(cluster.url, cluster.key, kinds, { perSecond: 50, seconds: 3 });
    const [apiCpu, allCpu, own, from] = [
      cpuOf(cluster.apis),
      cpuOf(machinesOf(cluster)),
      process.cpuUsage(),
      performance.now(),
    ];
    const answers = await askSteadily(cluster.url, cluster.key, kinds, rate);
    const took = performance.now() - from;
    const mine = process.cpuUsage(own);
    const cpu = {
      api: cpuOf(cluster.apis) - apiCpu,
      all: cpuOf(machinesOf(cluster)) - allCpu,
      own: (mine.user + mine.system) / 1_000,
    };
    stop.abort();
    await feeding;
    for (const { name } of kinds)
      say(row(name, spread(answers.filter((one) => one.name === name).map(({ ms }) => ms))));
    const all = spread(answers.map(({ ms }) => ms));
    say(row("all", all));
    const wrong = answers.filter(({ status }) => status !== 200).length;
    say("");
    judge(wrong === 0, `${answers.length - wrong} of ${answers.length} answers are 200`);
    judge(
      (all.p95 ?? Infinity) < 50,
      `p95 ${all.p95?.toFixed(0) ?? "?"} ms, target < 50 ms (the manual's: < 200 ms)`,
    );
    judge((all.p99 ?? Infinity) < 200, `p99 ${all.p99?.toFixed(0) ?? "?"} ms, target < 200 ms`);
    const share = (ms: number): string => `${Math.round((100 * ms) / took)} %`;
    say(
      `   CPU of one core: API ${share(cpu.api)} (${(cpu.api / answers.length).toFixed(2)} ms a request), workers and agents ${share(cpu.all - cpu.api)}, balancer and measuring ${share(cpu.own)}`,
    );
    say("");
  });
}

function row(name: string, { count, median, p95, p99, max }: Spread): string {
  const cell = (ms: number | undefined): string => (ms?.toFixed(1) ?? "–").padStart(8);
  return `${name.padEnd(16)}${String(count).padStart(7)} answers   p50${cell(median)}   p95${cell(p95)}   p99${cell(p99)}   max${cell(max)} ms`;
}

/** Keeps so many reports unfinished that all places are taken. */
async function feed(cluster: Cluster, database: Pool, signal: AbortSignal, ids: string[]): Promise<void> {
  while (!signal.aborted) {
    const { rows } = await database.query<{ open: number }>(
      "select count(*)::int as open from reports where finished_at is null",
    );
    const room = 80 - (rows[0]?.open ?? 0);
    if (room >= 10) {
      const { promised } = await sendMany(
        { url: cluster.url, key: cluster.key, signal },
        () => sample,
        Math.min(20, room),
        4,
      );
      ids.push(...promised.map(({ id }) => id));
    } else await sleep(200);
  }
}

async function soak(): Promise<void> {
  const length = isDuration(given.soak) ? toMs(given.soak) : 120_000;
  say(
    `Memory over ${given.soak} of work: reports all the time, 20 requests/s; flat is a rise by the slope of at most ${tolerance.mb} MB or ${tolerance.share * 100} % in the second half`,
  );
  say("");
  await withCluster({ workers: 2 }, async (cluster, database) => {
    const stop = new AbortController();
    const ids: string[] = [];
    const feeding = feed(cluster, database, stop.signal, ids);
    while (ids.length === 0) await sleep(50);
    const looks = new Map<Machine, Look[]>(machinesOf(cluster).map((machine) => [machine, []]));
    const began = performance.now();
    const watching = setInterval(() => {
      for (const [machine, seen] of looks) {
        const usage = usageOf(machine.pid());
        if (usage !== undefined) seen.push({ atMs: performance.now() - began, rssMb: usage.rssMb });
      }
    }, 1_000);
    await askSteadily(
      cluster.url,
      cluster.key,
      [
        { name: "status", share: 3, route: () => `${routes.reports}/${ids.at(-1) ?? ""}/status` },
        { name: "health", share: 1, route: () => routes.health },
      ],
      { perSecond: 20, seconds: length / 1_000 },
    );
    clearInterval(watching);
    stop.abort();
    await feeding;
    const { rows } = await database.query<{ completed: number }>(
      "select count(*)::int as completed from reports where status = 'completed'",
    );
    say(`${rows[0]?.completed ?? 0} reports were completed meanwhile`);
    for (const [{ name }, seen] of looks) {
      const moved = judgeMemory(name, seen);
      judge(
        moved.flat,
        `${name.padEnd(14)} ${moved.medianMb.toFixed(0).padStart(5)} MB   ${moved.slopeMbPerMin.toFixed(1).padStart(6)} MB/min   ${moved.riseMb.toFixed(1).padStart(6)} MB in the second half`,
      );
    }
    const sums = [...(looks.values().next().value ?? [])].map((_, at) =>
      Math.round([...looks.values()].reduce((sum, seen) => sum + (seen[at]?.rssMb ?? 0), 0)),
    );
    say("");
    say("Resident memory of all processes together, MB");
    for (const text of chart(sums, { columns: 90, rows: 8, ascii: false })) say(`  ${text}`);
    say("");
  });
}

function record(): void {
  const day = new Date().toISOString().slice(0, 10);
  const folder = join(import.meta.dirname, "../../docs/results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `load-${day}${given.only === undefined ? "" : `-${given.only}`}.md`),
    [
      `# Load on the platform, ${day}`,
      "",
      `${cpus().length} × ${cpus()[0]?.model ?? "?"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}; \`npm run bench -- --load\`.`,
      "",
      "Real processes on this one machine: two APIs behind a balancer, workers, agents, PostgreSQL, Redis, and what measures them. Requests leave at a steady rate and are measured from the moment at which they were meant to leave.",
      "",
      "```",
      ...lines,
      "```",
      "",
    ].join("\n"),
  );
}
