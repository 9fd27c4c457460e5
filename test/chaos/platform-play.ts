import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { agentNames, metrics, routes } from "#platform/contract.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { runPipeline } from "#platform/pipeline/run.ts";
import { loadSample, type Sample } from "#platform/probe/sample.ts";
import { type Cluster, startCluster } from "#test/cluster/cluster.ts";
import { type Promised, sendMany } from "#test/cluster/senders.ts";
import {
  type Done,
  type FaultKind,
  faultKinds,
  faultsFrom,
  mountDisk,
  randomFrom,
  unleash,
} from "./platform-faults.ts";
import {
  brokenByEvents,
  brokenByReports,
  brokenByResumes,
  type EventRow,
  type ReportRow,
  type Resumed,
  resumes,
} from "./platform-invariants.ts";

/** One run, all of it from its seed. */
export type ChaosPlan = {
  readonly seed: number;
  readonly folder: string;
  readonly reports: number;
  readonly lengthMs: number;
  readonly workers: number;
  readonly instances: number;
  /** `models`: the real ones, and the materiality agents ask language models, whose answers no undisturbed run has again. */
  readonly agents: "real" | "small" | "models";
  /** How many completed reports are compared with an undisturbed run, byte by byte. */
  readonly verify: number;
  /** Only these faults. */
  readonly kinds?: readonly FaultKind[];
};

/** What came of it. */
export type ChaosResult = {
  readonly broken: readonly string[];
  readonly resumed: readonly Resumed[];
  readonly done: readonly Done[];
  readonly ends: ReadonlyMap<string, number>;
  readonly refusals: ReadonlyMap<string, number>;
  readonly verified: number;
  /** Folders of reports that no client was promised; uploads whose API was killed leave them. */
  readonly orphans: number;
  /** Files in completed reports' folders that a killed process had begun. */
  readonly drafts: number;
  readonly tookMs: number;
};

const longestAfterwardsMs = 300_000;

/** Plays one run and judges it; `say` hears how it goes. */
export async function playPlatform(plan: ChaosPlan, say: (text: string) => void): Promise<ChaosResult> {
  const from = performance.now();
  const artifactsDir = path.join(plan.folder, "reports");
  mkdirSync(artifactsDir);
  const kinds = plan.kinds ?? faultKinds;
  const disk = !kinds.includes("disk-full")
    ? "it is not asked for"
    : mountDisk(artifactsDir, Math.max(256, plan.reports * 8));
  if (typeof disk === "string" && plan.kinds === undefined) say(`disk-full is left out: ${disk}`);
  let cluster: Cluster | undefined;
  try {
    cluster = await startCluster({
      apis: kinds.includes("api-killed") ? 2 : 1,
      workers: plan.workers,
      instances: plan.instances,
      agents: plan.agents === "small" ? { slowMs: 150 } : "real",
      models: plan.agents === "models",
      artifactsDir,
      settings: {
        CSRD_RATE_LIMIT: "1000000",
        // The disk is to run full in the middle of things, not to be spared for it.
        CSRD_DISK_RESERVE_MB: "1",
        CSRD_UPLOAD_LIMIT_MB: "16",
        CSRD_GLOBAL_CONCURRENCY: "50",
        CSRD_CONCURRENCY: String(Math.ceil(50 / plan.workers)),
      },
    });
    say(`up after ${((performance.now() - from) / 1_000).toFixed(0)} s`);
    return await play(plan, cluster, typeof disk !== "string", say, from);
  } finally {
    await cluster?.stop();
    if (typeof disk !== "string") disk.unmount();
  }
}

async function play(
  plan: ChaosPlan,
  cluster: Cluster,
  hasDisk: boolean,
  say: (text: string) => void,
  from: number,
): Promise<ChaosResult> {
  const stop = new AbortController();
  const samples = await samplesOf(plan);
  const faults = faultsFrom(
    plan.seed,
    plan.lengthMs,
    (plan.kinds ?? faultKinds).filter(
      (kind) => (kind !== "disk-full" || hasDisk) && (kind !== "models-hang" || plan.agents === "models"),
    ),
  );
  const began = Date.now();
  const sending = sendMany(
    { url: cluster.url, key: cluster.key, signal: stop.signal },
    (number) => samples[number % samples.length] ?? never(),
    plan.reports,
  );
  const done = await unleash(cluster, faults, ({ kind, life, from: at, to }) =>
    say(
      `${((at - began) / 1_000).toFixed(1).padStart(6)} s  ${kind.padEnd(15)} ${life}, away ${((to - at) / 1_000).toFixed(1)} s`,
    ),
  );
  say("everything is up again");
  const died = endedByThemselves(cluster);
  const giveUp = setTimeout(() => stop.abort(), longestAfterwardsMs);
  const { promised, refusals, doubled } = await sending;
  clearTimeout(giveUp);

  const database = new Pool({ connectionString: cluster.databaseUrl, max: 2 });
  database.on("error", () => undefined);
  try {
    await untilOver(database, promised, say);
    const calm = await calmCounters(cluster, database, samples);
    const rows = await reportRows(database);
    const mine = rows.filter(({ id }) => !calm.ids.has(id));
    const events = await eventRows(database);
    const resumed = resumes(events, done);
    const {
      broken: files,
      verified,
      orphans,
      drafts,
    } = await judgeFiles(plan, cluster, mine, samples, promised);
    const ends = new Map(
      [...Map.groupBy(mine, ({ status }) => status)].map(([status, of]) => [status, of.length]),
    );
    return {
      broken: [
        ...died,
        ...doubled.map((key) => `two reports were promised under the key ${key}`),
        ...brokenByReports(promised, mine),
        ...brokenByEvents(rows, events),
        ...brokenByResumes(resumed),
        ...files,
        ...calm.broken,
        ...(await brokenByQueue(cluster)),
      ],
      resumed,
      done,
      ends,
      refusals,
      verified,
      orphans,
      drafts,
      tookMs: performance.now() - from,
    };
  } finally {
    await database.end();
  }
}

/** Whatever was killed has been started again; a process that is gone now has ended for a reason of its own. Started again, so that the rest can be judged. */
function endedByThemselves(cluster: Cluster): readonly string[] {
  const all = [...cluster.apis, ...cluster.workers, ...cluster.agents.map(({ machine }) => machine)];
  return all
    .filter((machine) => machine.state() === "dead")
    .map((machine) => {
      const words = readFileSync(machine.log, "utf8")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("{") && !line.startsWith("    at "));
      void cluster.start(machine);
      return `${cluster.lifeOf(machine)} ended by itself: ${words.at(-1) ?? "without a word"}`;
    });
}

/** The real agents get two of the shipped companies in turn; the small ones a line of text each can hash. */
async function samplesOf({ agents }: ChaosPlan): Promise<readonly Sample[]> {
  if (agents !== "small")
    return [
      await loadSample("northlight-components", "CHAOS"),
      await loadSample("vesterlund-instrumenter", "CHAOS"),
    ];
  const bytes = new Uint8Array(Buffer.from("date,amount\n2025-01-01,100\n"));
  return [{ data: [{ name: "data.csv", bytes }], company: '{"name":"Acme"}' }];
}

async function untilOver(
  database: Pool,
  promised: readonly Promised[],
  say: (text: string) => void,
): Promise<void> {
  const deadline = Date.now() + longestAfterwardsMs;
  let told = Date.now();
  while (Date.now() < deadline) {
    const { rows } = await database.query<{ open: number }>(
      "select count(*)::int as open from reports where finished_at is null",
    );
    const open = rows[0]?.open ?? 0;
    if (open === 0) return;
    if (Date.now() - told > 10_000) {
      say(`${promised.length - open} of ${promised.length} ended`);
      told = Date.now();
    }
    await sleep(250);
  }
  say(`not all ended within ${longestAfterwardsMs / 1_000} s`);
}

/** With nothing disturbed any more: what the workers count for a few reports is what the database knows of them. */
async function calmCounters(
  cluster: Cluster,
  database: Pool,
  samples: readonly Sample[],
): Promise<{ readonly ids: ReadonlySet<string>; readonly broken: readonly string[] }> {
  const count = 4;
  const before = await counted(cluster);
  const { promised } = await sendMany(
    { url: cluster.url, key: cluster.key, signal: AbortSignal.timeout(120_000) },
    () => samples[0] ?? never(),
    count,
  );
  await untilOver(database, promised, () => undefined);
  // A worker counts once the database has it.
  await sleep(500);
  const after = await counted(cluster);
  const ids = new Set(promised.map(({ id }) => id));
  const delta = { completed: after.completed - before.completed, stages: after.stages - before.stages };
  const broken = [
    ...(delta.completed === count
      ? []
      : [`${count} reports were completed in calm, the counters say ${delta.completed}`]),
    ...(delta.stages === count * agentNames.length
      ? []
      : [`${count * agentNames.length} stages were done in calm, the counters say ${delta.stages}`]),
  ];
  return { ids, broken };
}

async function counted(cluster: Cluster): Promise<{ readonly completed: number; readonly stages: number }> {
  let [completed, stages] = [0, 0];
  for (const { port } of cluster.workers) {
    const text = await (await fetch(`http://127.0.0.1:${port}${routes.metrics}`)).text();
    completed += sumOf(text, metrics.reportsCompleted);
    stages += sumOf(text, `${metrics.agentDuration}_count`);
  }
  return { completed, stages };
}

function sumOf(text: string, name: string): number {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

async function reportRows(database: Pool): Promise<readonly ReportRow[]> {
  const { rows } = await database.query<{
    id: string;
    status: string;
    error: { code: string } | null;
    accepted_at: Date;
    finished_at: Date | null;
  }>("select id, status, error, accepted_at, finished_at from reports order by accepted_at");
  return rows.map((row) => ({
    id: row.id,
    status: row.status,
    error: row.error,
    acceptedAt: row.accepted_at.getTime(),
    finishedAt: row.finished_at?.getTime() ?? null,
  }));
}

async function eventRows(database: Pool): Promise<readonly EventRow[]> {
  const { rows } = await database.query<{
    report_id: string;
    at: Date;
    kind: string;
    agent: string | null;
    worker: string | null;
  }>("select report_id, at, kind, agent, detail->>'worker' as worker from report_events order by id");
  return rows.map((row) => ({
    reportId: row.report_id,
    at: row.at.getTime(),
    kind: row.kind,
    agent: row.agent,
    worker: row.worker,
  }));
}

async function brokenByQueue(cluster: Cluster): Promise<readonly string[]> {
  const redis = new Redis(cluster.redisUrl);
  try {
    const key = (part: string): string => `csrd:report_queue:${part}`;
    const left = {
      wait: await redis.llen(key("wait")),
      active: await redis.llen(key("active")),
      delayed: await redis.zcard(key("delayed")),
      prioritized: await redis.zcard(key("prioritized")),
    };
    return Object.entries(left).flatMap(([part, count]) =>
      count === 0 ? [] : [`the queue still holds ${count} in ${part} when every report has ended`],
    );
  } finally {
    redis.disconnect();
  }
}

async function judgeFiles(
  plan: ChaosPlan,
  cluster: Cluster,
  rows: readonly ReportRow[],
  samples: readonly Sample[],
  promised: readonly Promised[],
): Promise<{
  readonly broken: readonly string[];
  readonly verified: number;
  readonly orphans: number;
  readonly drafts: number;
}> {
  const broken: string[] = [];
  const root = path.join(cluster.artifactsDir, "reports");
  const completed = rows.filter(({ status }) => status === "completed");
  const lists = new Map<string, Set<string>>();
  let left = 0;
  for (const { id } of completed) {
    const names = filesIn(path.join(root, id));
    // What a killed process had not finished is a draft; nobody is shown it, and no list counts it.
    const drafts = names.filter(isDraft);
    left += drafts.length;
    const whole = names
      .filter((name) => !isDraft(name))
      .toSorted()
      .join("\n");
    lists.set(whole, (lists.get(whole) ?? new Set()).add(id));
  }
  // Every sample has one list of files; a list of its own is a report that is not whole.
  const kinds = [...lists].toSorted(([, a], [, b]) => b.size - a.size);
  for (const [, ids] of kinds.slice(samples.length))
    broken.push(`${[...ids].join(", ")} have other files than the rest`);

  const random = randomFrom(plan.seed);
  const chosen = completed
    .map((row) => ({ row, by: random() }))
    .toSorted((a, b) => a.by - b.by)
    .slice(0, plan.verify);
  for (const { row } of chosen)
    broken.push(...(plan.agents === "real" ? await compared(plan, row, path.join(root, row.id)) : []));
  const known = new Set([...rows.map(({ id }) => id), ...promised.map(({ id }) => id)]);
  const orphans = readdirSync(root).filter((id) => !known.has(id)).length;
  // The reports of the calm that followed are known to the caller alone.
  return {
    broken,
    verified: plan.agents === "real" ? chosen.length : 0,
    orphans: Math.max(0, orphans - 4),
    drafts: left,
  };
}

function isDraft(name: string): boolean {
  return /\.part$|(^|\/)\.[^/]*$/.test(name);
}

/** Makes the report again in this process, from what was sent, and compares every file that a stage wrote. */
async function compared(
  plan: ChaosPlan,
  { id, acceptedAt }: ReportRow,
  served: string,
): Promise<readonly string[]> {
  const folder = path.join(plan.folder, "again", id);
  mkdirSync(folder, { recursive: true });
  const names = filesIn(served).filter((name) => name.startsWith("inputs/") || name === "company.json");
  const now = new Date(acceptedAt);
  const alone = await runPipeline({
    reportId: id,
    artifacts: folderArtifacts({
      folder,
      inputs: Object.fromEntries(names.map((name) => [name, path.join(served, name)])),
    }),
    now: () => now,
    log: () => undefined,
  });
  return alone.stages
    .flatMap(({ result }) => result.wrote)
    .filter((name) => !same(path.join(served, name), path.join(folder, name)))
    .map((name) => `${id}: ${name} is not what an undisturbed run makes`);
}

function same(a: string, b: string): boolean {
  try {
    return readFileSync(a).equals(readFileSync(b));
  } catch {
    return false;
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  } catch {
    return [];
  }
}

function never(): never {
  throw new TypeError("there is no sample");
}
