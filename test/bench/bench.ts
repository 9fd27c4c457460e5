/**
 * `npm run bench`: what the command line costs, as ratios and counts of one run on this machine, beside the targets they are held to.
 * Starts and stops a practice production of its own. Writes a dated result to docs/results/. With --engine only what the engine itself
 * costs, without any production; with --platform only what the reporting platform costs, with --load what a
 * platform of many processes bears (its own options: test/bench/load.ts).
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { benchEngine } from "./engine.ts";
import { benchRunbooks } from "./runbooks.ts";
import { benchPlatform } from "./platform.ts";
import { median } from "./median.ts";

if (process.argv.includes("--load")) {
  await import("./load.ts");
  process.exit();
}

const root = join(import.meta.dirname, "../..");
const state = mkdtempSync(join(tmpdir(), "ops-bench-"));
const env = { ...process.env, OPS_STATE_DIR: state, CI: "1" };
const ops = join(root, "bin/ops.js");
const rounds = 15;
const engineOnly = process.argv.includes("--engine");
const platformOnly = process.argv.includes("--platform");

type Row = {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
  readonly held: boolean;
};
const rows: Row[] = [];
const loadAtStart = loadavg();

/** Wall time of a whole process, in milliseconds; the median of several after two that are not counted. */
function time(args: readonly string[]): number {
  const once = () => {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
    return performance.now() - started;
  };
  once();
  once();
  return median(Array.from({ length: rounds }, once));
}

function sandbox(...args: readonly string[]): void {
  const { status, stderr, stdout } = spawnSync(process.execPath, [ops, "sandbox", ...args], {
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`ops sandbox ${args.join(" ")} ended with ${status}: ${stderr}${stdout}`);
}

type Watched = {
  readonly firstFindingMs: number;
  readonly peakMiB: number;
  readonly exit: number | null;
  readonly outcome: string;
};

/** Runs the command as NDJSON; notes when the first finding is out and how much memory the process had at most. */
function watch(args: readonly string[], onLine: (line: string) => void = () => undefined): Promise<Watched> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [ops, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
    let firstFindingMs = Number.NaN;
    let peakKiB = 0;
    let outcome = "";
    let rest = "";
    const watching = setInterval(() => {
      try {
        const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
        peakKiB = Math.max(peakKiB, Number(peak ?? 0));
      } catch {
        // No /proc on this system, or the process is gone.
      }
    }, 15);
    child.stdout.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (Number.isNaN(firstFindingMs) && line.includes('"probe.answered"'))
          firstFindingMs = performance.now() - started;
        outcome = /"type":"run\.ended","outcome":"([a-z-]+)"/.exec(line)?.[1] ?? outcome;
        onLine(line);
      }
    });
    child.on("error", reject);
    child.on("close", (exit) => {
      clearInterval(watching);
      resolve({ firstFindingMs, peakMiB: peakKiB / 1024, exit, outcome });
    });
  });
}

function record(what: string, measured: string, target: string, held: boolean): void {
  rows.push({ what, measured, target, held });
  process.stdout.write(`${held ? "✔" : "✖"}  ${what.padEnd(44)} ${measured.padEnd(34)} ${target}\n`);
}

try {
  process.stdout.write(
    `${cpus().length} × ${cpus()[0]?.model ?? "?"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}\n\n`,
  );
  if (!platformOnly) {
    await benchEngine(ops, record);
    await benchRunbooks(record);
  }
  if (!engineOnly) await benchPlatform(record);
  if (!engineOnly && !platformOnly) await benchCommands();
} finally {
  if (!engineOnly && !platformOnly) spawnSync(process.execPath, [ops, "sandbox", "down"], { env });
  rmSync(state, { recursive: true, force: true });
}

async function benchCommands() {
  const bare = time(["-e", "0"]);
  record("node -e 0", `${bare.toFixed(0)} ms`, "the yardstick", true);
  const help = time([ops, "--help"]);
  record(
    "ops --help",
    `${help.toFixed(0)} ms, ${(help / bare).toFixed(1)}× bare node`,
    "≤ 150 ms or ≤ 5×",
    help <= 150 || help / bare <= 5,
  );
  const list = time([ops, "list"]);
  record(
    "ops list",
    `${list.toFixed(0)} ms, ${(list / bare).toFixed(1)}× bare node`,
    "≤ 250 ms",
    list <= 250,
  );

  sandbox("up");
  const plans: Watched[] = [];
  for (let round = 0; round < 5; round += 1)
    plans.push(await watch(["plan", "platform-down", "--env", "sandbox", "--json"]));
  const first = median(plans.map((plan) => plan.firstFindingMs));
  record(
    "first finding of ops plan",
    `${first.toFixed(0)} ms after the process began`,
    "≤ 1,000 ms",
    first <= 1_000,
  );

  sandbox("break", "api-down");
  // The load balancer needs some failed health checks before it calls a dead target dead.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  let approving: Promise<unknown> = Promise.resolve();
  const run = await watch(["run", "platform-down", "--env", "sandbox", "--as", "lena", "--json"], (line) => {
    const entry = line.includes('"approval.asked"')
      ? (JSON.parse(line) as { run: string; event: { digest: string } })
      : undefined;
    if (entry !== undefined)
      approving = watch([
        "approve",
        entry.run,
        "--plan",
        entry.event.digest,
        "--yes",
        "--env",
        "sandbox",
        "--as",
        "omar",
        "--json",
      ]);
  });
  await approving;
  record(
    "peak memory of ops run",
    `${run.peakMiB.toFixed(0)} MiB, ${run.outcome}`,
    "≤ 150 MB",
    run.peakMiB > 0 && run.peakMiB * 1.048576 <= 150 && run.outcome === "solved",
  );
}

/** A busy machine stretches every wall time; whoever reads the figures must know. */
const busy =
  (loadAtStart[0] ?? 0) > cpus().length / 2
    ? ` Others kept the machine busy: load ${loadAtStart[0]?.toFixed(1)} at the start; wall times are stretched by that.`
    : "";
const part = engineOnly ? "-engine" : platformOnly ? "-platform" : "";
const day = new Date().toISOString().slice(0, 10);
mkdirSync(join(root, "docs/results"), { recursive: true });
writeFileSync(
  join(root, `docs/results/bench${part}-${day}.md`),
  [
    `# Bench${part === "" ? "" : ` of the ${part.slice(1)}`}, ${day}`,
    "",
    `${cpus().length} × ${cpus()[0]?.model ?? "?"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}. ${part === "" ? `Whole processes, median of ${rounds}` : "One run"}; \`npm run bench${part === "" ? "" : ` -- -${part}`}\`.${busy}`,
    "",
    "| What | Measured | Target | |",
    "|---|---|---|---|",
    ...rows.map(
      (row) => `| ${row.what} | ${row.measured} | ${row.target} | ${row.held ? "held" : "**missed**"} |`,
    ),
    "",
  ].join("\n"),
);
process.exitCode = rows.every((row) => row.held) ? 0 : 1;
