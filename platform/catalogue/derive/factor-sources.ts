import type { Factor, Factors } from "../factor-model.ts";

/** The sources of data/emission_factors.json with how many factors each gave. */
export function factorSources(uk: number, us: number): Factors["sources"] {
  return [
    {
      id: "desnz-2024",
      title: "UK Government GHG conversion factors for company reporting 2024, version 1.1",
      publisher: "UK Department for Energy Security and Net Zero",
      year: 2024,
      gwp_set: "AR5",
      basis: "generation and combustion; well-to-tank separately",
      licence: "Open Government Licence v3.0",
      attribution: "Contains public sector information licensed under the Open Government Licence v3.0.",
      rows: uk,
    },
    {
      id: "epa-2025",
      title: "GHG Emission Factors Hub, January 2025, with eGRID2023 subregions",
      publisher: "US Environmental Protection Agency",
      year: 2023,
      gwp_set: "AR5",
      basis: "combustion and total output generation; higher heating value",
      licence: "public domain",
      attribution: "US EPA",
      rows: us,
    },
  ];
}

/** What weighs methane and nitrous oxide on either basis. */
export const gwpSets: Factors["gwp_sets"] = {
  AR5: {
    ch4: { fossil: "28", biogenic: "28", mixed: "28" },
    n2o: "265",
    citation: "IPCC AR5 WG1 (2013), 100 years, without feedbacks",
  },
  AR6: {
    ch4: { fossil: "29.8", biogenic: "27.0", mixed: "27.9" },
    n2o: "273",
    citation:
      "IPCC AR6 WG1 (2021), 100 years: table 7.15 for fossil and non-fossil methane and N2O, table 7.SM.7 for methane of unknown origin",
  },
};

/** Throws when two factors have one id, or one source, scope, path and unit: an activity could mean either. */
export function refuseDoubles(factors: readonly Factor[]): void {
  const seen = new Set<string>();
  for (const { id, source, scope, path, unit } of factors)
    for (const identity of [id, [source, scope, path, unit].join("|")]) {
      if (seen.has(identity)) throw new Error(`Two factors for ${identity}.`);
      seen.add(identity);
    }
}
