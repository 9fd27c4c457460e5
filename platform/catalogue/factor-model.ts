import { z } from "zod";

// What a factor counts. Location-based Scope 2 wants `generation`; `well-to-tank` and `losses` belong to Scope 3.
const bases = [
  "combustion",
  "generation",
  "well-to-tank",
  "losses",
  "release",
  "production",
  "treatment",
  "use",
] as const;

/** One published emission factor: decimal text, kg CO2e per unit, on its source's GWP basis. */
export const Factor = z.object({
  id: z.string(),
  source: z.string(),
  scope: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  /** Source types, energy kinds or Scope 3 categories for whose activities it is looked up; empty together with `not_matched`. */
  categories: z.array(z.string()),
  /** Why no activity leads to it by itself: it is in the list so that the list is whole. */
  not_matched: z.string().optional(),
  path: z.string(),
  unit: z.string(),
  basis: z.enum(bases),
  kg_co2e: z.string(),
  /** kg CO2e by gas on the source's GWP basis. */
  gases: z.object({ co2: z.string(), ch4: z.string(), n2o: z.string() }).optional(),
  /** The only gases that the source counted here, where it did not count all. */
  covers: z.array(z.enum(["co2", "ch4", "n2o"])).optional(),
  /** Where the methane comes from, which decides its AR6 value. */
  methane: z.enum(["fossil", "biogenic", "mixed"]).optional(),
  /** A gas or blend of known gases: its own AR6 value replaces the factor. */
  kg_co2e_ar6: z.string().optional(),
  /** Only for activities in this country, ISO 3166 alpha-2. */
  country: z.string().optional(),
  /** eGRID subregion. */
  region: z.string().optional(),
  /** CO2 of biological origin, kg per unit, left out of `kg_co2e` and reported beside the scopes. */
  biogenic_co2: z.string().optional(),
  /** The source's own figures in its own units, where `kg_co2e` is put together from them. */
  published: z.record(z.string(), z.string()).optional(),
});
/** One published emission factor: decimal text, kg CO2e per unit, on its source's GWP basis. */
export type Factor = z.infer<typeof Factor>;

const GwpSet = z.object({
  ch4: z.object({ fossil: z.string(), biogenic: z.string(), mixed: z.string() }),
  n2o: z.string(),
  citation: z.string(),
});

/** Where factors come from and on what terms. */
const FactorSource = z.object({
  id: z.string(),
  title: z.string(),
  publisher: z.string(),
  year: z.number(),
  gwp_set: z.string(),
  basis: z.string(),
  licence: z.string(),
  attribution: z.string(),
  /** How many factors of the list are its. */
  rows: z.number(),
});

/** data/emission_factors.json, whole. */
export const Factors = z.object({
  sources: z.array(FactorSource).min(1),
  gwp_sets: z.object({ AR5: GwpSet, AR6: GwpSet }),
  factors: z.array(Factor).min(1),
});
/** All emission factors with their sources and the GWP values that translate between bases. */
export type Factors = z.infer<typeof Factors>;

/** data/emission_factors_spend.json: kg CO2e per US dollar of 2022 at purchasers' prices, by NAICS 2017 industry. */
export const SpendFactors = z.object({
  source: FactorSource,
  unit: z.string(),
  factors: z
    .array(
      z.object({
        naics: z.string(),
        industry: z.string(),
        /** Of the industry; of bringing the goods to the buyer; both. */
        without_margins: z.string(),
        margins: z.string(),
        with_margins: z.string(),
        /** Sector of the input-output model it was taken from. */
        model_sector: z.string(),
      }),
    )
    .min(1),
});
export type SpendFactors = z.infer<typeof SpendFactors>;

/** data/emission_factors_lifecycle.json: grams CO2e per kWh of electricity over the life cycle, by country or group of countries. Not for location-based Scope 2. */
export const LifecycleFactors = z.object({
  source: FactorSource.omit({ year: true }).extend({ edition: z.string() }),
  unit: z.string(),
  notice: z.string(),
  areas: z.array(z.object({ area: z.string(), g_co2e: z.string() })).min(1),
});
export type LifecycleFactors = z.infer<typeof LifecycleFactors>;

/** data/global_warming_potentials.json: by species, 100 years unless the set's name says otherwise; a set that has no value for a species is left out. */
export const WarmingPotentials = z.object({
  source: z.object({ title: z.string(), licence: z.string(), attribution: z.string(), rows: z.number() }),
  sets: z.array(z.object({ id: z.string(), metric: z.string(), report: z.string() })).min(1),
  species: z.array(z.object({ species: z.string(), values: z.record(z.string(), z.string()) })).min(1),
});
export type WarmingPotentials = z.infer<typeof WarmingPotentials>;
