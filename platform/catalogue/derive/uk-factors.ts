import { isNumber, plain, slug } from "./factor-paths.ts";
import type { Factor } from "../factor-model.ts";
import { type Composition, onAr6, type Potentials } from "./refrigerants.ts";

type Row = Readonly<Record<string, string>>;
type Family = {
  readonly categories: readonly string[];
  readonly basis: Factor["basis"];
  readonly country?: string;
};

const travel = ["6", "7"];
const carriage = ["4", "9"];
const burnt: Family = {
  categories: ["stationary-combustion", "mobile-combustion"],
  basis: "combustion",
};

/** Where each family of the UK set belongs: Scope 1 source types (ESRS E1 AR 43), Scope 2 energy kinds, Scope 3 categories (AR 46, AR 48). */
const families: Readonly<Record<string, Family>> = {
  Fuels: burnt,
  Bioenergy: burnt,
  "Refrigerant & other": { categories: ["fugitive-emissions", "process-emissions"], basis: "release" },
  "Passenger vehicles": { categories: ["mobile-combustion"], basis: "combustion" },
  "Delivery vehicles": { categories: ["mobile-combustion"], basis: "combustion" },
  "UK electricity": { categories: ["purchased-electricity"], basis: "generation", country: "GB" },
  "UK electricity for EVs": { categories: ["purchased-electricity"], basis: "generation", country: "GB" },
  "Heat and steam": { categories: ["purchased-heat", "purchased-steam"], basis: "generation", country: "GB" },
  "WTT- fuels": { categories: ["3"], basis: "well-to-tank" },
  "WTT- bioenergy": { categories: ["3"], basis: "well-to-tank" },
  "Transmission and distribution": { categories: ["3"], basis: "losses", country: "GB" },
  "UK electricity T&D for EVs": { categories: ["3"], basis: "losses", country: "GB" },
  "WTT- UK electricity": { categories: ["3"], basis: "well-to-tank", country: "GB" },
  "WTT- heat and steam": { categories: ["3"], basis: "well-to-tank", country: "GB" },
  "Water supply": { categories: ["1"], basis: "production" },
  "Water treatment": { categories: ["5"], basis: "treatment" },
  "Material use": { categories: ["1", "2"], basis: "production" },
  "Waste disposal": { categories: ["5", "12"], basis: "treatment" },
  "Business travel- air": { categories: ["6"], basis: "combustion" },
  "WTT- business travel- air": { categories: ["6"], basis: "well-to-tank" },
  "Business travel- sea": { categories: travel, basis: "combustion" },
  "WTT- business travel- sea": { categories: travel, basis: "well-to-tank" },
  "Business travel- land": { categories: travel, basis: "combustion" },
  "WTT- pass vehs & travel- land": { categories: ["3", ...travel], basis: "well-to-tank" },
  "Freighting goods": { categories: carriage, basis: "combustion" },
  "WTT- delivery vehs & freight": { categories: ["3", ...carriage], basis: "well-to-tank" },
  "Hotel stay": { categories: ["6"], basis: "use" },
  "Managed assets- electricity": { categories: ["8", "13"], basis: "generation", country: "GB" },
  "Managed assets- vehicles": { categories: ["8", "13"], basis: "combustion" },
  Homeworking: { categories: ["7"], basis: "use" },
};

const unitNames: Readonly<Record<string, string>> = {
  tonnes: "tonne",
  litres: "litre",
  "kWh (Net CV)": "kWh (net CV)",
  "kWh (Gross CV)": "kWh (gross CV)",
  "cubic metres": "m3",
  GJ: "GJ",
  kg: "kg",
  kWh: "kWh",
  km: "km",
  miles: "mile",
  "tonne.km": "tonne.km",
  "million litres": "million litres",
  "passenger.km": "passenger.km",
  "Room per night": "room-night",
  "per FTE Working Hour": "FTE hour",
};

/** The UK set, every published factor. A refrigerant is published up to three times; activities lead to its Kyoto gases (ESRS E1 AR 39 c), or where it has none to the whole. */
export function deriveUkFactors(
  rows: readonly Row[],
  potentials: Potentials,
  blends: ReadonlyMap<string, Composition>,
): readonly Factor[] {
  const kyoto = new Set(rows.filter(isKyoto).map((row) => row["level3"]));
  return rows.map((row) => {
    const family = families[row["level1"] ?? ""];
    if (family === undefined) throw new Error(`No place for the family ${row["level1"]}.`);
    const unit = unitNames[row["uom"] ?? ""];
    if (unit === undefined) throw new Error(`No unit for ${row["uom"]}.`);
    const released = family.basis === "release";
    const other = released ? otherCounting(row, kyoto.has(row["level3"])) : undefined;
    const ar6 = released ? ar6Of(row, potentials, blends) : undefined;
    return {
      id: `desnz-2024:${row["id"]}`,
      source: "desnz-2024",
      scope: scopeOf(row["scope"] ?? ""),
      categories: other === undefined ? [...family.categories] : [],
      ...(other === undefined ? {} : { not_matched: other.because }),
      path: [...segments(row, released ? "" : (row["column_text"] ?? "")), ...(other?.segment ?? [])].join(
        "/",
      ),
      unit,
      basis: family.basis,
      kg_co2e: plain(row["kg_co2e"]),
      ...gasSplit(row),
      ...(ar6 === undefined ? {} : { kg_co2e_ar6: ar6 }),
      ...(family.country === undefined ? {} : { country: family.country }),
    };
  });
}

const isKyoto = (row: Row): boolean => /only Kyoto/.test(row["column_text"] ?? "");

type Other = { readonly segment: readonly string[]; readonly because: string };

function otherCounting(row: Row, hasKyoto: boolean): Other | undefined {
  if (isKyoto(row)) return undefined;
  if (/only non-Kyoto/.test(row["column_text"] ?? ""))
    return { segment: ["outside-kyoto"], because: "counts only the gases outside the Kyoto Protocol" };
  return hasKyoto
    ? { segment: ["all-gases"], because: "counts gases outside the Kyoto Protocol too" }
    : undefined;
}

function ar6Of(
  row: Row,
  potentials: Potentials,
  blends: ReadonlyMap<string, Composition>,
): string | undefined {
  const name = row["level3"] ?? "";
  const blend = blends.get(name.replace("-", ""));
  if (blend !== undefined && !isKyoto(row)) return undefined;
  return onAr6(plain(row["kg_co2e"]), name, blend, potentials);
}

function segments(row: Row, variant: string): readonly string[] {
  const level4 = row["level4"] === "kWh" ? "" : row["level4"];
  return [row["level1"], row["level2"], row["level3"], level4, variant]
    .map((part) => slug(part ?? "").replaceAll("/", "-"))
    .filter((part, index, all) => part !== "" && part !== all[index - 1]);
}

function gasSplit(row: Row): Pick<Factor, "gases" | "methane"> {
  if (!isNumber(row["kg_co2e_ch4"])) return {};
  const fossil =
    /^(Fuels|Passenger vehicles|Delivery vehicles|Freighting)/.test(row["level1"] ?? "") &&
    !/biofuel blend/.test(row["level3"] ?? "");
  return {
    gases: { co2: plain(row["kg_co2e_co2"]), ch4: plain(row["kg_co2e_ch4"]), n2o: plain(row["kg_co2e_n2o"]) },
    methane: fossil ? "fossil" : "mixed",
  };
}

function scopeOf(text: string): 1 | 2 | 3 {
  return text.endsWith("1") ? 1 : text.endsWith("2") ? 2 : 3;
}
