import { chmodSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { formatMs } from "#kit/duration.ts";
import type { DrillShown } from "#kit/render/drill.ts";
import { isSandboxUp, sandboxDown, sandboxUp } from "../client.ts";
import { type CommandSetting, ops } from "../demo/commands.ts";
import { type Drill, drills } from "../drills.ts";
import { startKeeper } from "../keeper.ts";
import { home } from "../services.ts";
import { drillsPage, type Held } from "./page.ts";

/**
 * `npm run drills [runbook]`: holds every drill, or those of one runbook, one after the other in a practice production of their own, and writes the
 * dated page of their times. Ends with 1 when one came out where it must not.
 */
const wanted = process.argv.slice(2).find((word) => !word.startsWith("-"));
const chosen = drills.filter(({ runbook }) => wanted === undefined || runbook === wanted);
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
  process.exitCode = chosen.length === 0 ? none() : await series();
} finally {
  if (isSandboxUp(dir)) await sandboxDown(dir).catch(() => undefined);
  keeper.close();
  rmSync(state, { recursive: true, force: true });
}

async function series(): Promise<number> {
  await sandboxUp({ dir, lifetime: "attached", signal: stop.signal, onMessage: () => undefined });
  out.write(`The practice production is up after ${formatMs(performance.now() - began)}.\n`);
  const setting: CommandSetting = {
    keeper,
    signal: stop.signal,
    env: { ...process.env, OPS_STATE_DIR: state, CI: "1" },
  };
  const held: Held[] = [];
  for (const drill of chosen) {
    const one = await hold(drill, setting);
    held.push(one);
    out.write(`${one.asExpected ? "✔" : "✖"}  ${drill.runbook} ${drill.name}  ${saying(one)}\n`);
  }
  if (wanted === undefined) writePage(held);
  return held.every(({ asExpected }) => asExpected) ? 0 : 1;
}

async function hold({ runbook, name }: Drill, setting: CommandSetting): Promise<Held> {
  const { stdout, stderr } = await ops(["drill", runbook, name, "--env", "sandbox", "--json"], setting);
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  const parsed = read(last);
  if (parsed !== undefined)
    return { runbook, drill: name, shown: parsed.drill, asExpected: parsed.asExpected };
  const failed = (stderr.trim() || stdout.trim()).split("\n").at(-1) ?? "";
  return { runbook, drill: name, shown: undefined, asExpected: false, failed };
}

function read(line: string): z.infer<typeof Document> | undefined {
  try {
    return Document.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function saying({ shown, failed }: Held): string {
  if (shown === undefined) return failed ?? "";
  return `${shown.came.rule}, ${shown.came.outcome}, ${formatMs(shown.times.whole)} from the fault to the end`;
}

function writePage(held: readonly Held[]): void {
  const at = new Date();
  const folder = path.join(home, "docs", "results");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "drills.md");
  const machine = `${availableParallelism()} cores, Node ${process.versions.node}`;
  writeFileSync(file, drillsPage({ at, machine, tookMs: performance.now() - began, held }));
  out.write(`${path.relative(home, file)} is written, after ${formatMs(performance.now() - began)}.\n`);
}

function none(): number {
  const known = [...new Set(drills.map(({ runbook }) => runbook))].join(", ");
  process.stderr.write(`There is no drill of that runbook. Known are: ${known}.\n`);
  return 2;
}
