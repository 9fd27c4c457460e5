import { Decimal } from "decimal.js";
import { convert, type Unit, unitNamed } from "#rules/units.ts";
import type { Factor, Factors } from "../../catalogue/load.ts";
import { CsrdError } from "../../errors.ts";
import type { ActivityRecord, EmissionLineage } from "../documents.ts";

/** A factor ready to be multiplied: what the lineage says of it, and its values per unit as numbers. */
export type ReadyFactor = {
  readonly factor: EmissionLineage["factor"];
  /** kg CO2e per unit on AR6, and as published. */
  readonly ar6: Decimal;
  readonly published: Decimal;
  /** kg of CO2 of biological origin per unit, where the source states it. */
  readonly biogenic: Decimal | undefined;
};

type Known = ReadyFactor & { readonly from: Unit; readonly to: Unit };

/** Hands out factors with amounts brought to their unit; each pair of factor and unit is worked out once. */
export class FactorDesk {
  readonly #byId: ReadonlyMap<string, Factor>;
  readonly #gwp: Factors["gwp_sets"];
  readonly #known = new Map<string, Known>();

  constructor({ factors, gwp_sets }: Factors) {
    this.#byId = new Map(factors.map((factor) => [factor.id, factor]));
    this.#gwp = gwp_sets;
  }

  /** The factor of a record and its amount in the factor's unit; throws `factor-missing`. */
  apply(record: ActivityRecord): ReadyFactor & { readonly amount: Decimal } {
    const { factor: use, amount, unit, record_id } = record;
    if (use.kind === "own") {
      const published = new Decimal(use.kg_co2e);
      const factor = {
        gwp_set: use.gwp_set === "" ? "not stated" : use.gwp_set,
        id: `own:${record_id}`,
        kg_co2e_ar6: use.kg_co2e,
        kg_co2e_as_published: use.kg_co2e,
        source: use.source,
        translated: use.gwp_set === "AR6",
        unit,
      };
      return { factor, ar6: published, published, biogenic: undefined, amount: new Decimal(amount) };
    }
    const key = `${use.id} ${unit}`;
    const known = this.#known.get(key) ?? this.#ready(this.#byId.get(use.id), unit);
    const converted = known && convert(new Decimal(amount), known.from, known.to);
    if (known === undefined || converted === undefined)
      throw new CsrdError("factor-missing", {
        summary: `Row ${record.row}, column activity: the factor ${use.id} is not in the catalogue or does not fit ${unit}.`,
        hint: "Run the intake stage again with the present factor list.",
      });
    this.#known.set(key, known);
    return { ...known, amount: converted };
  }

  #ready(factor: Factor | undefined, unit: string): Known | undefined {
    const [from, to] = [unitNamed(unit), unitNamed(factor?.unit ?? "")];
    if (factor === undefined || from === undefined || to === undefined) return undefined;
    const { kg, translated } = onAr6(factor, this.#gwp);
    return {
      from,
      to,
      ar6: kg,
      published: new Decimal(factor.kg_co2e),
      biogenic: factor.biogenic_co2 === undefined ? undefined : new Decimal(factor.biogenic_co2),
      factor: {
        gwp_set: translated ? "AR6" : "AR5",
        id: factor.id,
        kg_co2e_ar6: kg.toFixed(),
        kg_co2e_as_published: factor.kg_co2e,
        source: factor.source,
        translated,
        unit: factor.unit,
      },
    };
  }
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
