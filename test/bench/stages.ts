/**
 * One measurement in a process of its own: `node stages.ts <stage> <company.json> <warm-up file> <data files…>` times one stage of a
 * report, the stages before it not counted, first on the warm-up file (`-`: on the same files); `node stages.ts papaparse <file>` times the bare parser. Says one line of JSON.
 */
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Papa from "papaparse";
import module from "node:module";
import type { AgentName } from "#platform/contract.ts";
import type { StageEvent } from "#platform/pipeline/run.ts";

// As the launcher of `csrd` does.
module.enableCompileCache();
const { runStages } = await import("#platform/sdk/stages.ts");

const [what = "", first = "", warmUp = "", ...inputs] = process.argv.slice(2);
const measured =
  what === "papaparse"
    ? await parsed(first)
    : await staged(what, first, warmUp === "-" ? inputs : [warmUp], inputs);
const peakMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
process.stdout.write(`${JSON.stringify({ ...measured, peakMb })}\n`);

async function parsed(
  path: string,
): Promise<{ readonly ms: number; readonly cpuMs: number; readonly what: string }> {
  const from = performance.now();
  const cpu = process.cpuUsage();
  let rows = 0;
  await new Promise<void>((resolve, reject) => {
    Papa.parse(createReadStream(path), {
      header: false,
      step: () => {
        rows += 1;
      },
      complete: () => resolve(),
      error: reject,
    });
  });
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - from, cpuMs: (user + system) / 1000, what: `${rows} rows` };
}

/** One stage twice in the same process: first with its code and reference data still to be read, then with both at hand. */
async function staged(
  name: string,
  companyProfile: string,
  warmUp: readonly string[],
  esgData: readonly string[],
): Promise<{ readonly ms: number; readonly coldMs: number; readonly cpuMs: number; readonly what: string }> {
  const cold = await once(name, companyProfile, warmUp);
  return { ...(await once(name, companyProfile, esgData)), coldMs: cold.ms };
}

async function once(
  name: string,
  companyProfile: string,
  esgData: readonly string[],
): Promise<{ readonly ms: number; readonly cpuMs: number; readonly what: string }> {
  const folder = await mkdtemp(join(tmpdir(), "csrd-stage-"));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- said by the bench itself
  const stage = name as AgentName;
  let ended: Extract<StageEvent, { kind: "ended" }> | undefined;
  let cpu = process.cpuUsage();
  try {
    await runStages(
      {
        esgData,
        companyProfile,
        outputDir: folder,
        config: { badRows: "set-aside" },
        onStage: (event) => {
          if (event.agent !== stage) return;
          if (event.kind === "started") cpu = process.cpuUsage();
          if (event.kind !== "ended") return;
          ended = event;
          cpu = process.cpuUsage(cpu);
        },
      },
      [stage],
      async () => undefined,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    ms: ended?.ms ?? Number.NaN,
    cpuMs: (cpu.user + cpu.system) / 1000,
    what: ended?.result.summary ?? "",
  };
}
