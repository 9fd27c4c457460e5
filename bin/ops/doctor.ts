import { Command } from "commander";
import { systemClock } from "#kit/clock.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import type { RunRow } from "#kit/journal.ts";
import {
  exitOfReadiness,
  isNeeded,
  placeHash,
  readinessFor,
  runProbe,
  type ReadinessFinding,
} from "#kit/readiness.ts";
import { doctorSum, doctorTsv, renderDoctor, type Examination } from "#kit/render/doctor.ts";
import { document } from "#kit/render/ndjson.ts";
import { drillText } from "#kit/render/readiness.ts";
import { redactor } from "#adapters/redactor.ts";
import type { Runbook } from "#kit/runbook.ts";
import { portsOf } from "#kit/uses.ts";
import { loadEnvironment } from "../environment.ts";
import { knownEnvironments } from "../environment-names.ts";
import type { Wired } from "../wire.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { runbookNamed } from "./params.ts";
import { remembered, type Remembered } from "./remembered.ts";

const lookMs = 5_000;

/** `ops doctor [runbook]`: whether runs would work here, looked at now; changes nothing outside this program's own record. */
export const doctorCommand: MakeCommand = async (door, end) =>
  new Command("doctor")
    .description(
      "Looks at everything that runs depend on here: credentials, rights, targets, clocks, locks, disk. Changes nothing.",
    )
    .argument("[runbook]", "only what this runbook needs")
    .action((id: string | undefined) => doctor(door, end, id));

async function doctor(door: Door, end: End, id: string | undefined): Promise<void> {
  const wired = await door.wired();
  const file = wired.environment;
  const runbooks = id === undefined ? await wired.runbooks() : [await runbookNamed(door, id)];
  const memory = remembered(wired.stateDir);
  const examination = await examine(wired, file, runbooks, id === undefined, memory);
  for (const { id: runbook, readiness } of examination.runbooks)
    memory.rememberChecked(file.name, runbook, {
      ...readiness,
      because: readiness.because.slice(0, 600),
      at: examination.at,
      place: placeHash(file),
    });
  print(door, examination);
  end(exitOfReadiness(examination.findings));
}

async function examine(
  wired: Wired,
  file: EnvironmentFile,
  runbooks: readonly Runbook[],
  everything: boolean,
  memory: Remembered,
): Promise<Examination> {
  const began = performance.now();
  const { probesFor } = await import("./doctor-probes.ts");
  // Whoever echoes a secret is masked from here on; the readers learn them all.
  await wired.learned();
  const needing = runbooks.map((runbook) => ({ id: runbook.id, uses: portsOf(runbook) }));
  const probes = (await probesFor(wired, file, runbooks)).filter(
    ({ needs }) => everything || needing.some((runbook) => isNeeded(needs, runbook)),
  );
  const starved = starvation();
  const findings = (
    await Promise.all(probes.map((probe) => runProbe(probe, systemClock, lookMs, starved)))
  ).map(masked);
  await recallDrills(wired, memory);
  const at = new Date();
  return {
    place: { tier: file.tier, environment: { name: file.name, ...stated(file.identity) } },
    at: at.toISOString(),
    tookMs: performance.now() - began,
    findings,
    runbooks: needing.map((runbook) => ({
      ...runbook,
      readiness: readinessFor(runbook, findings),
      drill: drillText(memory.drill(runbook.id), at),
    })),
  };
}

/** What the file says and leaves out nothing of. */
function stated(identity: EnvironmentFile["identity"]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(identity).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
}

/** True when this process was at work, or kept from it, nearly all the time since it began to look; a process that waits for answers is idle. */
function starvation(): () => boolean {
  const before = performance.eventLoopUtilization();
  return () => performance.eventLoopUtilization(before).utilization > 0.8;
}

/** Findings are kept as well as shown, and what tools say is foreign. */
function masked(finding: ReadinessFinding): ReadinessFinding {
  return {
    ...finding,
    says: redactor.text(finding.says),
    ...(finding.now === undefined ? {} : { now: redactor.text(finding.now) }),
  };
}

/** Drills that the journal knows and the small files do not: another program version, or files that were deleted. */
async function recallDrills(wired: Wired, memory: Remembered): Promise<void> {
  const practice = new Set(knownEnvironments().filter(isPractice));
  try {
    const rows = await wired.journal.runs({ limit: 500 });
    for (const row of rows) if (practice.has(row.environment)) rememberDrill(memory, row);
  } catch {
    // A journal that cannot be read is a finding of its own.
  }
}

function isPractice(name: string): boolean {
  try {
    return loadEnvironment(name).tier === "sandbox";
  } catch {
    return false;
  }
}

function rememberDrill(memory: Remembered, { run, runbook, environment, outcome, askedAt, endedAt }: RunRow) {
  if (outcome !== "solved" || endedAt === undefined) return;
  const tookMs = Math.max(0, Date.parse(endedAt) - Date.parse(askedAt));
  memory.rememberDrill(runbook, { run, environment, at: endedAt, tookMs });
}

function print(door: Door, examination: Examination): void {
  const { place, at, tookMs, findings, runbooks } = examination;
  if (door.globals.json)
    return door.print(
      document({
        environment: place.environment,
        tier: place.tier,
        at,
        tookMs: Math.round(tookMs),
        exit: exitOfReadiness(findings),
        findings,
        runbooks: runbooks.map(({ id, readiness, drill, uses }) => ({
          id,
          ...readiness,
          drill,
          uses: { readers: [...uses.readers], operators: [...uses.operators] },
        })),
      }),
    );
  if (door.globals.quiet) return door.print(doctorSum(examination));
  if (door.isPiped) return door.print(doctorTsv(examination, door.globals.header));
  door.print(renderDoctor(door.screen(), examination));
}
