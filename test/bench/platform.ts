/** What the reporting platform costs: stages in a process of their own, whole commands, and how intake grows with its rows. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./median.ts";
import { writeBenchCsv } from "./intake.ts";
import { writeMetrics } from "./rows.ts";

type Record = (what: string, measured: string, target: string, held: boolean) => void;

const root = join(import.meta.dirname, "../..");
const csrd = join(root, "bin/csrd.js");
const stages = join(import.meta.dirname, "stages.ts");
const company = join(root, "data/samples/northlight-components/company.json");
const rounds = 5;
const sizes = [1_000, 10_000, 100_000, 1_000_000] as const;

/** One line of what a measuring process says. */
type Measured = {
  readonly ms: number;
  /** With code and reference data still to be read. */
  readonly coldMs?: number;
  /** Work of all threads; says on a busy machine what `ms` cannot. */
  readonly cpuMs?: number;
  readonly peakMb: number;
  readonly what: string;
};

/** Measures the platform and hands every figure with its target to `record`. */
export async function benchPlatform(record: Record): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "csrd-bench-"));
  try {
    await benchStages(folder, record);
    await benchRun(folder, record);
    await benchIntake(folder, record);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchStages(folder: string, record: Record): Promise<void> {
  const thousand = await writeRows(folder, 1_000);
  const intake = repeated("intake", [thousand]);
  record("intake of 1,000 rows", said(intake), "< 200 ms", intake.ms < 200);
  const metrics = await writeMetrics(join(folder, "metrics.csv"));
  const calculator = repeated("calculator", [metrics]);
  const many = Number(/^[\d,]+/.exec(calculator.what)?.[0].replaceAll(",", "") ?? 0);
  record(
    "calculation of at least 150 metrics",
    said(calculator),
    "< 200 ms",
    calculator.ms < 200 && many >= 150,
  );
  const audit = repeated(
    "audit",
    typical()
      .filter((_, at) => at % 2 === 1)
      .slice(0, -1),
    typical().at(-1),
  );
  record("audit, the full rule set", said(audit), "< 1,000 ms", audit.ms < 1_000);
}

/** The middle of several runs of one stage, each in a fresh process; the stages before it are not counted. */
function repeated(stage: string, inputs: readonly string[], of = company): Measured {
  const runs = Array.from({ length: rounds }, () => measured([stages, stage, of, "-", ...inputs]));
  const middle = median(runs.map((run) => run.ms));
  const coldMs = median(runs.map((run) => run.coldMs ?? Number.NaN));
  const cpuMs = median(runs.map((run) => run.cpuMs ?? Number.NaN));
  return { ...(runs[0] ?? none), ms: middle, coldMs, cpuMs };
}

const said = ({ ms: took, coldMs = Number.NaN, cpuMs = Number.NaN, what }: Measured): string =>
  `${ms(took)}, CPU ${ms(cpuMs)}, first time in a process ${ms(coldMs)} (${what})`;

const none: Measured = { ms: Number.NaN, peakMb: Number.NaN, what: "" };

function measured(args: readonly string[]): Measured {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own process, our own line
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Measured;
}

/** The whole command as people start it. */
async function benchRun(folder: string, record: Record): Promise<void> {
  const inputs = typical();
  const args = [csrd, "run", ...inputs, "-o", join(folder, "out"), "--json"];
  await wholeProcess(args);
  const runs = [];
  for (let round = 0; round < rounds; round += 1) runs.push(await wholeProcess(args));
  const wall = median(runs.map((run) => run.ms));
  const peak = Math.max(...runs.map((run) => run.peakMb));
  record(
    "csrd run, a whole typical report",
    `${ms(wall)}, CPU of all threads ${ms(median(runs.map((run) => run.cpuMs ?? 0)))}, ${runs[0]?.what ?? ""}`,
    "< 2,000 ms",
    wall < 2_000,
  );
  record("peak memory of csrd run", `${peak.toFixed(0)} MB`, "< 300 MB", peak > 0 && peak < 300);
  const validate = await wholeProcess([csrd, "validate", ...inputs, "--json"]);
  record("csrd validate on the same, whole", ms(validate.ms), "the yardstick", true);
}

/** The middle one of the three sample companies. */
function typical(): readonly string[] {
  const of = (name: string): string => join(root, "data/samples/lavre-texteis", name);
  const inputs = ["esg_data.csv", "activities.csv", "disclosures.json"].flatMap((name) => ["-i", of(name)]);
  return [...inputs, "-p", of("company.json")];
}

/** Wall time and peak memory of a whole process, and the end of what it said. */
function wholeProcess(args: readonly string[]): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const from = performance.now();
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let peakMb = 0;
    let cpuMs = 0;
    let said = "";
    const watching = setInterval(() => {
      try {
        // User and system time, in hundredths of a second, behind the name in brackets.
        const times = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
        cpuMs = (Number(times[11]) + Number(times[12])) * 10;
        const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
        peakMb = Math.max(peakMb, (Number(peak ?? 0) * 1024) / 1e6);
      } catch {
        // No /proc on this system, or the process is gone.
      }
    }, 10);
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (exit) => {
      clearInterval(watching);
      const ms = performance.now() - from;
      if (exit === 1) reject(new Error(`${args.join(" ")} ended with 1: ${said.slice(-500)}`));
      else resolve({ ms, cpuMs, peakMb, what: `exit ${exit}` });
    });
  });
}

/** Intake over growing files beside the bare parser on the same files, each in a process of its own. */
async function benchIntake(folder: string, record: Record): Promise<void> {
  const points: { readonly rows: number; readonly ms: number }[] = [];
  let last = { intake: none, bare: none };
  const warmUp = await writeRows(folder, 1_000);
  for (const rows of sizes) {
    const path = await writeRows(folder, rows, "measured");
    const runs = Array.from({ length: rounds }, () => ({
      bare: measured([stages, "papaparse", path]),
      intake: measured([stages, "intake", company, warmUp, path]),
    }));
    const ordered = runs.toSorted((a, b) => a.intake.ms - b.intake.ms);
    last = ordered[Math.floor(rounds / 2)] ?? last;
    points.push({ rows, ms: last.intake.cpuMs ?? Number.NaN });
    rmSync(path);
  }
  const ratio = last.intake.ms / last.bare.ms;
  record(
    "intake of 1,000,000 CSV rows",
    `${ms(last.intake.ms)} (${last.intake.what}), papaparse alone ${ms(last.bare.ms)}: ${ratio.toFixed(2)}×, by CPU ${((last.intake.cpuMs ?? 0) / (last.bare.cpuMs ?? 0)).toFixed(2)}×`,
    "≤ 3× papaparse",
    ratio <= 3,
  );
  record(
    "peak memory of that intake",
    `${last.intake.peakMb.toFixed(0)} MB (papaparse alone ${last.bare.peakMb.toFixed(0)} MB)`,
    "< 300 MB",
    last.intake.peakMb < 300,
  );
  const exponent = slope(points.map(({ rows, ms }) => [Math.log(rows), Math.log(ms)]));
  record(
    "growth of intake from 10³ to 10⁶ rows",
    `exponent ${exponent.toFixed(2)} by CPU (${points.map(({ rows, ms: took }) => `${rows.toLocaleString("en")}: ${ms(took)}`).join(", ")})`,
    "≤ 1.05",
    exponent <= 1.05,
  );
}

async function writeRows(folder: string, rows: number, name = "rows"): Promise<string> {
  const path = join(folder, `${name}-${rows}.csv`);
  await writeBenchCsv(path, rows);
  return path;
}

/** The slope of the least-squares line through points. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: readonly number[]): number => of.reduce((sum, one) => sum + one, 0) / of.length;
  const [x, y] = [mean(points.map(([of]) => of)), mean(points.map(([, of]) => of))];
  const over = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return over / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

const ms = (value: number): string => `${Math.round(value).toLocaleString("en")} ms`;
