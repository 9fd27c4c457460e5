import { Decimal } from "decimal.js";
import type { ActivityFormula } from "#rules/formula.ts";
import type { ActivityRecord, EmissionLineage } from "../documents.ts";
import { instruments } from "../intake-steps/columns.ts";
import type { FactorDesk, ReadyFactor } from "./factor-desk.ts";

/** A record's contribution before it is hashed; its keys stand in their canonical order. */
export type Emission = Omit<EmissionLineage, "hash">;

/** Kilogram steps of a tonne: each record is rounded once, half up, before anything is added. */
function toTonnes(kilograms: Decimal): Decimal {
  return kilograms.dividedBy(1000).toDecimalPlaces(3, Decimal.ROUND_HALF_UP);
}

type Applied = ReadyFactor & {
  /** In the factor's unit. */
  readonly amount: Decimal;
};

/** What one record contributes: one entry for scopes 1 and 3; a location-based and a market-based one for scope 2. */
export function contributionsOf(
  record: ActivityRecord,
  desk: FactorDesk,
  formula: ActivityFormula,
): readonly Emission[] {
  const applied = desk.apply(record);
  const biogenic = biogenicOf(record, applied);
  if (record.scope !== 2) return [entry(record, "activity", applied, formula, biogenic)];
  return [
    entry(record, "location-based", applied, formula, biogenic),
    entry(record, "market-based", contracted(record) ?? applied, formula),
  ];
}

/** The factor that the contract states, on the amount as given. */
function contracted({ record_id, market_factor, amount, unit }: ActivityRecord): Applied | undefined {
  if (market_factor === undefined) return undefined;
  const { kg_co2e, source } = market_factor;
  const kg = new Decimal(kg_co2e);
  return {
    amount: new Decimal(amount),
    ar6: kg,
    published: kg,
    biogenic: undefined,
    factor: {
      gwp_set: "as contracted",
      id: `contract:${record_id}`,
      kg_co2e_ar6: kg_co2e,
      kg_co2e_as_published: kg_co2e,
      source,
      translated: kg.isZero(),
      unit,
    },
  };
}

/** CO2 of biological origin of one record in tonnes, if the record or its factor states any (ESRS E1 AR 43 c). */
function biogenicOf(record: ActivityRecord, { amount, biogenic }: Applied): Decimal | undefined {
  if (record.biogenic_co2_tonnes !== undefined)
    return new Decimal(record.biogenic_co2_tonnes).toDecimalPlaces(3, Decimal.ROUND_HALF_UP);
  return biogenic === undefined ? undefined : toTonnes(amount.times(biogenic));
}

/** The auxiliary inputs behind the shares (ESRS E1 paragraph 48 b, AR 45 d, AR 46 g) that an entry counts towards. */
function partsOf(record: ActivityRecord, method: EmissionLineage["method"]): readonly string[] {
  const { scope, ets, primary_data, instrument, category } = record;
  if (scope === 1) return ets ? ["aux:scope-1-in-trading-schemes"] : [];
  if (scope === 3) return primary_data ? ["aux:scope-3-from-primary-data"] : [];
  const bundled = instruments[instrument]?.bundled;
  if (bundled === undefined) return [];
  if (method === "market-based")
    return bundled && category === "purchased-electricity" ? ["aux:scope-2-market-bundled-electricity"] : [];
  return [
    "aux:scope-2-under-instruments",
    bundled ? "aux:scope-2-under-bundled-instruments" : "aux:scope-2-under-unbundled-claims",
  ];
}

function entry(
  record: ActivityRecord,
  method: EmissionLineage["method"],
  { amount, factor, ar6, published }: Applied,
  formula: ActivityFormula,
  biogenic?: Decimal,
): Emission {
  const { activity, category, country, input, record_id, row, scope, unit } = record;
  const also = partsOf(record, method);
  const tonnes = toTonnes(amount.times(ar6)).toFixed(3);
  return {
    activity,
    ...(also.length === 0 ? {} : { also: [...also] }),
    amount: record.amount,
    amount_in_factor_unit: amount.toFixed(),
    ...(biogenic === undefined ? {} : { biogenic_tonnes: biogenic.toFixed(3) }),
    category,
    country,
    factor,
    formula: formula.id,
    formula_version: formula.version,
    input,
    kind: "emission",
    method,
    record_id,
    row,
    scope,
    tonnes,
    tonnes_as_published: ar6.equals(published) ? tonnes : toTonnes(amount.times(published)).toFixed(3),
    unit,
  };
}
