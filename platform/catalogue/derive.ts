import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import Papa from "papaparse";
import { deriveCatalogue } from "./derive-catalogue.ts";
import { deriveLegacyCodes } from "./derive-legacy.ts";
import { deriveUkFactors, deriveUsFactors } from "./derive-factors.ts";
import { packed } from "./pack.ts";
import { readDomainTrees } from "./read-linkbases.ts";
import type { TaxonomyFacts } from "./taxonomy-facts.ts";

/**
 * Rebuilds data/esrs_data_points.json and data/emission_factors.json from the sources named on the command line.
 * Usage: npm run catalogue -- --sources <folder with the extracted taxonomy and the factor sets> --out data
 */
const { values } = parseArgs({
  options: { sources: { type: "string" }, out: { type: "string", default: "data" } },
});
if (values.sources === undefined) throw new Error("Name the folder of the sources: --sources <folder>.");
const sources = values.sources;

const text = (name: string): Promise<string> => readFile(join(sources, name), "utf8");
// The sources are ours to name and their shape is stated where they are read; a wrong one fails the build of the data.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a development script over trusted files
const json = async <T>(name: string): Promise<T> => JSON.parse(await text(name)) as T;
const table = (csv: string): readonly Record<string, string>[] =>
  Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true }).data;
const lines = (list: readonly object[]): string =>
  `[\n${list.map((entry) => `    ${JSON.stringify(entry)}`).join(",\n")}\n  ]`;

async function writeDatapoints(): Promise<void> {
  const folder = "esrs-set1-taxonomy";
  const zip = join(sources, folder, "ESRS-Set1-XBRL-Taxonomy.zip");
  const unzipped = async (archive: string, ...names: readonly string[]): Promise<string> =>
    (await execa("unzip", ["-p", archive, ...names], { maxBuffer: 2 ** 28 })).stdout;
  const elements = await unzipped(join(sources, "country/iso3166-country-offline.zip"), "*.xsd");
  const linkbases = await unzipped(zip, "*/def_esrs_*.xml", "*/dim_esrs_*.xml");
  const catalogue = deriveCatalogue({
    concepts: await json(`${folder}/concepts.json`),
    hypercubes: await json(`${folder}/hypercubes.json`),
    roles: await json(`${folder}/roles.json`),
    enumerations: await json(`${folder}/enumerations.json`),
    arcs: await json(`${folder}/calculation.json`),
    euLaw: table(await text("mappings/esrs_xbrl_to_other_eu_law.csv")),
    ig3: await json("ig3/ig3_datapoints.json"),
    units: (await json<{ readonly utr: TaxonomyFacts["units"] }>("utr.json")).utr,
    domainTrees: readDomainTrees(linkbases.split(/(?=<\?xml )/).filter((part) => part.trim() !== "")),
    countries: [
      ...new Set([...elements.matchAll(/name="([A-Z]{2})"/g)].map((match) => match[1] ?? "")),
    ].toSorted(),
    packageSha256: createHash("sha256")
      .update(await readFile(zip))
      .digest("hex"),
  });
  await writeFile(join(values.out, "esrs_data_points.json"), packed(catalogue));
  const { concepts, datapoints, tables, totals, enumerations, countries } = catalogue;
  const codes = deriveLegacyCodes(table(await text("interop/legacy_code_to_esrs.csv")), concepts);
  await writeFile(join(values.out, "legacy_metric_codes.json"), `{\n  "codes": ${lines(codes)}\n}\n`);
  const matched = Map.groupBy(datapoints, (datapoint) => datapoint.matched);
  process.stdout.write(
    `${concepts.length} concepts, ${datapoints.length} datapoints (${[...matched].map(([how, of]) => `${of.length} ${how}`).join(", ")}), ` +
      `${tables.length} tables, ${totals.length} totals, ${Object.keys(enumerations).length} lists for ` +
      `${concepts.filter(({ enumeration }) => enumeration !== "").length} enumerations, ${countries.length} countries.\n`,
  );
}

async function writeFactors(): Promise<void> {
  const gwpText = await text("emission-factors/globalwarmingpotentials.csv");
  const rows = table(
    gwpText
      .split("\n")
      .filter((line) => !line.startsWith("#"))
      .join("\n"),
  );
  const gwp = new Map(
    rows.flatMap((row) => {
      const { Species: name = "", AR5GWP100: ar5 = "", AR6GWP100: ar6 = "" } = row;
      return ar5 === "" || ar6 === "" ? [] : [[name, { ar5, ar6 }] as const];
    }),
  );
  const uk = deriveUkFactors(table(await text("emission-factors/desnz-2024-v1.1-factors-kgco2e.csv")), gwp);
  const us = deriveUsFactors(Papa.parse<string[]>(await text("emission-factors/epa-hub-2025-raw.csv")).data);
  const factors = [...uk, ...us];
  const seen = new Set<string>();
  for (const { scope, path, unit, source } of factors) {
    const identity = [source, scope, path, unit].join("|");
    if (seen.has(identity)) throw new Error(`Two factors for ${identity}.`);
    seen.add(identity);
  }
  const head = {
    sources: [
      {
        id: "desnz-2024",
        title: "UK Government GHG conversion factors for company reporting 2024, version 1.1",
        publisher: "UK Department for Energy Security and Net Zero",
        year: 2024,
        gwp_set: "AR5",
        basis: "generation and combustion; well-to-tank separately",
        licence: "Open Government Licence v3.0",
        attribution: "Contains public sector information licensed under the Open Government Licence v3.0.",
        rows: uk.length,
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
        rows: us.length,
      },
    ],
    gwp_sets: {
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
    },
  };
  await writeFile(
    join(values.out, "emission_factors.json"),
    `{\n  "sources": ${lines(head.sources)},\n  "gwp_sets": ${JSON.stringify(head.gwp_sets)},\n  "factors": ${lines(factors)}\n}\n`,
  );
  process.stdout.write(`${factors.length} factors: ${uk.length} UK, ${us.length} US.\n`);
}

await mkdir(values.out, { recursive: true });
await writeDatapoints();
await writeFactors();
