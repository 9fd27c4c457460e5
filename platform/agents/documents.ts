import { z } from "zod";
import type { Artifacts } from "../agent.ts";
import { CsrdError } from "../errors.ts";

/** Names of the files that make up a report, in the order in which they come to be. `.ndjson` files hold one JSON object a line and are streamed. */
export const files = {
  /** Folder of the data files as given, under their own names; what each holds is told from its content. */
  inputs: "inputs/",
  company: "company.json",
  settings: "settings.json",
  intake: "intermediate/01_intake_validated.json",
  datapoints: "intermediate/01_datapoints.ndjson",
  statements: "intermediate/01_statements.ndjson",
  activities: "intermediate/01_activities.ndjson",
  rejected: "intermediate/01_rejected_rows.csv",
  /** Rejected activity rows, where rejected datapoint rows have the other file. */
  rejectedActivities: "intermediate/01_rejected_activities.csv",
  materiality: "intermediate/02_materiality_assessment.json",
  /** Raw answers of language models, where there are any. */
  answers: "intermediate/02_materiality_answers.json",
  metrics: "intermediate/03_calculated_metrics.json",
  lineage: "intermediate/03_lineage.ndjson",
  aggregated: "intermediate/04_aggregated_frameworks.json",
  manifest: "intermediate/05_report_manifest.json",
  audit: "intermediate/06_compliance_audit.json",
  auditText: "compliance_audit.md",
  auditPage: "compliance_audit.html",
  xhtml: "report.xhtml",
  facts: "report.xbrl.json",
  package: "report.xbri",
  report: "report.json",
} as const;

/** What a person may set for a run; an absent file means the defaults. */
export const Settings = z.object({
  /** `refuse`: one bad row stops the run and nothing is written. `set-aside`: go on without it and write the rows to fix. */
  bad_rows: z.enum(["refuse", "set-aside"]).default("refuse"),
  quality_threshold: z.number().min(0).max(100).default(80),
  /** Scores from which a topic is material, 0 to 10; the assessor's own where they are left out. */
  impact_threshold: z.number().min(0).max(10).optional(),
  financial_threshold: z.number().min(0).max(10).optional(),
  /** The state of the law to judge by, an id of rules/law.yaml; that of the reporting period where it is left out. */
  law: z.string().optional(),
  /** Chain of language models to ask about materiality, by names; the offline rules alone where it is left out. */
  llm_provider: z.string().optional(),
  /** Model id of the chain's first name, where no variable says. */
  llm_model: z.string().optional(),
});
export type Settings = z.infer<typeof Settings>;

/** Company as the stages see it, whichever of the accepted shapes it was written in. */
export const Company = z.object({
  legal_name: z.string(),
  lei: z.string(),
  country: z.string(),
  nace: z.string(),
  employees: z.number().optional(),
  /** Net turnover and balance sheet total of the last financial year, EUR, as plain digits; they decide who must report. */
  net_turnover_eur: z.string().optional(),
  balance_sheet_eur: z.string().optional(),
  /** Whether its securities are traded on an EU regulated market. */
  listed: z.boolean().optional(),
  /** First financial year for which it reports under the CSRD. */
  first_year: z.number().optional(),
  /** What the company itself has concluded on materiality, topic (`E1` … `G1`) to its conclusion; a topic left out is assessed offline. */
  material_topics: z.record(z.string(), z.object({ material: z.boolean(), because: z.string() })).optional(),
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
  input: z.string(),
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

/** When something holds. */
const Period = z.union([z.object({ start: z.string(), end: z.string() }), z.object({ instant: z.string() })]);

/** Where a row comes from: the input file's name and the row's number in it, the header being row 1. */
const Origin = z.object({ input: z.string(), row: z.number() });

/** One accepted figure from a row, brought to the concept's canonical unit; texts that are empty are left out of the line. Many may belong to one reported figure: sites, months, subsidiaries. */
export const DataPoint = Origin.extend({
  /** The metric code as written, and what it was resolved to: a concept, or an auxiliary input of the formulas (`aux:hours-worked`). */
  code: z.string(),
  target: z.string(),
  /** Exact decimal text in `unit`; undefined is nil. */
  value: z.string().optional(),
  unit: z.string(),
  /** As written, where that differs. */
  as_given: z.object({ value: z.string(), unit: z.string() }).optional(),
  period: Period,
  dimensions: z.record(z.string(), z.string()),
  typed: z.record(z.string(), z.string()),
  location: z.string().default(""),
  subsidiary: z.string().default(""),
  /** `high`, `medium`, `low` or empty. */
  data_quality: z.string().default(""),
  /** `verified`, `unverified`, `estimated`, `third_party_assured` or empty. */
  verification: z.string().default(""),
  source_document: z.string().default(""),
  calculation_method: z.string().default(""),
  notes: z.string().default(""),
});
export type DataPoint = z.infer<typeof DataPoint>;

/** One accepted disclosure that is no number: a text, a yes or no, a date, members. `draft` until a person has approved it. */
export const Statement = Origin.extend({
  code: z.string(),
  concept: z.string(),
  /** In the fact's canonical form; undefined is nil. Text blocks are XHTML content, made from the text or Markdown that was given. */
  value: z.string().optional(),
  period: Period,
  dimensions: z.record(z.string(), z.string()),
  typed: z.record(z.string(), z.string()),
  status: z.enum(["draft", "approved"]),
  source_document: z.string(),
});
export type Statement = z.infer<typeof Statement>;

/** Something about one cell that a person should look at. */
export const Remark = Origin.extend({
  /** The short code of the intake codes' table: `E004`, `W002`. */
  code: z.string(),
  /** The error code with a page under docs/errors, or the warning's name. */
  reason: z.string(),
  column: z.string(),
  sentence: z.string(),
  hint: z.string(),
});
export type Remark = z.infer<typeof Remark>;

export const IntakeDocument = z.object({
  report_id: z.string(),
  company: Company,
  inputs: z.array(
    z.object({
      name: z.string(),
      holds: z.enum(["datapoints", "activities"]),
      format: z.enum(["csv", "json", "xlsx"]),
      sha256: z.string(),
      bytes: z.number(),
      encoding: z.string(),
      delimiter: z.string(),
      decimal_mark: z.string(),
      columns: z.array(z.string()),
      unknown_columns: z.array(z.string()),
      rows: z.number(),
    }),
  ),
  counts: z.object({
    total: z.number(),
    valid: z.number(),
    rejected: z.number(),
    datapoints: z.number(),
    statements: z.number(),
    activities: z.number(),
  }),
  quality: z.object({
    score: z.number(),
    threshold: z.number(),
    passed: z.boolean(),
    dimensions: z.array(
      z.object({ name: z.string(), weight: z.number(), score: z.number(), because: z.string() }),
    ),
  }),
  /** How often each code was found; the lists below hold at most the first hundred of each. */
  remark_counts: z.record(z.string(), z.number()),
  rejected: z.array(Remark),
  warnings: z.array(Remark),
});
export type IntakeDocument = z.infer<typeof IntakeDocument>;

const Judgement = z.object({ score: z.number(), threshold: z.number(), reasons: z.array(z.string()) });
/** What one assessor proposes for a topic. */
const Proposal = z.object({
  by: z.enum(["offline rules", "language model"]),
  provider: z.string().optional(),
  model: z.string().optional(),
  material: z.boolean(),
  impact: Judgement,
  financial: Judgement,
  citations: z.array(z.string()),
});
/** Which language models were asked, with what, and what came of it. */
const Assessor = z.object({
  chain: z.array(z.string()),
  prompt: z.object({ version: z.string(), sha256: z.string() }),
  answered: z.array(
    z.object({
      name: z.string(),
      provider: z.string(),
      model: z.string(),
      /** The model id that the vendor named. */
      answered_by: z.array(z.string()),
      topics: z.array(z.string()),
      input_tokens: z.number(),
      output_tokens: z.number(),
      cost_usd: z.number().optional(),
    }),
  ),
  /** Topics for which no answer was taken: the offline rules propose alone. */
  not_taken: z.array(z.object({ standard: z.string(), code: z.string(), because: z.string() })),
  /** Models that failed before another one, or none, answered. */
  failed: z.array(
    z.object({
      name: z.string(),
      provider: z.string(),
      model: z.string(),
      code: z.string(),
      because: z.string(),
    }),
  ),
  /** Texts of company.json that were not sent because they look like instructions to a model. */
  withheld_texts: z.array(z.string()),
});
export const MaterialityDocument = z.object({
  report_id: z.string(),
  /** `offline-rules`, or the vendors whose language models have answered. */
  provider: z.string(),
  /** The model ids that have answered; left out with `offline-rules`. */
  model: z.string().optional(),
  assessor: Assessor.optional(),
  requires_human_review: z.literal(true),
  notice: z.string(),
  topics: z.array(
    z.object({
      standard: z.string(),
      topic: z.string(),
      impact: Judgement,
      financial: Judgement,
      material: z.boolean(),
      /** Whose conclusion `material` is; the offline rules' where it is left out. */
      by: z.enum(["company", "offline rules", "language model"]).optional(),
      /** The company's reason. */
      because: z.string().optional(),
      /** Where the company concluded: what was proposed to it. */
      proposed: z.boolean().optional(),
      /** Both proposals, where a language model made one. */
      proposals: z.array(Proposal).optional(),
      review_status: z.literal("pending"),
      citations: z.array(z.string()),
    }),
  ),
  not_assessed: z.array(z.string()),
});
export type MaterialityDocument = z.infer<typeof MaterialityDocument>;

/** One activity's computed contribution to emissions with everything needed to repeat it; a line of the lineage file. */
export const EmissionLineage = z.object({
  kind: z.literal("emission"),
  input: z.string(),
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
  /** CO2 of biological origin beside it, stated with the record's first entry only. */
  biogenic_tonnes: z.string().optional(),
  /** Auxiliary inputs that it counts towards, besides its scope: `aux:scope-1-in-trading-schemes`. */
  also: z.array(z.string()).optional(),
  formula: z.string(),
  formula_version: z.number(),
  hash: z.string(),
});
export type EmissionLineage = z.infer<typeof EmissionLineage>;

/** One row's contribution to a figure that is gathered from rows; a line of the lineage file. */
export const RowLineage = Origin.extend({
  kind: z.literal("row"),
  /** The figure it went into. */
  metric: z.string(),
  code: z.string(),
  value: z.string(),
  unit: z.string(),
  as_given: z.object({ value: z.string(), unit: z.string() }).optional(),
  hash: z.string(),
});
export type RowLineage = z.infer<typeof RowLineage>;

export const Lineage = z.union([EmissionLineage, RowLineage]);
export type Lineage = z.infer<typeof Lineage>;

/** One reported figure: its place in the report, its exact decimal text and where it came from. */
export const Metric = z.object({
  /** Its short name (`scope-1`), or `Concept`, `Concept[Axis=member;…]`, with `@2023` for an earlier year. */
  id: z.string(),
  concept: z.string(),
  label: z.string(),
  period: Period,
  dimensions: z.record(z.string(), z.string()),
  typed: z.record(z.string(), z.string()),
  /** Undefined is nil: asked for, and said not to be there. */
  value: z.string().optional(),
  unit: z.string(),
  decimals: z.number(),
  /** The formula that made it, or `as-reported`, `sum-of-rows`. */
  formula: z.string(),
  formula_version: z.number(),
  /** What went into the formula: ids of figures or of auxiliary inputs, with the values used. */
  from: z.array(z.object({ id: z.string(), value: z.string() })),
  /** How many input rows lie underneath it, directly. */
  rows: z.number(),
  hash: z.string(),
});
export type Metric = z.infer<typeof Metric>;

export const MetricsDocument = z.object({
  report_id: z.string(),
  /** Emissions from activities on both bases; undefined when no activities were given. */
  gwp: z
    .object({
      headline: z.literal("AR6"),
      as_published: z.record(z.string(), z.string()),
      ar6: z.record(z.string(), z.string()),
      share_translated: z.string(),
      citation: z.string(),
    })
    .optional(),
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
  /** Formulas that the reported year's rows nearly make up, and what is missing or in the way. */
  not_formed: z
    .array(z.object({ formula: z.string(), concept: z.string(), code: z.string(), because: z.string() }))
    .optional(),
  /** The lineage file: how many lines it has, how many records they trace, and what its bytes hash to. */
  lineage: z.object({ entries: z.number(), traced: z.number(), sha256: z.string() }),
});
export type MetricsDocument = z.infer<typeof MetricsDocument>;

export const AggregatedDocument = z.object({
  report_id: z.string(),
  frameworks: z.array(
    z.object({
      law: z.string(),
      name: z.string(),
      /** Everything of the report that this law asks for, each place of each figure and each statement. */
      entries: z.array(
        z.object({
          part: z.string(),
          concept: z.string(),
          datapoint_ids: z.array(z.string()),
          /** Exact decimal text, or the first words of a text; empty is nil. */
          value: z.string(),
          unit: z.string(),
          uri: z.string(),
          period: Period,
          dimensions: z.record(z.string(), z.string()),
          typed: z.record(z.string(), z.string()),
          kind: z.enum(["figure", "statement"]),
        }),
      ),
      /** What each part of the law asks for, and what of it the report says or leaves open. */
      coverage: z.array(
        z.object({
          part: z.string(),
          uri: z.string(),
          /** `not material`: nothing is said, and every topic that would say it was judged not material. */
          state: z.enum(["answered", "partly", "missing", "not material"]),
          answered: z.array(z.string()),
          missing: z.array(
            z.object({
              concept: z.string(),
              label: z.string(),
              datapoint_ids: z.array(z.string()),
              /** Its topic was judged not material, so that nothing has to be said. */
              not_material: z.boolean(),
            }),
          ),
        }),
      ),
      asked: z.number(),
      answered: z.number(),
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

/** Reads an .ndjson file of the report line by line, in bounded memory; throws `artifact-missing` or `artifact-broken`. */
export async function* readLines<T>(
  artifacts: Artifacts,
  name: string,
  schema: z.ZodType<T>,
): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of artifacts.stream(name)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield read(line);
  }
  if (rest !== "") yield read(rest);

  function read(line: string): T {
    try {
      return schema.parse(JSON.parse(line));
    } catch (cause) {
      throw new CsrdError("artifact-broken", {
        summary: `${name} has a line that is not of the shape that the stage before writes.`,
        hint: "Run the pipeline again from the input file.",
        details: String(cause).slice(0, 500),
        cause,
      });
    }
  }
}
