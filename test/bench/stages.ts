/**
 * One measurement in a process of its own: `node stages.ts <stage> <company.json> <data files…>` times one stage of a report, the
 * stages before it not counted; `node stages.ts papaparse <file>` times the bare parser. Says one line of JSON.
 */
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Papa from "papaparse";
import type { AgentName } from "#platform/contract.ts";
import type { StageEvent } from "#platform/pipeline/run.ts";
import { runStages } from "#platform/sdk/stages.ts";

const [what = "", first = "", ...inputs] = process.argv.slice(2);
const measured = what === "papaparse" ? await parsed(first) : await staged(what, first, inputs);
const peakMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
process.stdout.write(`${JSON.stringify({ ...measured, peakMb })}\n`);

async function parsed(path: string): Promise<{ readonly ms: number; readonly what: string }> {
  const from = performance.now();
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
  return { ms: performance.now() - from, what: `${rows} rows` };
}

async function staged(
  name: string,
  companyProfile: string,
  esgData: readonly string[],
): Promise<{ readonly ms: number; readonly what: string }> {
  const folder = await mkdtemp(join(tmpdir(), "csrd-stage-"));
  // The stages by the names they have everywhere.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- said by the bench itself
  const stage = name as AgentName;
  let ended: Extract<StageEvent, { kind: "ended" }> | undefined;
  try {
    await runStages(
      {
        esgData,
        companyProfile,
        outputDir: folder,
        config: { badRows: "set-aside" },
        onStage: (event) => {
          if (event.kind === "ended" && event.agent === stage) ended = event;
        },
      },
      [stage],
      async () => undefined,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { ms: ended?.ms ?? Number.NaN, what: ended?.result.summary ?? "" };
}
