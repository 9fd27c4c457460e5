import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import Papa from "papaparse";
import { deriveCatalogue } from "./derive/catalogue.ts";
import { deriveLegacyCodes } from "./derive/legacy.ts";
import {
  deriveLifecycleFactors,
  deriveSpendFactors,
  deriveWarmingPotentials,
  potentialsOf,
} from "./derive/other-factors.ts";
import { deriveUkFactors } from "./derive/uk-factors.ts";
import { deriveUsFactors } from "./derive/us-factors.ts";
import { factorSources, gwpSets, refuseDoubles } from "./derive/factor-sources.ts";
import { packed } from "./pack.ts";
import { readDomainTrees } from "./derive/read-linkbases.ts";
import type { TaxonomyFacts } from "./derive/taxonomy-facts.ts";

/**
 * Rebuilds the reference data (data/*.json) from the sources named on the command line, and prints what it counted.
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
  await write("legacy_metric_codes.json", { codes });
  const matched = Map.groupBy(datapoints, (datapoint) => datapoint.matched);
  process.stdout.write(
    `${concepts.length} concepts, ${datapoints.length} datapoints (${[...matched].map(([how, of]) => `${of.length} ${how}`).join(", ")}), ` +
      `${tables.length} tables, ${totals.length} totals, ${Object.keys(enumerations).length} lists for ` +
      `${concepts.filter(({ enumeration }) => enumeration !== "").length} enumerations, ${countries.length} countries.\n`,
  );
}

async function writeFactors(): Promise<void> {
  const folder = "emission-factors";
  const collected = (await text(`${folder}/globalwarmingpotentials.csv`))
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n");
  const warming = deriveWarmingPotentials(table(collected));
  const potentials = potentialsOf(warming);
  const us = deriveUsFactors(
    Papa.parse<string[]>(await text(`${folder}/epa-hub-2025-raw.csv`)).data,
    potentials,
  );
  const uk = deriveUkFactors(
    table(await text(`${folder}/desnz-2024-v1.1-factors-kgco2e.csv`)),
    potentials,
    us.blends,
  );
  const factors = [...uk, ...us.factors];
  refuseDoubles(factors);
  await write("emission_factors.json", {
    sources: factorSources(uk.length, us.factors.length),
    gwp_sets: gwpSets,
    factors,
  });
  await write("global_warming_potentials.json", warming);
  const spend = deriveSpendFactors(
    table(await text(`${folder}/SupplyChainGHGEmissionFactors_v1.3.0_NAICS_CO2e_USD2022.csv`)),
  );
  await write("emission_factors_spend.json", spend);
  const { data } = await json<{ readonly data: Readonly<Record<string, number>> }>(
    `${folder}/ember-average-grid-intensity-co2js-0.19.0.json`,
  );
  const lifecycle = deriveLifecycleFactors(data);
  await write("emission_factors_lifecycle.json", lifecycle);
  const published = us.factors.reduce((sum, factor) => sum + Object.keys(factor.published ?? {}).length, 0);
  const numbers = Object.values(us.numbers).reduce((sum, count) => sum + count, 0);
  if (published !== numbers) throw new Error(`${numbers} numbers in the US tables, ${published} kept.`);
  process.stdout.write(
    `${factors.length} factors: ${uk.length} UK (${uk.filter(({ gases }) => gases !== undefined).length} with gases), ` +
      `${us.factors.length} US from ${numbers} numbers (${Object.entries(us.numbers)
        .map(([number, count]) => `table ${number}: ${count}`)
        .join(", ")}); ` +
      `${factors.filter(({ not_matched }) => not_matched !== undefined).length} not matched, ` +
      `${factors.filter(({ kg_co2e_ar6 }) => kg_co2e_ar6 !== undefined).length} with an AR6 value; ` +
      `${warming.species.length} species, ${spend.factors.length} industries, ${lifecycle.areas.length} areas.\n`,
  );
}

/** One entry a line; smaller values on the line of their name. */
async function write(name: string, document: object): Promise<void> {
  const parts = Object.entries(document).map(([key, value]) =>
    Array.isArray(value) && typeof value[0] === "object"
      ? `  ${JSON.stringify(key)}: ${lines(value)}`
      : `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  await writeFile(join(values.out, name), `{\n${parts.join(",\n")}\n}\n`);
}

await mkdir(values.out, { recursive: true });
await writeDatapoints();
await writeFactors();
