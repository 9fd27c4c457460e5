/**
 * `npm run chaos`: generated runs on a small world, killed, cut off from disk and locks, stalled, raced and taken back, each held to
 * every promise of the engine. Prints its seed first; on a broken promise the smallest case as data, and the command that plays it.
 *
 *   npm run chaos -- [--seed N] [--cases 10000] [--workers 2] [--record]
 *   npm run chaos -- --seed N --path P --kind strewn|boundaries --values N [--disk]
 *   npm run chaos -- --platform …  the platform of real processes instead of the engine: test/chaos/platform.ts
 */
import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { playPart, type Part, type PartResult } from "./corpus.ts";

if (process.argv.includes("--platform")) {
  await import("./platform.ts");
  process.exit();
}

const { values: given } = parseArgs({
  options: {
    seed: { type: "string" },
    cases: { type: "string", default: "10000" },
    workers: { type: "string", default: "2" },
    path: { type: "string" },
    kind: { type: "string", default: "strewn" },
    values: { type: "string", default: "100" },
    disk: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    worker: { type: "boolean", default: false },
  },
});

/** What a worker tells: one more case was played, or a part is over. */
type Told = { readonly played: true } | { readonly over: PartResult } | { readonly broke: string };

if (given.worker) work();
else if (given.path !== undefined) await again(given.path);
else await whole();

function work() {
  const tell = (told: Told) => process.send?.(told);
  process.on("message", (part: Part) => {
    playPart(part, { played: () => tell({ played: true }) }).then(
      (over) => tell({ over }),
      (error: unknown) => tell({ broke: String(error instanceof Error ? error.stack : error) }),
    );
  });
}

async function again(path: string) {
  const kind = given.kind === "boundaries" ? "boundaries" : "strewn";
  const part: Part = { kind, seed: Number(given.seed ?? 0), values: Number(given.values), disk: given.disk };
  const { failure } = await playPart(part, { path });
  if (failure === undefined) return say("Every promise was kept in that case.");
  explain(part, failure);
}

/** One in five parts goes through every boundary of a few runs; one in ten works on a real file, synced at each commit. */
function partOf(seed: number, index: number): Part {
  const disk = index % 10 === 3;
  if (index % 5 === 4) return { kind: "boundaries", seed: seed + index, values: 3, disk };
  return { kind: "strewn", seed: seed + index, values: disk ? 50 : 150, disk };
}

async function whole() {
  const seed = Number(given.seed ?? Math.floor(Date.now() / 1000) % 1_000_000_000);
  const wanted = Number(given.cases);
  say(`seed ${seed}, at least ${wanted} cases`);
  const started = performance.now();
  let played = 0;
  let index = 0;
  let failed = false;
  const isWanted = () => played < wanted && !failed;
  const progress = setInterval(() => say(`${played} of ${wanted} cases, ${seconds(started)} s`), 10_000);
  await Promise.all(
    Array.from({ length: Number(given.workers) }, async () => {
      const worker = fork(import.meta.filename, ["--worker"]);
      try {
        while (isWanted()) {
          const part = partOf(seed, index);
          index += 1;
          const result = await hand(worker, part, () => (played += 1));
          if (result.failure === undefined || failed) continue;
          failed = true;
          explain(part, result.failure);
        }
      } finally {
        worker.kill();
      }
    }),
  ).finally(() => clearInterval(progress));
  if (failed) return;
  const line = `${played} cases in ${seconds(started)} s with seed ${seed}: every promise was kept.`;
  say(line);
  if (given.record) record(line);
}

function hand(worker: ReturnType<typeof fork>, part: Part, played: () => void): Promise<PartResult> {
  return new Promise((resolve, reject) => {
    const onMessage = (told: Told) => {
      if ("played" in told) return played();
      worker.off("message", onMessage);
      worker.off("exit", onExit);
      if ("over" in told) resolve(told.over);
      else reject(new Error(told.broke));
    };
    const onExit = (code: number | null) => reject(new Error(`a worker ended with ${code ?? "a signal"}`));
    worker.on("message", onMessage);
    worker.on("exit", onExit);
    worker.send(part);
  });
}

function explain(
  { kind, seed, values, disk }: Part,
  { path, broken, counterexample }: NonNullable<PartResult["failure"]>,
) {
  process.exitCode = 1;
  say(`\nA promise was broken:\n${broken}\n\nThe case:\n${JSON.stringify(counterexample)}\n`);
  const more = disk ? " --disk" : "";
  say(`npm run chaos -- --seed ${seed} --path ${path} --kind ${kind} --values ${values}${more}`);
}

function record(line: string) {
  const day = new Date().toISOString().slice(0, 10);
  const folder = join(import.meta.dirname, "../../docs/results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `chaos-${day}.md`),
    [
      `# Chaos, ${day}`,
      "",
      `${cpus().length} × ${cpus()[0]?.model ?? "?"}, Node ${process.versions.node}; \`npm run chaos\`.`,
      "",
      line,
      "",
      "A case is a generated run over a small world with state: steps, groups, batches, watches, waits, references, rounds and hand-overs,",
      "with actions that fail, lie, hang and lose their replies; its processes are killed before or after any touch of journal, locks or",
      "operators, lose their disk or lock store, stall, are interrupted, race for the run or the lock, and have their clock set. Each is",
      "held to every promise in `test/chaos/invariants.ts`.",
      "",
    ].join("\n"),
  );
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}

function say(text: string) {
  process.stdout.write(`${text}\n`);
}
