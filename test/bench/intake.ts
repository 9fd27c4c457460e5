import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Papa from "papaparse";
import { intake } from "#platform/agents/intake.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";

/** What reading a generated CSV of datapoint rows took: milliseconds of wall clock and of CPU, beside the bare parser's on the same file in the same process. */
export type IntakeMeasure = {
  readonly rows: number;
  readonly bytes: number;
  readonly parser: { readonly ms: number; readonly cpuMs: number };
  readonly intake: { readonly ms: number; readonly cpuMs: number };
  /** Intake's time over the parser's, by wall clock. */
  readonly ratio: number;
  /** The most memory that the process ever held, in MB. */
  readonly peakMb: number;
};

const company = {
  legal_name: "Bench Metals SE",
  lei_code: "99990000NORTHLIGHT67",
  country: "DE",
  reporting_period: { start_date: "2024-01-01", end_date: "2024-12-31" },
};
const codes = [
  ["E1-5_01", "MWh"],
  ["WaterConsumption", "m3"],
  ["WasteGenerated", "kg"],
  ["HazardousWaste", "t"],
  ["FuelConsumptionFromNaturalGas", "GJ"],
  ["WaterDischarges", "m3"],
] as const;

/** Writes `rows` rows of ten columns: six metrics of five hundred sites in twelve months, every source document its own. */
export async function writeBenchCsv(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path);
  let text =
    "metric_code,metric_name,value,unit,period_start,period_end,data_quality,source_document,verification_status,location\n";
  for (let row = 0; row < rows; row += 1) {
    const [code, unit] = codes[row % codes.length] ?? codes[0];
    const month = Math.floor(row / codes.length) % 12;
    const last = new Date(Date.UTC(2024, month + 1, 0)).getUTCDate();
    const mm = String(month + 1).padStart(2, "0");
    const site = Math.floor(row / (codes.length * 12)) % 500;
    text += `${code},Metric ${code},${1000 + ((row * 7919) % 900_000) / 100},${unit},2024-${mm}-01,2024-${mm}-${last},high,invoice-${row}.pdf,verified,Site ${site}\n`;
    if (text.length > 1_000_000) {
      if (!file.write(text)) await once(file, "drain");
      text = "";
    }
  }
  file.end(text);
  await once(file, "finish");
}

/** Measures intake against the bare parser on one generated file; the parser reads first, as a warm-up of the disk's cache for both. */
export async function measureIntake(rows: number): Promise<IntakeMeasure> {
  const folder = await mkdtemp(join(tmpdir(), "csrd-bench-"));
  try {
    await mkdir(join(folder, "out"));
    const csv = join(folder, "rows.csv");
    await writeBenchCsv(csv, rows);
    const bytes = (await stat(csv)).size;
    await parse(csv);
    const parser = await timed(() => parse(csv));
    const artifacts = folderArtifacts({ folder: join(folder, "out"), inputs: { "inputs/rows.csv": csv } });
    await artifacts.write("company.json", JSON.stringify(company));
    const ours = await timed(async () => {
      const { figures } = await intake.run({
        reportId: "bench",
        artifacts,
        now: () => new Date(),
        log: () => undefined,
      });
      if (figures["valid_records"] !== rows)
        throw new Error(`only ${String(figures["valid_records"])} rows valid`);
    });
    const peakMb = process.resourceUsage().maxRSS / 1024;
    return { rows, bytes, parser, intake: ours, ratio: ours.ms / parser.ms, peakMb };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The bare parser at its fastest: a stream in, arrays of rows out by the chunk, thrown away. */
async function parse(path: string): Promise<void> {
  let rows = 0;
  await new Promise<void>((resolve, reject) => {
    Papa.parse<string[]>(createReadStream(path), {
      delimiter: ",",
      newline: "\n",
      chunk: ({ data }) => {
        rows += data.length;
      },
      complete: () => resolve(),
      error: reject,
    });
  });
  if (rows === 0) throw new Error("nothing parsed");
}

async function timed(work: () => Promise<void>): Promise<{ readonly ms: number; readonly cpuMs: number }> {
  const cpu = process.cpuUsage();
  const from = performance.now();
  await work();
  const ms = performance.now() - from;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1000 };
}
