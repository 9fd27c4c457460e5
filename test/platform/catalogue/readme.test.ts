import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import {
  loadCatalogue,
  loadFactors,
  loadLegacyCodes,
  loadLifecycleFactors,
  loadSpendFactors,
  loadWarmingPotentials,
} from "#platform/catalogue/load.ts";

const folder = new URL("../../../data/", import.meta.url);
const readme = await readFile(new URL("README.md", folder), "utf8");
const row = (start: string): string =>
  readme.split("\n").find((line) => line.startsWith(`| \`${start}`)) ?? "";
const grouped = (count: number): string => count.toLocaleString("en-GB");

test("every file of reference data is named with its terms", async () => {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));

  expect(names.filter((name) => row(name) === "")).toEqual([]);
  expect(names).toHaveLength(6);
});

test("the counts it tells are those of the files", async () => {
  const { concepts, datapoints, tables, totals, countries } = await loadCatalogue();
  const { factors } = await loadFactors();
  const codes = await loadLegacyCodes();
  const of = (source: string): number => factors.filter((factor) => factor.source === source).length;
  const matched = (how: string): number => datapoints.filter((datapoint) => datapoint.matched === how).length;

  expect(row("esrs_data_points.json")).toContain(`${grouped(concepts.length)} concepts`);
  expect(row("esrs_data_points.json")).toContain(`${grouped(datapoints.length)} datapoints`);
  expect(row("esrs_data_points.json")).toContain(`${tables.length} tables, ${totals.length} totals`);
  expect(row("esrs_data_points.json")).toContain(`${countries.length} countries`);
  expect(row("emission_factors.json`, UK")).toContain(`${grouped(of("desnz-2024"))} factors`);
  expect(row("emission_factors.json`, US")).toContain(`in ${of("epa-2025")} factors`);
  expect(row("emission_factors_spend.json")).toContain(grouped((await loadSpendFactors()).factors.length));
  expect(row("emission_factors_lifecycle.json")).toContain(
    `${(await loadLifecycleFactors()).areas.length} areas`,
  );
  expect(row("emission_factors_lifecycle.json")).toContain("Attribution-ShareAlike 4.0");
  expect(row("global_warming_potentials.json")).toContain(
    `${(await loadWarmingPotentials()).species.length} species`,
  );
  expect(row("legacy_metric_codes.json")).toContain(`${codes.length} metric codes`);
  expect(row("legacy_metric_codes.json")).toContain(
    `${codes.filter(({ concept }) => concept !== "").length} with the concept`,
  );
  expect(readme).toContain(`(${grouped(matched("by id"))} ids)`);
  expect(readme).toContain(`: ${matched("by paragraph")}. For ${matched("none")},`);
  expect(readme).toContain(
    `(${factors.filter(({ kg_co2e_ar6 }) => kg_co2e_ar6 !== undefined).length} factors)`,
  );
});
