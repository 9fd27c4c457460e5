import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { formatMs } from "#kit/duration.ts";
import type { DrillShown } from "#kit/render/drill.ts";
import { isSandboxUp, sandboxDown, sandboxUp } from "../client.ts";
import { type CommandSetting, ops } from "../demo/commands.ts";
import { cloudKinds } from "../cloud-kinds.ts";
import { type Drill, drillsOn } from "../drills.ts";
import { startKeeper } from "../keeper.ts";
import { home } from "../services.ts";
import { drillsPage } from "./page.ts";
import { chosenDrills, estimateMs, type Held, readHeld, withResult, writeHeld } from "./series.ts";

/**
 * `npm run drills [runbook | runbook/drill …] [-- --resume] [--cloud kubernetes]`: holds every drill, or those named, one after the other in a practice production
 * of their own, and keeps each one's dated result, with the page made of them. `--resume` leaves out those that came out right within half
 * a day. Ends with 1 when one came out where it must not.
 */
const { positionals: words, values } = asked();
const cloud = cloudKinds.find((kind) => kind === values.cloud);
const drills = cloud === undefined ? [] : drillsOn(cloud);
const folder = path.join(home, "docs", "results");
const page = cloud === "kubernetes" ? "drills-kubernetes" : "drills";
const file = path.join(folder, `${page}.json`);
/** No drill needs longer; one that does is ended, and the next is held in a new practice production. */
const longestMs = 4 * 60_000;

let held = withResult(drills, readHeld(file), undefined);
const chosen = chosenDrills(drills, words, values.resume ? { held, now: Date.now() } : undefined);
const out = process.stdout;
const began = performance.now();
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

const Document = z.object({ drill: z.custom<DrillShown>(), asExpected: z.boolean() });

const state = mkdtempSync(path.join(tmpdir(), "csrd-drills-"));
chmodSync(state, 0o711);
const dir = path.join(state, "sandbox");
const keeper = startKeeper();
try {
  process.exitCode =
    cloud === undefined || chosen === undefined
      ? unknown()
      : chosen.length === 0
        ? nothingLeft()
        : await series(chosen);
} finally {
  if (isSandboxUp(dir)) await sandboxDown(dir).catch(() => undefined);
  keeper.close();
  rmSync(state, { recursive: true, force: true });
}

function asked() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { resume: { type: "boolean", default: false }, cloud: { type: "string", default: "aws" } },
    });
  } catch (error) {
    process.stderr.write(
      `${error instanceof Error ? error.message : String(error)}\nnpm run drills [runbook | runbook/drill …] [-- --resume] [--cloud kubernetes]\n`,
    );
    process.exit(2);
  }
}

async function series(these: readonly Drill[]): Promise<number> {
  const about = estimateMs(these, held);
  out.write(
    `${these.length} ${these.length === 1 ? "drill" : "drills"}, about ${formatMs(about)}: until ${new Date(Date.now() + about).toISOString().slice(11, 16)} UTC. Ctrl-C stops; npm run drills -- --resume goes on.\n`,
  );
  await up();
  out.write(`The practice production is up after ${formatMs(performance.now() - began)}.\n`);
  const setting: CommandSetting = {
    keeper,
    signal: stop.signal,
    env: { ...process.env, OPS_STATE_DIR: state, CI: "1" },
  };
  let wrong = 0;
  for (const [at, drill] of these.entries()) {
    const one = await hold(drill, setting);
    held = withResult(drills, held, one);
    keep();
    if (!one.asExpected) wrong += 1;
    out.write(
      `${one.asExpected ? "✔" : "✖"}  ${at + 1}/${these.length}  ${drill.runbook} ${drill.name}  ${saying(one)}\n`,
    );
    // Nobody knows what one that did not get to its end left behind.
    if (one.shown === undefined && at + 1 < these.length) await anew();
  }
  out.write(
    `${these.length - wrong} of ${these.length} came out where they have to, after ${formatMs(performance.now() - began)}. ${path.relative(home, folder)}/${page}.md has them all.\n`,
  );
  return wrong === 0 ? 0 : 1;
}

function up(): Promise<unknown> {
  return sandboxUp({
    dir,
    cloud: cloud ?? "aws",
    lifetime: "attached",
    signal: stop.signal,
    onMessage: () => undefined,
  });
}

async function anew(): Promise<void> {
  if (isSandboxUp(dir)) await sandboxDown(dir);
  await up();
}

async function hold({ runbook, name }: Drill, setting: CommandSetting): Promise<Held> {
  const from = performance.now();
  const result = (told: Pick<Held, "asExpected" | "shown" | "failed">): Held => ({
    runbook,
    drill: name,
    at: new Date().toISOString(),
    tookMs: Math.round(performance.now() - from),
    ...told,
  });
  const late = AbortSignal.timeout(longestMs);
  try {
    const { stdout, stderr } = await ops(["drill", runbook, name, "--env", "sandbox", "--json"], {
      ...setting,
      signal: AbortSignal.any([setting.signal, late]),
    });
    const parsed = read(stdout.trimEnd().split("\n").at(-1) ?? "");
    if (parsed !== undefined) return result({ asExpected: parsed.asExpected, shown: parsed.drill });
    const failed = (stderr.trim() || stdout.trim()).split("\n").slice(0, 3).join(" ").replaceAll(/\s+/g, " ");
    return result({ asExpected: false, failed: failed.slice(0, 300) });
  } catch (error) {
    if (!late.aborted || setting.signal.aborted) throw error;
    return result({ asExpected: false, failed: `not over within ${formatMs(longestMs)}` });
  }
}

function read(line: string): z.infer<typeof Document> | undefined {
  try {
    return Document.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function saying({ shown, failed }: Held): string {
  if (shown === undefined) return `not held: ${failed ?? ""}`;
  const { came, times, severity, targetMs } = shown;
  const target = targetMs === undefined ? "" : ` (${severity}: somebody at it within ${formatMs(targetMs)})`;
  return `${came.rule}, ${came.outcome}, ${formatMs(times.whole)} from the fault to the end${target}`;
}

/** After each drill, so that whatever stops the series loses nothing. */
function keep(): void {
  mkdirSync(folder, { recursive: true });
  writeHeld(file, held);
  const machine = `${availableParallelism()} cores, Node ${process.versions.node}`;
  writeFileSync(
    path.join(folder, `${page}.md`),
    drillsPage({ machine, cloud: cloud ?? "aws", held, of: drills.length }),
  );
}

function unknown(): number {
  if (cloud === undefined) {
    process.stderr.write(`--cloud is one of ${cloudKinds.join(", ")}.\n`);
    return 2;
  }
  const known = [...new Set(drills.map(({ runbook }) => runbook))].join(", ");
  process.stderr.write(
    `There is no drill of that name. Runbooks with drills are: ${known}; ops drill lists each.\n`,
  );
  return 2;
}

function nothingLeft(): number {
  out.write("Every drill came out right within half a day; without --resume they are held again.\n");
  return 0;
}
