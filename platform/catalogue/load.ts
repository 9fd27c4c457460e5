import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CsrdError } from "../errors.ts";
import { checkedFactors } from "./check-factors.ts";
import { type Factors, LifecycleFactors, SpendFactors, WarmingPotentials } from "./factor-model.ts";
import { LegacyCodes } from "./legacy.ts";
import type { Catalogue } from "./model.ts";
import { unpacked } from "./pack.ts";

export type { Catalogue } from "./model.ts";
export type { Factor, Factors } from "./factor-model.ts";

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
export const loadFactors: () => Promise<Factors> = once("data/emission_factors.json", checkedFactors);
/** The factors per dollar spent, from data/emission_factors_spend.json; throws `catalogue-broken`. */
export const loadSpendFactors = once("data/emission_factors_spend.json", (text) =>
  SpendFactors.parse(JSON.parse(text)),
);
/** The life-cycle factors of electricity, from data/emission_factors_lifecycle.json; throws `catalogue-broken`. */
export const loadLifecycleFactors = once("data/emission_factors_lifecycle.json", (text) =>
  LifecycleFactors.parse(JSON.parse(text)),
);
/** Global warming potentials SAR to AR6, from data/global_warming_potentials.json; throws `catalogue-broken`. */
export const loadWarmingPotentials = once("data/global_warming_potentials.json", (text) =>
  WarmingPotentials.parse(JSON.parse(text)),
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
