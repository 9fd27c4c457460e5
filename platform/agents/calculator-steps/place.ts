import type { Metric } from "../documents.ts";
import { scope3Categories } from "../intake-steps/columns.ts";
import type { Year } from "./years.ts";

type Words = Readonly<Record<string, string>>;
/** Where a figure stands, apart from its concept: the year counted back from the reported one, and its breakdown. */
export type Place = { readonly year: number; readonly dimensions: Words; readonly typed: Words };

/** The reported year without any breakdown. */
export const wholeYear: Place = { year: 0, dimensions: {}, typed: {} };

const keys = new WeakMap<Place, string>();

/** A place as text, the same for the same place however its axes are ordered. */
export function placeKey(place: Place): string {
  const kept = keys.get(place);
  if (kept !== undefined) return kept;
  const key = `${place.year}|${joined(place.dimensions)}|${joined(place.typed)}`;
  keys.set(place, key);
  return key;
}

function joined(words: Words): string {
  const axes = Object.keys(words);
  const [only] = axes;
  if (only === undefined) return "";
  if (axes.length === 1) return `${only}=${words[only] ?? ""}`;
  return axes
    .toSorted()
    .map((axis) => `${axis}=${words[axis] ?? ""}`)
    .join("&");
}

/** How many axes a place is broken down by. */
export const axesOf = ({ dimensions, typed }: Place): number =>
  Object.keys(dimensions).length + Object.keys(typed).length;

/** A place without these axes. */
export function withoutAxes({ year, dimensions, typed }: Place, axes: ReadonlySet<string>): Place {
  const left = (words: Words): Words => {
    if (!Object.keys(words).some((axis) => axes.has(axis))) return words;
    return Object.fromEntries(Object.entries(words).filter(([axis]) => !axes.has(axis)));
  };
  return { year, dimensions: left(dimensions), typed: left(typed) };
}

const shortNames: Readonly<Record<string, string>> = {
  GrossScope1GreenhouseGasEmissions: "scope-1",
  GrossLocationBasedScope2GreenhouseGasEmissions: "scope-2-location",
  GrossMarketBasedScope2GreenhouseGasEmissions: "scope-2-market",
  GrossScope3GreenhouseGasEmissions: "scope-3",
  LocationBasedGreenhouseGasEmissions: "total-location",
  MarketBasedGreenhouseGasEmissions: "total-market",
  PercentageOfScope1GreenhouseGasEmissionsFromRegulatedEmissionTradingSchemes: "ets-share",
  PercentageOfContractualInstrumentsScope2GHGEmissions: "instrument-share",
  PercentageOfContractualInstrumentsUsedForSaleAndPurchaseOfEnergyBundledWithAttributesAboutEnergyGenerationInRelationToScope2GHGEmissions:
    "bundled-share",
  PercentageOfContractualInstrumentsUsedForSaleAndPurchaseOfUnbundledEnergyAttributeClaimsInRelationToScope2GHGEmissions:
    "unbundled-share",
  PercentageOfMarketbasedScope2GHGEmissionsLinkedToPurchasedElectricityBundledWithInstruments:
    "bundled-market-share",
  PercentageOfGrossScope3GreenhouseGasEmissionsCalculatedUsingPrimaryDataObtainedFromSuppliersOrOtherValueChainPartners:
    "primary-data-share",
  NetRevenueUsedToCalculateGHGIntensity: "net-revenue",
  NetRevenueOtherThanUsedToCalculateGHGIntensity: "net-revenue-other",
  Revenue: "revenue",
  GHGEmissionsIntensityLocationbasedTotalGHGEmissionsPerNetRevenue: "intensity-location",
  GHGEmissionsIntensityMarketbasedTotalGHGEmissionsPerNetRevenue: "intensity-market",
  BiogenicEmissionsOfCO2FromCombustionOrBiodegradationOfBiomassNotIncludedInScope1GHGEmissions: "biogenic-1",
  BiogenicEmissionsOfCO2FromCombustionOrBiodegradationOfBiomassNotIncludedInScope2GHGEmissions: "biogenic-2",
  BiogenicEmissionsOfCO2FromCombustionOrBiodegradationOfBiomassThatOccurInUpstreamAndDownstreamValueChainNotIncludedInScope3GHGEmissions:
    "biogenic-3",
};

/** The axis of the fifteen Scope 3 categories of the GHG Protocol. */
export const scope3Axis = "Scope3GHGEmissionsCategoryGHGProtocolAxis";
const categoryNumbers = new Map(scope3Categories.map(({ number, member }) => [`esrs:${member}`, number]));

/** A figure's id: its short name (`scope-1`, `scope-3-7`, `total-location-DE`), or concept and breakdown; `@2023` for an earlier year, `/USD` for a second currency. */
export function figureId(name: string, place: Place, years: readonly Year[], currency = ""): string {
  const year = place.year === 0 ? "" : `@${(years[place.year]?.end ?? "").slice(0, 4)}`;
  return `${shortId(name, place) ?? `${name}${breakdown(place)}`}${currency === "" ? "" : `/${currency}`}${year}`;
}

function shortId(name: string, { dimensions, typed }: Place): string | undefined {
  const short = shortNames[name];
  if (short === undefined || Object.keys(typed).length > 0) return undefined;
  const axes = Object.keys(dimensions);
  if (axes.length === 0) return short;
  if (axes.length > 1) return undefined;
  const number = short === "scope-3" ? categoryNumbers.get(dimensions[scope3Axis] ?? "") : undefined;
  if (number !== undefined) return `scope-3-${number}`;
  const country = short.startsWith("total-") ? dimensions["CountryAxis"] : undefined;
  return country === undefined ? undefined : `${short}-${country.replace(/^country:/, "")}`;
}

function breakdown({ dimensions, typed }: Place): string {
  const parts = [
    ...Object.entries(dimensions).map(
      ([axis, member]) => `${axis}=${member.replace(/^(?:esrs|country):/, "")}`,
    ),
    ...Object.entries(typed).map(([axis, text]) => `${axis}=${JSON.stringify(text)}`),
  ];
  return parts.length === 0 ? "" : `[${parts.toSorted().join(";")}]`;
}

/** The period of a figure at a place: a span, or the year's last day for what is measured at one. */
export function periodOf(
  place: Place,
  years: readonly Year[],
  kind: "duration" | "instant",
): Metric["period"] {
  const year = years[place.year];
  if (year === undefined) throw new RangeError(`no year ${place.year} before the reported one`);
  return kind === "instant" ? { instant: year.end } : { start: year.start, end: year.end };
}
