import { lastDay } from "#rules/fact.ts";
import type { Metric } from "../agents/documents.ts";

/** A figure that people ask for first. */
export type KeyFigure = { readonly name: string; readonly value: string; readonly unit: string };

const wanted: readonly (readonly [concept: string, name: string])[] = [
  ["GrossScope1GreenhouseGasEmissions", "Scope 1"],
  ["GrossLocationBasedScope2GreenhouseGasEmissions", "Scope 2, location-based"],
  ["GrossMarketBasedScope2GreenhouseGasEmissions", "Scope 2, market-based"],
  ["GrossScope3GreenhouseGasEmissions", "Scope 3"],
  ["LocationBasedGreenhouseGasEmissions", "Total, location-based"],
  ["MarketBasedGreenhouseGasEmissions", "Total, market-based"],
  ["GHGEmissionsIntensityMarketbasedTotalGHGEmissionsPerNetRevenue", "Per net revenue"],
  ["EnergyConsumptionRelatedToOwnOperations", "Energy used"],
  ["PercentageOfRenewableSourcesInTotalEnergyConsumption", "of it renewable"],
  ["WaterConsumption", "Water used"],
  ["WasteGenerated", "Waste"],
  ["NumberOfEmployeesHeadcountAtEndOfPeriod", "Employees"],
  ["NumberOfEmployeesHeadCountDuringPeriod", "Employees"],
  ["GenderPayGap", "Gender pay gap"],
  ["RateOfRecordableWorkrelatedAccidents", "Accident rate"],
  ["NumberOfConfirmedIncidentsOfCorruptionOrBribery", "Corruption incidents"],
];

/** The figures of the reporting year that stand for the whole, as text for people; those that are not reported are left out. */
export function keyFigures(metrics: readonly Metric[], end: string): readonly KeyFigure[] {
  const found: KeyFigure[] = [];
  for (const [concept, name] of wanted) {
    const metric = metrics.find(
      (one) =>
        one.concept === concept &&
        lastDay(one.period) === end &&
        Object.keys(one.dimensions).length === 0 &&
        Object.keys(one.typed).length === 0,
    );
    if (metric?.value === undefined || found.some((one) => one.name === name)) continue;
    found.push({ name, ...shown(metric.value, metric.unit, concept) });
  }
  return found;
}

function shown(value: string, unit: string, concept: string): Omit<KeyFigure, "name"> {
  const plain = unit.replaceAll(/(utr|iso4217|xbrli):/g, "");
  const number = Number(value);
  if (concept.startsWith("RateOf")) return { value: rounded(number, 2), unit: "per million hours" };
  if (plain === "pure" && /^(Percentage|GenderPayGap)/.test(concept))
    return { value: rounded(number * 100, 1), unit: "%" };
  const [above, below] = plain.split("/");
  if (below !== undefined) return { value: rounded(number * 1e6, 1), unit: `${above} per million ${below}` };
  return { value: rounded(number, plain === "pure" ? 0 : 1), unit: plain === "pure" ? "" : plain };
}

/** For people, with commas; the exact text stands in the report. */
function rounded(value: number, places: number): string {
  return value.toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: places });
}
