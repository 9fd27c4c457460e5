import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { CsrdError } from "../errors.ts";
import { LegacyCodes } from "./legacy.ts";
import type { Catalogue } from "./model.ts";
import { unpacked } from "./pack.ts";

export type { Catalogue } from "./model.ts";

const Factor = z.object({
  id: z.string(),
  source: z.string(),
  scope: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  categories: z.array(z.string()),
  path: z.string(),
  unit: z.string(),
  kg_co2e: z.string(),
  gases: z.object({ co2: z.string(), ch4: z.string(), n2o: z.string() }).optional(),
  methane: z.enum(["fossil", "biogenic", "mixed"]).optional(),
  kg_co2e_ar6: z.string().optional(),
  country: z.string().optional(),
  region: z.string().optional(),
  biogenic_co2: z.string().optional(),
});
const GwpSet = z.object({
  ch4: z.object({ fossil: z.string(), biogenic: z.string(), mixed: z.string() }),
  n2o: z.string(),
  citation: z.string(),
});
const FactorSource = z.object({
  id: z.string(),
  title: z.string(),
  publisher: z.string(),
  year: z.number(),
  gwp_set: z.string(),
  basis: z.string(),
  licence: z.string(),
  attribution: z.string(),
});
const Factors = z.object({
  sources: z.array(FactorSource).min(1),
  gwp_sets: z.object({ AR5: GwpSet, AR6: GwpSet }),
  factors: z.array(Factor).min(1),
});
/** One published emission factor: decimal text, kg CO2e per unit, on its source's GWP basis. */
export type Factor = z.infer<typeof Factor>;
/** All emission factors with their sources and the GWP values that translate between bases. */
export type Factors = z.infer<typeof Factors>;

const Formula = z.object({
  id: z.string(),
  version: z.number(),
  result: z.string(),
  expression: z.string(),
  source: z.string(),
});
const Formulas = z.object({ formulas: z.array(Formula).min(1) });
/** One formula of the standard, in words that the calculator's code follows. */
export type Formula = z.infer<typeof Formula>;

async function load<T>(path: string, read: (text: string) => T): Promise<T> {
  const url = new URL(`../../${path}`, import.meta.url);
  try {
    return read(await readFile(url, "utf8"));
  } catch (cause) {
    throw new CsrdError("catalogue-broken", {
      summary: `The reference data in ${path} cannot be used.`,
      hint: "Restore the file from the release; it is not meant to be edited by hand.",
      details: String(cause).slice(0, 500),
      cause,
    });
  }
}

function once<T>(path: string, read: (text: string) => T): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    kept ??= load(path, read).catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
}

/** Every concept, datapoint, table and list of ESRS Set 1, from data/esrs_data_points.json; throws `catalogue-broken`. */
export const loadCatalogue: () => Promise<Catalogue> = once("data/esrs_data_points.json", unpacked);
/** What the metric codes of an earlier implementation mean today, from data/legacy_metric_codes.json; throws `catalogue-broken`. */
export const loadLegacyCodes = once(
  "data/legacy_metric_codes.json",
  (text) => LegacyCodes.parse(JSON.parse(text)).codes,
);
/** The emission factors, from data/emission_factors.json; throws `catalogue-broken`. */
export const loadFactors = once("data/emission_factors.json", (text) => Factors.parse(JSON.parse(text)));
/** The formulas, from rules/esrs_formulas.yaml; throws `catalogue-broken`. */
export const loadFormulas = once("rules/esrs_formulas.yaml", (text) => Formulas.parse(parse(text)));

/** The compliance rules, from rules/compliance_rules.yaml, in the shape that the caller's schema describes; throws `catalogue-broken`. */
export function loadRules<T>(schema: z.ZodType<T>): Promise<T> {
  return load("rules/compliance_rules.yaml", (text) => schema.parse(parse(text)));
}

const QualityRules = z.object({
  threshold: z.number(),
  dimensions: z.object({
    completeness: z.object({ weight: z.number() }),
    accuracy: z.object({ weight: z.number() }),
    consistency: z.object({ weight: z.number() }),
    timeliness: z.object({ weight: z.number() }),
    validity: z.object({ weight: z.number() }),
  }),
});
/** The weights of data quality, from rules/data_quality_rules.yaml; throws `catalogue-broken`. */
export const loadQualityRules = once("rules/data_quality_rules.yaml", (text) =>
  QualityRules.parse(parse(text)),
);

/** SHA-256 of any value's canonical JSON (sorted keys), hex; the hash of a lineage entry. */
export function digest(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .join(",")}}`;
}
