import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { AgentResult, Artifacts } from "#platform/agent.ts";
import { calculator } from "#platform/agents/calculator.ts";
import type {
  ActivityRecord,
  Company,
  DataPoint,
  IntakeDocument,
  Lineage,
  Metric,
  MetricsDocument,
} from "#platform/agents/documents.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";

const company: Company = {
  legal_name: "Brook & Field Ltd",
  lei: "529900T8BM49AURSDO55",
  country: "DE",
  nace: "C25",
  period: { start: "2024-01-01", end: "2024-12-31" },
  scope_3_exclusions: {},
  significant_changes: "",
  value_chain_events: "",
  boundaries: "",
};

/** A datapoint row as intake writes it; the year 2024 in the concept's unit unless said otherwise. */
export function point(
  target: string,
  value: string | undefined,
  unit: string,
  more: Partial<DataPoint> & { readonly row?: number } = {},
): DataPoint {
  return {
    input: "data.csv",
    row: 2,
    code: target,
    target,
    ...(value === undefined ? {} : { value }),
    unit,
    period: { start: "2024-01-01", end: "2024-12-31" },
    dimensions: {},
    typed: {},
    location: "",
    subsidiary: "",
    data_quality: "",
    verification: "",
    source_document: "",
    calculation_method: "",
    notes: "",
    ...more,
  };
}

/** An activity record as intake writes it: a thousand units of one's own factor of 0.5 kg. */
export function activity(record_id: string, more: Partial<ActivityRecord> = {}): ActivityRecord {
  return {
    input: "activities.csv",
    row: 2,
    record_id,
    site: "Hamburg",
    country: "DE",
    region: "",
    scope: 1,
    category: "stationary-combustion",
    activity: "Natural gas",
    amount: "1000",
    unit: "kWh",
    period_start: "2024-01-01",
    period_end: "2024-12-31",
    factor: { kind: "own", kg_co2e: "0.5", source: "supplier", gwp_set: "AR6" },
    instrument: "none",
    ets: false,
    primary_data: false,
    data_quality: "high",
    supplier: "",
    source_document: "",
    ...more,
  };
}

/** What one run of the calculator left behind. */
export type Calculated = {
  readonly result: AgentResult;
  readonly document: MetricsDocument;
  readonly lineage: readonly Lineage[];
  readonly artifacts: Artifacts;
  readonly folder: string;
  readonly figure: (id: string) => Metric | undefined;
  /** Id to value and unit of every figure. */
  readonly figures: Readonly<Record<string, string>>;
};

type Rows = {
  readonly rows?: readonly DataPoint[];
  readonly activities?: readonly ActivityRecord[];
  readonly company?: Partial<Company>;
};

/** A report folder, as intake leaves it, with these rows in it. */
export async function intaken({ rows = [], activities = [], company: own = {} }: Rows): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "calculator-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "intermediate"));
  const lines = (of: readonly object[]): string => of.map((one) => `${JSON.stringify(one)}\n`).join("");
  if (rows.length > 0) await writeFile(join(folder, "intermediate/01_datapoints.ndjson"), lines(rows));
  if (activities.length > 0)
    await writeFile(join(folder, "intermediate/01_activities.ndjson"), lines(activities));
  const total = rows.length + activities.length;
  const document: IntakeDocument = {
    report_id: "R-1",
    company: { ...company, ...own },
    inputs: [],
    counts: {
      total,
      valid: total,
      rejected: 0,
      datapoints: rows.length,
      statements: 0,
      activities: activities.length,
    },
    quality: { score: 95, threshold: 80, passed: true, dimensions: [] },
    remark_counts: {},
    rejected: [],
    warnings: [],
  };
  await writeFile(join(folder, "intermediate/01_intake_validated.json"), JSON.stringify(document));
  return folder;
}

/** Runs the calculator in a folder. */
export async function calculateIn(folder: string): Promise<Calculated> {
  const artifacts = folderArtifacts({ folder });
  const result = await calculator.run({
    reportId: "R-1",
    artifacts,
    now: () => new Date("2025-03-01T09:00:00Z"),
    log: () => undefined,
  });
  const text = (name: string): Promise<string> => readFile(join(folder, "intermediate", name), "utf8");
  const document: MetricsDocument = JSON.parse(await text("03_calculated_metrics.json"));
  const lineage = (await text("03_lineage.ndjson")).split("\n").filter((line) => line !== "");
  return {
    result,
    document,
    lineage: lineage.map((line): Lineage => JSON.parse(line)),
    artifacts,
    folder,
    figure: (id) => document.metrics.find((metric) => metric.id === id),
    figures: Object.fromEntries(
      document.metrics.map(({ id, value, unit }) => [id, `${value ?? "nil"} ${unit}`]),
    ),
  };
}

/** Runs the calculator over hand-made rows. */
export async function calculated(rows: Rows): Promise<Calculated> {
  return calculateIn(await intaken(rows));
}

/** What a folder holds after a run. */
export const left = async (folder: string): Promise<readonly string[]> =>
  (await readdir(join(folder, "intermediate"))).toSorted();
