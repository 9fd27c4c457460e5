import { Decimal } from "decimal.js";
import { digest, type Formula } from "../../catalogue/load.ts";
import type { ActivityRecord, Company, Lineage, Metric } from "../documents.ts";
import { instruments, scope3Categories } from "../intake-steps/columns.ts";

/** What the figures are made from. */
export type MetricSources = {
  readonly company: Company;
  readonly records: readonly ActivityRecord[];
  readonly lineage: readonly Lineage[];
  readonly formulas: readonly Formula[];
  readonly labelOf: (concept: string) => string;
  /** Biogenic CO2 in tonnes by scope, where any is known. */
  readonly biogenic: ReadonlyMap<1 | 2 | 3, { readonly tonnes: Decimal; readonly from: readonly string[] }>;
};

const scope3Axis = "Scope3GHGEmissionsCategoryGHGProtocolAxis";
const biogenicConcepts = {
  1: "BiogenicEmissionsOfCO2FromCombustionOrBiodegradationOfBiomassNotIncludedInScope1GHGEmissions",
  2: "BiogenicEmissionsOfCO2FromCombustionOrBiodegradationOfBiomassNotIncludedInScope2GHGEmissions",
  3: "BiogenicEmissionsOfCO2FromCombustionOrBiodegradationOfBiomassThatOccurInUpstreamAndDownstreamValueChainNotIncludedInScope3GHGEmissions",
} as const;

/** Every reported figure, each from the records below it. A scope without records is left out, never reported as zero. */
export function metricsFrom({
  company,
  records,
  lineage,
  formulas,
  labelOf,
  biogenic,
}: MetricSources): readonly Metric[] {
  const formulaOf = new Map(formulas.map((formula) => [formula.id, formula]));
  const byRecord = new Map(records.map((record) => [record.record_id, record]));
  const metrics: Metric[] = [];
  const s1 = sum(
    "scope-1",
    "GrossScope1GreenhouseGasEmissions",
    "gross-scope-1",
    lineage.filter(({ scope }) => scope === 1),
  );
  const s2 = (method: Lineage["method"]): readonly Lineage[] =>
    lineage.filter((one) => one.scope === 2 && one.method === method);
  const s2l = sum(
    "scope-2-location",
    "GrossLocationBasedScope2GreenhouseGasEmissions",
    "gross-scope-2-location",
    s2("location-based"),
  );
  const s2m = sum(
    "scope-2-market",
    "GrossMarketBasedScope2GreenhouseGasEmissions",
    "gross-scope-2-market",
    s2("market-based"),
  );
  const parts = scope3Categories.flatMap(({ number, member }) => {
    const own = lineage.filter(({ scope, category }) => scope === 3 && category === number);
    const part = sum(
      `scope-3-${number}`,
      "GrossScope3GreenhouseGasEmissions",
      "scope-3-category",
      own,
      scope3Axis,
      `esrs:${member}`,
    );
    return part === undefined ? [] : [part];
  });
  const s3 =
    parts.length === 0
      ? undefined
      : add("scope-3", "GrossScope3GreenhouseGasEmissions", "gross-scope-3", parts);
  const forLocation = all(s1, s2l, s3);
  const forMarket = all(s1, s2m, s3);
  const totalLocation =
    forLocation &&
    add("total-location", "LocationBasedGreenhouseGasEmissions", "total-location", forLocation);
  const totalMarket =
    forMarket && add("total-market", "MarketBasedGreenhouseGasEmissions", "total-market", forMarket);
  const countries = [...new Set(records.map(({ country }) => country))].toSorted();
  if (totalLocation !== undefined && countries.length > 1)
    for (const country of countries) {
      const here = lineage.filter((one) => one.country === country);
      sum(
        `total-location-${country}`,
        "LocationBasedGreenhouseGasEmissions",
        "country-location",
        here.filter(({ method }) => method !== "market-based"),
        "CountryAxis",
        `country:${country}`,
      );
      sum(
        `total-market-${country}`,
        "MarketBasedGreenhouseGasEmissions",
        "country-market",
        here.filter(({ method }) => method !== "location-based"),
        "CountryAxis",
        `country:${country}`,
      );
    }
  shares();
  revenue();
  for (const [scope, { tonnes, from }] of biogenic)
    push(`biogenic-${scope}`, biogenicConcepts[scope], "biogenic", tonnes, 3, "utr:tCO2e", from);
  return metrics;

  function sum(
    id: string,
    concept: string,
    formula: string,
    entries: readonly Lineage[],
    axis = "",
    member = "",
  ): Metric | undefined {
    if (entries.length === 0) return undefined;
    let total = new Decimal(0);
    for (const { tonnes } of entries) total = total.plus(tonnes);
    return push(
      id,
      concept,
      formula,
      total,
      3,
      "utr:tCO2e",
      entries.map(({ record_id }) => record_id),
      axis,
      member,
    );
  }

  function add(id: string, concept: string, formula: string, of: readonly Metric[]): Metric {
    const total = of.reduce((running, { value }) => running.plus(value), new Decimal(0));
    return push(
      id,
      concept,
      formula,
      total,
      3,
      "utr:tCO2e",
      of.map((metric) => metric.id),
    );
  }

  function share(
    id: string,
    concept: string,
    formula: string,
    part: readonly Lineage[],
    whole: Metric | undefined,
  ): void {
    if (whole === undefined || new Decimal(whole.value).isZero()) return;
    const tonnes = part.reduce((running, one) => running.plus(one.tonnes), new Decimal(0));
    push(
      id,
      concept,
      formula,
      tonnes.dividedBy(whole.value).toDecimalPlaces(4, Decimal.ROUND_HALF_UP),
      4,
      "xbrli:pure",
      part.length > 0 ? part.map(({ record_id }) => record_id) : [whole.id],
    );
  }

  function recordOf({ record_id }: Lineage): ActivityRecord | undefined {
    return byRecord.get(record_id);
  }

  function shares(): void {
    const bundled = (entry: Lineage): boolean | undefined =>
      instruments[recordOf(entry)?.instrument ?? ""]?.bundled;
    share(
      "ets-share",
      "PercentageOfScope1GreenhouseGasEmissionsFromRegulatedEmissionTradingSchemes",
      "ets-share",
      lineage.filter((one) => one.scope === 1 && recordOf(one)?.ets === true),
      s1,
    );
    const located = s2("location-based");
    share(
      "instrument-share",
      "PercentageOfContractualInstrumentsScope2GHGEmissions",
      "instrument-share",
      located.filter((one) => bundled(one) !== undefined),
      s2l,
    );
    share(
      "bundled-share",
      "PercentageOfContractualInstrumentsUsedForSaleAndPurchaseOfEnergyBundledWithAttributesAboutEnergyGenerationInRelationToScope2GHGEmissions",
      "bundled-share",
      located.filter((one) => bundled(one) === true),
      s2l,
    );
    share(
      "unbundled-share",
      "PercentageOfContractualInstrumentsUsedForSaleAndPurchaseOfUnbundledEnergyAttributeClaimsInRelationToScope2GHGEmissions",
      "unbundled-share",
      located.filter((one) => bundled(one) === false),
      s2l,
    );
    share(
      "bundled-market-share",
      "PercentageOfMarketbasedScope2GHGEmissionsLinkedToPurchasedElectricityBundledWithInstruments",
      "bundled-market-share",
      s2("market-based").filter((one) => one.category === "purchased-electricity" && bundled(one) === true),
      s2m,
    );
    share(
      "primary-data-share",
      "PercentageOfGrossScope3GreenhouseGasEmissionsCalculatedUsingPrimaryDataObtainedFromSuppliersOrOtherValueChainPartners",
      "primary-data-share",
      lineage.filter((one) => one.scope === 3 && recordOf(one)?.primary_data === true),
      s3,
    );
  }

  function revenue(): void {
    const given = company.net_revenue;
    if (given === undefined) return;
    const currency = `iso4217:${given.currency}`;
    const amount = new Decimal(given.amount);
    const decimals = amount.decimalPlaces();
    const net = push(
      "net-revenue",
      "NetRevenueUsedToCalculateGHGIntensity",
      "net-revenue",
      amount,
      decimals,
      currency,
      ["company.json"],
    );
    push(
      "net-revenue-other",
      "NetRevenueOtherThanUsedToCalculateGHGIntensity",
      "net-revenue",
      new Decimal(0),
      decimals,
      currency,
      ["company.json"],
    );
    push("revenue", "Revenue", "net-revenue", amount, decimals, currency, ["company.json"]);
    const ratio = (id: string, concept: string, total: Metric | undefined): void => {
      if (total === undefined) return;
      push(
        id,
        concept,
        id,
        new Decimal(total.value).dividedBy(amount).toDecimalPlaces(12, Decimal.ROUND_HALF_UP),
        12,
        `utr:tCO2e/${currency}`,
        [total.id, net.id],
      );
    };
    ratio(
      "intensity-location",
      "GHGEmissionsIntensityLocationbasedTotalGHGEmissionsPerNetRevenue",
      totalLocation,
    );
    ratio("intensity-market", "GHGEmissionsIntensityMarketbasedTotalGHGEmissionsPerNetRevenue", totalMarket);
  }

  function push(
    id: string,
    concept: string,
    formula: string,
    value: Decimal,
    decimals: number,
    unit: string,
    from: readonly string[],
    axis = "",
    member = "",
  ): Metric {
    const known = formulaOf.get(formula);
    if (known === undefined) throw new TypeError(`rules/esrs_formulas.yaml has no formula ${formula}`);
    const body = {
      id,
      concept,
      label: labelOf(concept),
      axis,
      member,
      value: value.toFixed(decimals),
      unit,
      decimals,
      formula: known.id,
      formula_version: known.version,
      from: [...from],
    };
    const metric = { ...body, hash: digest(body) };
    metrics.push(metric);
    return metric;
  }
}

/** All of them, or nothing when one is missing. */
function all<T>(...list: readonly (T | undefined)[]): readonly T[] | undefined {
  const present = list.flatMap((one) => (one === undefined ? [] : [one]));
  return present.length === list.length ? present : undefined;
}
