import type { Markup } from "../../xbrl/markup.ts";
import { barChart, shareChart } from "./chart.ts";
import type { Item } from "./items.ts";
import { unitName } from "./names.ts";
import type { Page } from "./page.ts";

/** Figures that a reader wants to see side by side: parts of a whole, or a few amounts of one kind. Names of concepts, each with a short name. */
const compositions: readonly {
  readonly title: string;
  readonly parts: Readonly<Record<string, string>>;
  readonly isWhole: boolean;
}[] = [
  {
    title: "Energy by source",
    isWhole: true,
    parts: {
      EnergyConsumptionFromFossilSources: "Fossil",
      EnergyConsumptionFromNuclearSources: "Nuclear",
      EnergyConsumptionFromRenewableSources: "Renewable",
    },
  },
  {
    title: "Fossil energy by carrier",
    isWhole: true,
    parts: {
      FuelConsumptionFromCoalAndCoalProducts: "Coal",
      FuelConsumptionFromCrudeOilAndPetroleumProducts: "Oil",
      FuelConsumptionFromNaturalGas: "Natural gas",
      FuelConsumptionFromOtherFossilSources: "Other fossil fuels",
      ConsumptionOfPurchasedOrAcquiredElectricityHeatSteamAndCoolingFromFossilSources:
        "Bought electricity and heat",
    },
  },
  {
    title: "Waste by what becomes of it",
    isWhole: true,
    parts: {
      WasteDirectedToDisposal: "Directed to disposal",
      WasteDivertedFromDisposal: "Diverted from disposal",
    },
  },
  {
    title: "Employees by age",
    isWhole: true,
    parts: {
      NumberOfEmployeesHeadCountUnder30YearsOldAtEndOfPeriod: "Under 30",
      NumberOfEmployeesHeadCountBetween30And50YearsOldAtEndOfPeriod: "30 to 50",
      NumberOfEmployeesHeadCountOver50YearsOldAtEndOfPeriod: "Over 50",
    },
  },
  {
    title: "Water",
    isWhole: false,
    parts: {
      WaterConsumption: "Consumed",
      WaterConsumptionInAreasAtWaterRiskIncludingAreasOfHighwaterStress: "Consumed in areas at water risk",
      WaterRecycledAndReused: "Recycled and reused",
      WaterStored: "Stored",
    },
  },
];

/** The charts for which a section's undivided figures of the reporting year give at least two parts. */
export function composed(items: readonly Item[], page: Page): readonly Markup[] {
  return compositions.flatMap(({ title, parts, isWhole }) => {
    const found = Object.entries(parts).flatMap(([concept, name]) => {
      const item = items.find(
        (one) =>
          one.fact.concept === concept && one.fact.value !== undefined && page.ink.column(one) === page.year,
      );
      return item === undefined ? [] : [{ name, item }];
    });
    const first = found[0];
    if (first === undefined || found.length < 2) return [];
    const unit = unitName(first.item.fact.unit, 0);
    const bars = found.map(({ name, item }) => ({ name, amount: Number(item.fact.value) }));
    const drawn = (isWhole ? shareChart(title, bars, unit) : undefined) ?? barChart(title, bars, unit);
    return [drawn];
  });
}
