import { Decimal } from "decimal.js";
import type { Factor } from "../factor-model.ts";
import { plain } from "./factor-paths.ts";

/** A line of the US hub, cell by cell; names stand in the fourth. */
export type Row = readonly string[];

/** What one unit releases as the hub states it: kg CO2, grams of the others; a gas that it does not count is left out. */
export type Gases = { readonly co2?: string; readonly ch4?: string; readonly n2o?: string };

/** Where a factor belongs. */
type Place = Pick<Factor, "scope" | "categories" | "path" | "unit" | "basis"> &
  Partial<Pick<Factor, "region" | "not_matched" | "biogenic_co2" | "methane">>;

/** A factor of kg CO2 and grams of the other gases per unit; biogenic CO2 is set beside. */
export function usFactor(
  code: string,
  { co2, ch4, n2o }: Gases,
  place: Place,
  published: Readonly<Record<string, string>>,
  biomass = false,
): Factor {
  const counted = biomass ? new Decimal(0) : new Decimal(co2 ?? 0);
  const methane = new Decimal(ch4 ?? 0).dividedBy(1000).times(28);
  const nitrous = new Decimal(n2o ?? 0).dividedBy(1000).times(265);
  const { scope, categories, path, unit, basis, ...rest } = place;
  const covers = [
    ...(co2 === undefined ? [] : ["co2" as const]),
    ...(ch4 === undefined ? [] : ["ch4" as const]),
    ...(n2o === undefined ? [] : ["n2o" as const]),
  ];
  return {
    id: `epa-2025:${code}`,
    source: "epa-2025",
    scope,
    categories,
    path,
    unit,
    basis,
    kg_co2e: counted.plus(methane).plus(nitrous).toFixed(),
    gases: { co2: counted.toFixed(), ch4: methane.toFixed(), n2o: nitrous.toFixed() },
    ...(covers.length === 3 ? {} : { covers }),
    methane: biomass ? "biogenic" : scope === 1 ? "fossil" : "mixed",
    country: "US",
    ...(biomass && co2 !== undefined ? { biogenic_co2: plain(co2) } : {}),
    ...rest,
    published,
  };
}

/** Written units of fuels by the hub's own. */
export const physicalUnits: Readonly<Record<string, string>> = {
  "short ton": "short ton",
  scf: "scf",
  gallon: "US gallon",
};

/** A name without the capital letter of its footnote: `Transit Rail E`, `TruckC`. */
export function withoutNote(name: string): string {
  return name.replace(/(?<=[a-z)]) ?[A-E]$/, "").trim();
}
