import { Decimal } from "decimal.js";

/** A factor as stored: decimal text in kg CO2e per unit; gases in kg CO2e on the source's GWP basis. */
export type DerivedFactor = {
  readonly id: string;
  readonly source: string;
  readonly scope: 1 | 2 | 3;
  readonly categories: readonly string[];
  readonly path: string;
  readonly unit: string;
  readonly kg_co2e: string;
  readonly gases?: { readonly co2: string; readonly ch4: string; readonly n2o: string };
  /** Where the methane comes from, which decides its AR6 value. */
  readonly methane?: "fossil" | "biogenic" | "mixed";
  /** A single gas: its own AR6 value replaces the factor. */
  readonly kg_co2e_ar6?: string;
  /** Only for activities in this country, ISO 3166 alpha-2. */
  readonly country?: string;
  /** eGRID subregion. */
  readonly region?: string;
  /** CO2 of biological origin, kg per unit, left out of `kg_co2e` and reported beside the scopes. */
  readonly biogenic_co2?: string;
};

type Row = Readonly<Record<string, string>>;

const combustion = ["stationary-combustion", "mobile-combustion"];
const travel = ["6", "7"];
const carriage = ["4", "9"];

/** Where each family of the UK set belongs: Scope 1 source types (ESRS E1 AR 43), Scope 2 energy kinds, Scope 3 categories (AR 46, AR 48). */
const families: Readonly<
  Record<string, { readonly categories: readonly string[]; readonly country?: string }>
> = {
  Fuels: { categories: combustion },
  Bioenergy: { categories: combustion },
  "Refrigerant & other": { categories: ["fugitive-emissions", "process-emissions"] },
  "Passenger vehicles": { categories: ["mobile-combustion"] },
  "Delivery vehicles": { categories: ["mobile-combustion"] },
  "UK electricity": { categories: ["purchased-electricity"], country: "GB" },
  "UK electricity for EVs": { categories: ["purchased-electricity"], country: "GB" },
  "Heat and steam": { categories: ["purchased-heat", "purchased-steam"], country: "GB" },
  "WTT- fuels": { categories: ["3"] },
  "WTT- bioenergy": { categories: ["3"] },
  "Transmission and distribution": { categories: ["3"], country: "GB" },
  "UK electricity T&D for EVs": { categories: ["3"], country: "GB" },
  "WTT- UK electricity": { categories: ["3"], country: "GB" },
  "WTT- heat and steam": { categories: ["3"], country: "GB" },
  "Water supply": { categories: ["1"] },
  "Water treatment": { categories: ["5"] },
  "Material use": { categories: ["1", "2"] },
  "Waste disposal": { categories: ["5", "12"] },
  "Business travel- air": { categories: ["6"] },
  "WTT- business travel- air": { categories: ["6"] },
  "Business travel- sea": { categories: travel },
  "WTT- business travel- sea": { categories: travel },
  "Business travel- land": { categories: travel },
  "WTT- pass vehs & travel- land": { categories: ["3", ...travel] },
  "Freighting goods": { categories: carriage },
  "WTT- delivery vehs & freight": { categories: ["3", ...carriage] },
  "Hotel stay": { categories: ["6"] },
  "Managed assets- electricity": { categories: ["8", "13"], country: "GB" },
  "Managed assets- vehicles": { categories: ["8", "13"] },
  Homeworking: { categories: ["7"] },
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

function scopeOf(text: string): 1 | 2 | 3 {
  return text.endsWith("1") ? 1 : text.endsWith("2") ? 2 : 3;
}

// Lower-case words joined by dashes; the form in which activities are matched.
function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("&", " and ")
    .replaceAll(/[^a-z0-9.+%]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

/** The UK set: one factor per published value, refrigerants once (Kyoto gases where the substance has any: ESRS E1 AR 39 c). */
export function deriveUkFactors(
  rows: readonly Row[],
  gwp: ReadonlyMap<string, { ar5: string; ar6: string }>,
): readonly DerivedFactor[] {
  const kyoto = new Set(
    rows.filter((row) => /only Kyoto/.test(row["column_text"] ?? "")).map((row) => row["level3"]),
  );
  return rows.flatMap((row) => {
    const family = families[row["level1"] ?? ""];
    if (family === undefined) throw new Error(`No place for the family ${row["level1"]}.`);
    const refrigerant = row["level1"] === "Refrigerant & other";
    const variant = row["column_text"] ?? "";
    if (refrigerant && !(kyoto.has(row["level3"]) ? /only Kyoto/.test(variant) : variant.startsWith("Total")))
      return [];
    const unit = unitNames[row["uom"] ?? ""];
    if (unit === undefined) throw new Error(`No unit for ${row["uom"]}.`);
    const level4 = row["level4"] === "kWh" ? "" : (row["level4"] ?? "");
    const segments = [row["level1"], row["level2"], row["level3"], level4, refrigerant ? "" : variant]
      .map((part) => slug(part ?? "").replaceAll("/", "-"))
      .filter((part, index, all) => part !== "" && part !== all[index - 1]);
    const split = row["kg_co2e_ch4"] !== "" && row["kg_co2e_ch4"] !== undefined;
    const species = refrigerant ? gwp.get(speciesName(row["level3"] ?? "")) : undefined;
    const single =
      species !== undefined && new Decimal(species.ar5).equals(row["kg_co2e"] ?? "0") ? species : undefined;
    return [
      {
        id: `desnz-2024:${row["id"]}`,
        source: "desnz-2024",
        scope: scopeOf(row["scope"] ?? ""),
        categories: family.categories,
        path: segments.join("/"),
        unit,
        kg_co2e: row["kg_co2e"] ?? "",
        ...(split
          ? {
              gases: {
                co2: plain(row["kg_co2e_co2"]),
                ch4: plain(row["kg_co2e_ch4"]),
                n2o: plain(row["kg_co2e_n2o"]),
              },
              methane:
                /^(Fuels|Passenger vehicles|Delivery vehicles|Freighting)/.test(row["level1"] ?? "") &&
                !/biofuel blend/.test(row["level3"] ?? "")
                  ? ("fossil" as const)
                  : ("mixed" as const),
            }
          : {}),
        ...(single === undefined ? {} : { kg_co2e_ar6: single.ar6 }),
        ...(family.country === undefined ? {} : { country: family.country }),
      },
    ];
  });
}

function speciesName(name: string): string {
  const inBrackets = /\(([A-Z0-9a-z]+)\)$/.exec(name)?.[1];
  const known: Readonly<Record<string, string>> = {
    Methane: "CH4",
    "Nitrous oxide": "N2O",
    "Nitrogen trifluoride": "NF3",
  };
  return known[name] ?? inBrackets ?? name.replaceAll("-", "");
}

function plain(text: string | undefined): string {
  return new Decimal(text === undefined || text === "" ? "0" : text).toFixed();
}

/** The US set: stationary fuels (table 1), grid subregions (table 6), steam and heat (table 7), freight and travel (tables 8 and 10). */
export function deriveUsFactors(rows: readonly (readonly string[])[]): readonly DerivedFactor[] {
  const found: DerivedFactor[] = [];
  let table = "";
  let group = "";
  let physical = "";
  for (const row of rows) {
    const named = /^Table (\d+)/.exec(row[2] ?? "");
    if (named !== null) [table, group] = [named[1] ?? "", ""];
    const [name = "", ...values] = row.slice(3);
    const numbers = values.map((value) =>
      value.trim() === "" || Number.isNaN(Number(value)) ? undefined : value,
    );
    const perMmbtu = /^mmBtu per (.+)$/.exec(values[0] ?? "");
    if (table === "1" && perMmbtu !== null) physical = perMmbtu[1] ?? "";
    if (table === "1" && name !== "" && numbers[0] === undefined) group = name;
    if (table === "1" && numbers.slice(0, 4).every((value) => value !== undefined)) {
      const [heat = "", co2 = "", ch4 = "", n2o = ""] = values;
      const biomass = group.startsWith("Biomass");
      const place = {
        scope: 1 as const,
        categories: ["stationary-combustion"],
        path: `stationary-fuels/${slug(group)}/${slug(name)}`,
        biomass,
      };
      const code = `t1-${slug(group)}-${slug(name)}`;
      found.push(
        usFactor(`${code}-mmbtu`, { ...place, unit: "mmBtu (gross CV)", co2, ch4g: ch4, n2og: n2o }),
      );
      const unit = { "short ton": "short ton", scf: "scf", gallon: "US gallon" }[physical];
      const per = (value: string): string => new Decimal(value).times(heat).toFixed();
      if (unit !== undefined)
        found.push(
          usFactor(`${code}-${slug(unit)}`, {
            ...place,
            unit,
            co2: per(co2),
            ch4g: per(ch4),
            n2og: per(n2o),
          }),
        );
    }
    if (table === "6" && /^([A-Z]{4}|US Average)$/.test(name) && numbers[1] !== undefined) {
      const region = name === "US Average" ? "US" : name;
      found.push(
        usFactor(`t6-${region}`, {
          scope: 2,
          categories: ["purchased-electricity"],
          path: `us-electricity/${slug(name)}`,
          unit: "MWh",
          co2: inKg(values[1]),
          ch4g: new Decimal(inKg(values[2])).times(1000).toFixed(),
          n2og: new Decimal(inKg(values[3])).times(1000).toFixed(),
          region,
        }),
      );
    }
    if (table === "7" && name === "Steam and Heat" && numbers[0] !== undefined)
      found.push(
        usFactor("t7-steam-and-heat", {
          scope: 2,
          categories: ["purchased-heat", "purchased-steam"],
          path: "us-steam-and-heat",
          unit: "mmBtu",
          co2: values[0] ?? "",
          ch4g: values[1] ?? "",
          n2og: values[2] ?? "",
        }),
      );
    const unit = {
      "vehicle-mile": "mile",
      "short ton-mile": "short ton-mile",
      "passenger-mile": "passenger-mile",
    }[values[3] ?? ""];
    if (
      (table === "8" || table === "10") &&
      unit !== undefined &&
      numbers.slice(0, 3).every((value) => value !== undefined)
    )
      found.push(
        usFactor(`t${table}-${slug(name)}-${slug(unit)}`, {
          scope: 3,
          categories: table === "8" ? carriage : travel,
          path: `${table === "8" ? "us-freight" : "us-travel"}/${slug(name)
            .replace(/truckc$/, "truck")
            .replace(/-[a-e]$/, "")}`,
          unit,
          co2: values[0] ?? "",
          ch4g: values[1] ?? "",
          n2og: values[2] ?? "",
        }),
      );
  }
  return found;
}

type UsPlace = {
  readonly scope: 1 | 2 | 3;
  readonly categories: readonly string[];
  readonly path: string;
  readonly unit: string;
  /** kg CO2 per unit. */
  readonly co2: string;
  /** Grams of methane and of nitrous oxide per unit. */
  readonly ch4g: string;
  readonly n2og: string;
  readonly region?: string;
  readonly biomass?: boolean;
};

function usFactor(
  code: string,
  { scope, categories, path, unit, co2, ch4g, n2og, region, biomass = false }: UsPlace,
): DerivedFactor {
  const ch4 = new Decimal(ch4g).dividedBy(1000).times(28);
  const n2o = new Decimal(n2og).dividedBy(1000).times(265);
  const counted = biomass ? new Decimal(0) : new Decimal(co2);
  return {
    id: `epa-2025:${code}`,
    source: "epa-2025",
    scope,
    categories,
    path,
    unit,
    kg_co2e: counted.plus(ch4).plus(n2o).toFixed(),
    gases: { co2: counted.toFixed(), ch4: ch4.toFixed(), n2o: n2o.toFixed() },
    methane: biomass ? "biogenic" : scope === 1 ? "fossil" : "mixed",
    country: "US",
    ...(region === undefined ? {} : { region }),
    ...(biomass ? { biogenic_co2: new Decimal(co2).toFixed() } : {}),
  };
}

function inKg(pounds: string | undefined): string {
  return new Decimal(pounds ?? "0").times("0.45359237").toFixed();
}
