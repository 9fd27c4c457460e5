import { Decimal } from "decimal.js";
import { convert, unitNamed } from "#rules/units.ts";
import type { ActivityFormula } from "#rules/formula.ts";
import { digest, type Factor, type Factors } from "../../catalogue/load.ts";
import { CsrdError } from "../../errors.ts";
import type { ActivityRecord, EmissionLineage } from "../documents.ts";
import { instruments } from "../intake-steps/columns.ts";

/** Kilogram steps of a tonne: each record is rounded once, half up, before anything is added. */
function toTonnes(kilograms: Decimal): Decimal {
  return kilograms.dividedBy(1000).toDecimalPlaces(3, Decimal.ROUND_HALF_UP);
}

/** The factor on AR6, and whether it could be translated: a single gas has its own value, a gas split is re-weighted, anything else stays. */
function onAr6(
  factor: Factor,
  gwp: Factors["gwp_sets"],
): { readonly kg: Decimal; readonly translated: boolean } {
  if (factor.kg_co2e_ar6 !== undefined) return { kg: new Decimal(factor.kg_co2e_ar6), translated: true };
  if (factor.gases === undefined) return { kg: new Decimal(factor.kg_co2e), translated: false };
  const origin = factor.methane ?? "mixed";
  const methane = new Decimal(factor.gases.ch4).times(
    new Decimal(gwp.AR6.ch4[origin]).dividedBy(gwp.AR5.ch4[origin]).minus(1),
  );
  const nitrous = new Decimal(factor.gases.n2o).times(
    new Decimal(gwp.AR6.n2o).dividedBy(gwp.AR5.n2o).minus(1),
  );
  return { kg: new Decimal(factor.kg_co2e).plus(methane).plus(nitrous), translated: true };
}

type Applied = {
  readonly factor: EmissionLineage["factor"];
  /** In the factor's unit. */
  readonly amount: Decimal;
  readonly biogenicPerUnit?: Decimal;
};

/** What one record contributes: one entry for scopes 1 and 3; a location-based and a market-based one for scope 2. */
export function contributionsOf(
  record: ActivityRecord,
  byId: ReadonlyMap<string, Factor>,
  gwp: Factors["gwp_sets"],
  formula: ActivityFormula,
): readonly EmissionLineage[] {
  const applied = apply(record, byId, gwp);
  const biogenic = biogenicOf(record, applied);
  if (record.scope !== 2) return [entry(record, "activity", applied, formula, biogenic)];
  const market =
    record.market_factor === undefined
      ? applied
      : {
          amount: new Decimal(record.amount),
          factor: {
            id: `contract:${record.record_id}`,
            source: record.market_factor.source,
            unit: record.unit,
            kg_co2e_as_published: record.market_factor.kg_co2e,
            kg_co2e_ar6: record.market_factor.kg_co2e,
            gwp_set: "as contracted",
            translated: new Decimal(record.market_factor.kg_co2e).isZero(),
          },
        };
  return [
    entry(record, "location-based", applied, formula, biogenic),
    entry(record, "market-based", market, formula),
  ];
}

/** CO2 of biological origin of one record in tonnes, if the record or its factor states any (ESRS E1 AR 43 c). */
function biogenicOf(record: ActivityRecord, { amount, biogenicPerUnit }: Applied): Decimal | undefined {
  if (record.biogenic_co2_tonnes !== undefined)
    return new Decimal(record.biogenic_co2_tonnes).toDecimalPlaces(3, Decimal.ROUND_HALF_UP);
  return biogenicPerUnit === undefined ? undefined : toTonnes(amount.times(biogenicPerUnit));
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

function apply(
  { factor: use, amount, unit, record_id, row }: ActivityRecord,
  byId: ReadonlyMap<string, Factor>,
  gwp: Factors["gwp_sets"],
): Applied {
  if (use.kind === "own")
    return {
      amount: new Decimal(amount),
      factor: {
        id: `own:${record_id}`,
        source: use.source,
        unit,
        kg_co2e_as_published: use.kg_co2e,
        kg_co2e_ar6: use.kg_co2e,
        gwp_set: use.gwp_set === "" ? "not stated" : use.gwp_set,
        translated: use.gwp_set === "AR6",
      },
    };
  const factor = byId.get(use.id);
  const [from, to] = [unitNamed(unit), unitNamed(factor?.unit ?? "")];
  const converted =
    from === undefined || to === undefined ? undefined : convert(new Decimal(amount), from, to);
  if (factor === undefined || converted === undefined)
    throw new CsrdError("factor-missing", {
      summary: `Row ${row}, column activity: the factor ${use.id} is not in the catalogue or does not fit ${unit}.`,
      hint: "Run the intake stage again with the present factor list.",
    });
  const { kg, translated } = onAr6(factor, gwp);
  return {
    amount: converted,
    factor: {
      id: factor.id,
      source: factor.source,
      unit: factor.unit,
      kg_co2e_as_published: factor.kg_co2e,
      kg_co2e_ar6: kg.toFixed(),
      gwp_set: translated ? "AR6" : "AR5",
      translated,
    },
    ...(factor.biogenic_co2 === undefined ? {} : { biogenicPerUnit: new Decimal(factor.biogenic_co2) }),
  };
}

function entry(
  record: ActivityRecord,
  method: EmissionLineage["method"],
  { amount, factor }: Applied,
  formula: ActivityFormula,
  biogenic?: Decimal,
): EmissionLineage {
  const also = partsOf(record, method);
  const body = {
    kind: "emission" as const,
    input: record.input,
    record_id: record.record_id,
    row: record.row,
    scope: record.scope,
    category: record.category,
    country: record.country,
    method,
    activity: record.activity,
    amount: record.amount,
    unit: record.unit,
    factor,
    amount_in_factor_unit: amount.toFixed(),
    tonnes: toTonnes(amount.times(factor.kg_co2e_ar6)).toFixed(3),
    tonnes_as_published: toTonnes(amount.times(factor.kg_co2e_as_published)).toFixed(3),
    ...(biogenic === undefined ? {} : { biogenic_tonnes: biogenic.toFixed(3) }),
    ...(also.length === 0 ? {} : { also: [...also] }),
    formula: formula.id,
    formula_version: formula.version,
  };
  return { ...body, hash: digest(body) };
}
