import { z } from "zod";
import type { Artifacts } from "../agent.ts";
import { CsrdError } from "../errors.ts";

/** Names of the files that make up a report, in the order in which they come to be. */
export const files = {
  input: "input.csv",
  company: "company.json",
  settings: "settings.json",
  intake: "intermediate/01_intake_validated.json",
  rejected: "intermediate/01_rejected_rows.csv",
  materiality: "intermediate/02_materiality_assessment.json",
  metrics: "intermediate/03_calculated_metrics.json",
  aggregated: "intermediate/04_aggregated_frameworks.json",
  manifest: "intermediate/05_report_manifest.json",
  audit: "intermediate/06_compliance_audit.json",
  auditText: "compliance_audit.md",
  xhtml: "report.xhtml",
  report: "report.json",
} as const;

/** What a person may set for a run; an absent file means the defaults. */
export const Settings = z.object({
  /** `refuse`: one bad row stops the run and nothing is written. `set-aside`: go on without it and write the rows to fix. */
  bad_rows: z.enum(["refuse", "set-aside"]).default("refuse"),
  quality_threshold: z.number().min(0).max(100).default(80),
});
export type Settings = z.infer<typeof Settings>;

/** Company as the stages see it, whichever of the accepted shapes it was written in. */
export const Company = z.object({
  legal_name: z.string(),
  lei: z.string(),
  country: z.string(),
  nace: z.string(),
  employees: z.number().optional(),
  period: z.object({ start: z.string(), end: z.string() }),
  net_revenue: z.object({ amount: z.string(), currency: z.string(), reference: z.string() }).optional(),
  scope_3_exclusions: z.record(z.string(), z.string()),
  significant_changes: z.string(),
  value_chain_events: z.string(),
  boundaries: z.string(),
});
export type Company = z.infer<typeof Company>;

export const FactorUse = z.union([
  z.object({ kind: z.literal("catalogue"), id: z.string() }),
  z.object({ kind: z.literal("own"), kg_co2e: z.string(), source: z.string(), gwp_set: z.string() }),
]);
export type FactorUse = z.infer<typeof FactorUse>;

/** One accepted row: what was done, where, how much, and the factor that will turn it into emissions. */
export const ActivityRecord = z.object({
  row: z.number(),
  record_id: z.string(),
  site: z.string(),
  country: z.string(),
  region: z.string(),
  scope: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  category: z.string(),
  activity: z.string(),
  amount: z.string(),
  unit: z.string(),
  period_start: z.string(),
  period_end: z.string(),
  factor: FactorUse,
  /** Scope 2 only: what the contract says, or that nothing was contracted. */
  instrument: z.string(),
  market_factor: z.object({ kg_co2e: z.string(), source: z.string() }).optional(),
  ets: z.boolean(),
  primary_data: z.boolean(),
  biogenic_co2_tonnes: z.string().optional(),
  data_quality: z.string(),
  supplier: z.string(),
  source_document: z.string(),
});
export type ActivityRecord = z.infer<typeof ActivityRecord>;

/** Something about one cell that a person should look at. */
export const Remark = z.object({
  code: z.string(),
  row: z.number(),
  column: z.string(),
  sentence: z.string(),
  hint: z.string(),
});
export type Remark = z.infer<typeof Remark>;

export const IntakeDocument = z.object({
  report_id: z.string(),
  company: Company,
  input: z.object({
    sha256: z.string(),
    bytes: z.number(),
    encoding: z.string(),
    delimiter: z.string(),
    decimal_mark: z.string(),
    columns: z.array(z.string()),
    unknown_columns: z.array(z.string()),
  }),
  counts: z.object({ total: z.number(), valid: z.number(), rejected: z.number() }),
  quality: z.object({
    score: z.number(),
    threshold: z.number(),
    passed: z.boolean(),
    dimensions: z.array(
      z.object({ name: z.string(), weight: z.number(), score: z.number(), because: z.string() }),
    ),
  }),
  rejected: z.array(Remark),
  warnings: z.array(Remark),
  records: z.array(ActivityRecord).min(1),
});
export type IntakeDocument = z.infer<typeof IntakeDocument>;

const Judgement = z.object({ score: z.number(), threshold: z.number(), reasons: z.array(z.string()) });
export const MaterialityDocument = z.object({
  report_id: z.string(),
  provider: z.literal("offline-rules"),
  requires_human_review: z.literal(true),
  notice: z.string(),
  topics: z.array(
    z.object({
      standard: z.string(),
      topic: z.string(),
      impact: Judgement,
      financial: Judgement,
      material: z.boolean(),
      review_status: z.literal("pending"),
      citations: z.array(z.string()),
    }),
  ),
  not_assessed: z.array(z.string()),
});
export type MaterialityDocument = z.infer<typeof MaterialityDocument>;

/** One computed contribution with everything needed to repeat it. */
export const Lineage = z.object({
  record_id: z.string(),
  row: z.number(),
  scope: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  category: z.string(),
  country: z.string(),
  method: z.enum(["activity", "location-based", "market-based"]),
  activity: z.string(),
  amount: z.string(),
  unit: z.string(),
  factor: z.object({
    id: z.string(),
    source: z.string(),
    unit: z.string(),
    kg_co2e_as_published: z.string(),
    kg_co2e_ar6: z.string(),
    gwp_set: z.string(),
    translated: z.boolean(),
  }),
  amount_in_factor_unit: z.string(),
  /** tCO2e to the kilogram: on AR6 where the factor could be translated, otherwise as published. */
  tonnes: z.string(),
  tonnes_as_published: z.string(),
  formula: z.string(),
  formula_version: z.number(),
  hash: z.string(),
});
export type Lineage = z.infer<typeof Lineage>;

/** One reported figure: a concept, the member it is broken down by, its exact decimal text and where it came from. */
export const Metric = z.object({
  id: z.string(),
  concept: z.string(),
  label: z.string(),
  axis: z.string(),
  member: z.string(),
  value: z.string(),
  unit: z.string(),
  decimals: z.number(),
  formula: z.string(),
  formula_version: z.number(),
  /** Metric ids or record ids whose sum or ratio this is. */
  from: z.array(z.string()),
  hash: z.string(),
});
export type Metric = z.infer<typeof Metric>;

export const MetricsDocument = z.object({
  report_id: z.string(),
  gwp: z.object({
    headline: z.literal("AR6"),
    as_published: z.record(z.string(), z.string()),
    ar6: z.record(z.string(), z.string()),
    share_translated: z.string(),
    citation: z.string(),
  }),
  instruments: z.array(
    z.object({
      instrument: z.string(),
      bundled: z.boolean(),
      records: z.number(),
      location_tonnes: z.string(),
    }),
  ),
  sources: z.array(z.object({ id: z.string(), title: z.string(), licence: z.string(), records: z.number() })),
  warnings: z.array(z.string()),
  metrics: z.array(Metric),
  lineage: z.array(Lineage),
});
export type MetricsDocument = z.infer<typeof MetricsDocument>;

export const AggregatedDocument = z.object({
  report_id: z.string(),
  frameworks: z.array(
    z.object({
      law: z.string(),
      name: z.string(),
      entries: z.array(
        z.object({
          part: z.string(),
          concept: z.string(),
          datapoint_ids: z.array(z.string()),
          value: z.string(),
          unit: z.string(),
          uri: z.string(),
        }),
      ),
    }),
  ),
  without_other_law: z.array(z.string()),
});
export type AggregatedDocument = z.infer<typeof AggregatedDocument>;

/** Reads and checks one JSON file of the report; throws `artifact-missing` or `artifact-broken`. */
export async function readDocument<T>(artifacts: Artifacts, name: string, schema: z.ZodType<T>): Promise<T> {
  const text = new TextDecoder().decode(await artifacts.read(name));
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CsrdError("artifact-broken", {
      summary: `${name} does not have the shape that the stage before writes.`,
      hint: "Run the pipeline again from the input file.",
      details: String(cause).slice(0, 500),
      cause,
    });
  }
}

/** Writes one JSON file of the report: two spaces, one final newline, keys in the order given. */
export async function writeDocument(artifacts: Artifacts, name: string, value: unknown): Promise<void> {
  await artifacts.write(name, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** The run's settings, or the defaults where none were given. */
export async function readSettings(artifacts: Artifacts): Promise<Settings> {
  return (await artifacts.exists(files.settings))
    ? readDocument(artifacts, files.settings, Settings)
    : Settings.parse({});
}
