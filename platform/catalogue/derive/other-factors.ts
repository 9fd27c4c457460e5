import { plain, slug } from "./factor-paths.ts";
import type { LifecycleFactors, SpendFactors, WarmingPotentials } from "../factor-model.ts";
import type { Potentials } from "./refrigerants.ts";

type Row = Readonly<Record<string, string>>;

/** The US supply-chain factors by industry. */
export function deriveSpendFactors(rows: readonly Row[]): SpendFactors {
  return {
    source: {
      id: "epa-supply-chain-1.3.0",
      title: "Supply chain GHG emission factors v1.3.0, NAICS 2017, CO2e, 2022 US dollars",
      publisher: "US Environmental Protection Agency",
      year: 2022,
      gwp_set: "as published by the source, all greenhouse gases together",
      basis: "cradle to factory gate, and with margins to the buyer; purchasers' prices",
      licence: "public domain",
      attribution: "US EPA",
      rows: rows.length,
    },
    unit: "kg CO2e per 2022 USD",
    factors: rows.map((row) => {
      if (row["GHG"] !== "All GHGs" || !(row["Unit"] ?? "").startsWith("kg CO2e/2022 USD"))
        throw new Error(`${row["2017 NAICS Code"]} is stated in another unit.`);
      return {
        naics: row["2017 NAICS Code"] ?? "",
        industry: slug(row["2017 NAICS Title"] ?? ""),
        without_margins: plain(row["Supply Chain Emission Factors without Margins"]),
        margins: plain(row["Margins of Supply Chain Emission Factors"]),
        with_margins: plain(row["Supply Chain Emission Factors with Margins"]),
        model_sector: row["Reference USEEIO Code"] ?? "",
      };
    }),
  };
}

/** Life-cycle intensity of electricity by area; three letters are a country (ISO 3166 alpha-3), other names groups of countries. */
export function deriveLifecycleFactors(data: Readonly<Record<string, number>>): LifecycleFactors {
  const areas = Object.entries(data).map(([area, value]) => ({ area, g_co2e: plain(String(value)) }));
  return {
    source: {
      id: "ember-lifecycle",
      title: "Yearly average electricity carbon intensity, life cycle",
      publisher: "Ember, as in the package @tgwf/co2 0.19.0 of the Green Web Foundation",
      edition: "0.19.0",
      gwp_set: "not stated by the source",
      basis: "life cycle: building and fuelling the power stations is counted",
      licence: "CC BY-SA 4.0",
      attribution:
        "Ember (ember-energy.org), Creative Commons Attribution-ShareAlike 4.0; taken from @tgwf/co2 0.19.0, rearranged one area a line. This file is passed on under the same licence.",
      rows: areas.length,
    },
    unit: "g CO2e per kWh",
    notice:
      "Not for location-based Scope 2, which counts generation only (GHG Protocol Scope 2 Guidance); never used by itself.",
    areas,
  };
}

const sets = [
  {
    id: "SAR",
    column: "SARGWP100",
    metric: "GWP, 100 years",
    report: "IPCC second assessment report (1995)",
  },
  { id: "TAR", column: "TARGWP100", metric: "GWP, 100 years", report: "IPCC third assessment report (2001)" },
  {
    id: "AR4",
    column: "AR4GWP100",
    metric: "GWP, 100 years",
    report: "IPCC fourth assessment report (2007)",
  },
  { id: "AR5", column: "AR5GWP100", metric: "GWP, 100 years", report: "IPCC fifth assessment report (2013)" },
  {
    id: "AR5-feedbacks",
    column: "AR5CCFGWP100",
    metric: "GWP, 100 years, with climate-carbon feedbacks",
    report: "IPCC fifth assessment report (2013)",
  },
  { id: "AR6", column: "AR6GWP100", metric: "GWP, 100 years", report: "IPCC sixth assessment report (2021)" },
  {
    id: "AR6-20",
    column: "AR6GWP20",
    metric: "GWP, 20 years",
    report: "IPCC sixth assessment report (2021)",
  },
  {
    id: "AR6-500",
    column: "AR6GWP500",
    metric: "GWP, 500 years",
    report: "IPCC sixth assessment report (2021)",
  },
  {
    id: "AR6-GTP",
    column: "AR6GTP100",
    metric: "GTP, 100 years",
    report: "IPCC sixth assessment report (2021)",
  },
  {
    id: "TAR-20",
    column: "TARGWP20",
    metric: "GWP, 20 years",
    report: "IPCC third assessment report (2001)",
  },
  {
    id: "TAR-500",
    column: "TARGWP500",
    metric: "GWP, 500 years",
    report: "IPCC third assessment report (2001)",
  },
] as const;

/** Every value of the collected table of global warming potentials. */
export function deriveWarmingPotentials(rows: readonly Row[]): WarmingPotentials {
  const columns = new Set(Object.keys(rows[0] ?? {}).filter((column) => column !== "Species"));
  const taken = sets.filter(({ column }) => columns.has(column));
  if (taken.length !== columns.size) throw new Error(`Unknown columns among ${[...columns].join(", ")}.`);
  return {
    source: {
      title:
        "Global warming potentials of greenhouse gases, collected by openclimatedata from the IPCC's reports",
      licence: "CC0",
      attribution: "openclimatedata/globalwarmingpotentials; IPCC",
      rows: rows.length,
    },
    sets: taken.map(({ id, metric, report }) => ({ id, metric, report })),
    species: rows.map((row) => ({
      species: row["Species"] ?? "",
      values: Object.fromEntries(
        taken.flatMap(({ id, column }) =>
          (row[column] ?? "").trim() === "" ? [] : [[id, plain(row[column])]],
        ),
      ),
    })),
  };
}

/** AR5 and AR6 of every species that has both. */
export function potentialsOf({ species }: WarmingPotentials): Potentials {
  return new Map(
    species.flatMap(({ species: name, values: { AR5: ar5, AR6: ar6 } }) =>
      ar5 === undefined || ar6 === undefined ? [] : [[name, { ar5, ar6 }]],
    ),
  );
}
