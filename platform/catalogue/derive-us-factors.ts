import { Decimal } from "decimal.js";
import { isNumber, plain, slug } from "./factor-paths.ts";
import type { Factor } from "./factor-model.ts";
import { type Composition, compositionOf, onAr6, type Potentials } from "./refrigerants.ts";

type Row = readonly string[];
type Table = { readonly number: string; readonly rows: readonly Row[] };

const carriage = ["4", "9"];
const travel = ["6", "7"];
const road = ["mobile-combustion"];
const physicalUnits: Readonly<Record<string, string>> = {
  "short ton": "short ton",
  scf: "scf",
  gallon: "US gallon",
};
const distances: Readonly<Record<string, string>> = {
  "vehicle-mile": "mile",
  "short ton-mile": "short ton-mile",
  "passenger-mile": "passenger-mile",
};

/** The US set and how many numbers it holds, table by table; every number stands in a factor's `published`. */
export type UsFactors = {
  readonly factors: readonly Factor[];
  readonly blends: ReadonlyMap<string, Composition>;
  readonly numbers: Readonly<Record<string, number>>;
};

/** Every value of the twelve tables of the US hub, each as a factor or beside one. */
export function deriveUsFactors(rows: readonly Row[], potentials: Potentials): UsFactors {
  const tables = splitTables(rows);
  const of = (number: string): readonly Row[] => tables.find((table) => table.number === number)?.rows ?? [];
  const blends = new Map(
    of("12")
      .filter((row) => /^R-\d/.test(row[3] ?? ""))
      .map((row) => [(row[3] ?? "").replace("-", ""), compositionOf(row[5] ?? "")]),
  );
  const factors = [
    ...stationary(of("1")),
    ...mobileFuels(of("2")),
    ...vehicles("3", of("3")),
    ...vehicles("4", of("4")),
    ...machines(of("5")),
    ...grid(of("6")),
    ...steam(of("7")),
    ...distancesOf("8", of("8")),
    ...waste(of("9")),
    ...distancesOf("10", of("10")),
    ...gases(of("11"), potentials),
    ...mixtures(of("12"), blends, potentials),
  ];
  const numbers = Object.fromEntries(
    tables.map(({ number, rows: inside }) => [number, countNumbers(number, inside)]),
  );
  return { factors, blends, numbers };
}

function splitTables(rows: readonly Row[]): readonly Table[] {
  const tables: { number: string; rows: Row[] }[] = [];
  for (const row of rows) {
    const named = /^Table (\d+)/.exec(row[2] ?? "");
    if (named !== null) tables.push({ number: named[1] ?? "", rows: [] });
    else tables.at(-1)?.rows.push(row);
  }
  return tables;
}

// Columns that hold words or years, though they may look like numbers.
const words: Readonly<Record<string, readonly number[]>> = { "3": [4], "4": [4, 5], "12": [5] };
function countNumbers(table: string, rows: readonly Row[]): number {
  return rows.reduce(
    (sum, row) =>
      sum +
      row.filter((cell, index) => index > 3 && !(words[table] ?? []).includes(index) && isNumber(cell))
        .length,
    0,
  );
}

type Gases = { readonly co2?: string; readonly ch4?: string; readonly n2o?: string };
type Place = Pick<Factor, "scope" | "categories" | "path" | "unit" | "basis"> &
  Partial<Pick<Factor, "region" | "not_matched" | "biogenic_co2" | "methane">>;

/** A factor of kg CO2 and grams of the other gases per unit; biogenic CO2 is set beside. */
function factor(
  code: string,
  { co2, ch4, n2o }: Gases,
  place: Place,
  published: Readonly<Record<string, string>>,
  biomass = false,
): Factor {
  const counted = biomass ? new Decimal(0) : new Decimal(co2 ?? 0);
  const methane = new Decimal(ch4 ?? 0).dividedBy(1000).times(28);
  const nitrous = new Decimal(n2o ?? 0).dividedBy(1000).times(265);
  const { scope, categories, path, unit, basis, ...rest } = place;
  const covers = [
    ...(co2 === undefined ? [] : ["co2" as const]),
    ...(ch4 === undefined ? [] : ["ch4" as const]),
    ...(n2o === undefined ? [] : ["n2o" as const]),
  ];
  return {
    id: `epa-2025:${code}`,
    source: "epa-2025",
    scope,
    categories,
    path,
    unit,
    basis,
    kg_co2e: counted.plus(methane).plus(nitrous).toFixed(),
    gases: { co2: counted.toFixed(), ch4: methane.toFixed(), n2o: nitrous.toFixed() },
    ...(covers.length === 3 ? {} : { covers }),
    methane: biomass ? "biogenic" : scope === 1 ? "fossil" : "mixed",
    country: "US",
    ...(biomass && co2 !== undefined ? { biogenic_co2: plain(co2) } : {}),
    ...rest,
    published,
  };
}

function stationary(rows: readonly Row[]): readonly Factor[] {
  const found: Factor[] = [];
  let [group, physical] = ["", ""];
  for (const row of rows) {
    const [name = "", heat, co2, ch4, n2o, ...whole] = row.slice(3);
    const per = /^mmBtu per (.+)$/.exec(heat ?? "")?.[1];
    if (per !== undefined) physical = per;
    if (name !== "" && !isNumber(co2)) group = name;
    if (!isNumber(co2) || !isNumber(ch4) || !isNumber(n2o)) continue;
    const biomass = group.startsWith("Biomass");
    const code = `t1-${slug(group)}-${slug(name)}`;
    const place = {
      scope: 1 as const,
      categories: ["stationary-combustion"],
      path: `stationary-fuels/${slug(group)}/${slug(name)}`,
      basis: "combustion" as const,
    };
    found.push(
      factor(
        `${code}-mmbtu`,
        { co2, ch4, n2o },
        { ...place, unit: "mmBtu (gross CV)" },
        {
          "kg CO2 per mmBtu": co2,
          "g CH4 per mmBtu": ch4,
          "g N2O per mmBtu": n2o,
          ...(isNumber(heat) ? { [`mmBtu per ${physical}`]: heat } : {}),
        },
        biomass,
      ),
    );
    const unit = physicalUnits[physical];
    const [co2Whole, ch4Whole, n2oWhole] = whole;
    if (unit !== undefined && isNumber(co2Whole) && isNumber(ch4Whole) && isNumber(n2oWhole))
      found.push(
        factor(
          `${code}-${slug(unit)}`,
          { co2: co2Whole, ch4: ch4Whole, n2o: n2oWhole },
          { ...place, unit },
          {
            [`kg CO2 per ${physical}`]: co2Whole,
            [`g CH4 per ${physical}`]: ch4Whole,
            [`g N2O per ${physical}`]: n2oWhole,
          },
          biomass,
        ),
      );
  }
  return found;
}

function mobileFuels(rows: readonly Row[]): readonly Factor[] {
  return rows.flatMap((row) => {
    const [name = "", co2, per = ""] = row.slice(3);
    const unit = physicalUnits[per];
    if (!isNumber(co2) || unit === undefined) return [];
    return [
      factor(
        `t2-${slug(name)}`,
        { co2 },
        { scope: 1, categories: road, path: `us-mobile-fuels/${slug(name)}`, unit, basis: "combustion" },
        { [`kg CO2 per ${per}`]: co2 },
        /^(Biodiesel|Ethanol)/.test(name),
      ),
    ];
  });
}

/**
 * Tables 3 and 4: methane and nitrous oxide by distance; the CO2 of the same journeys comes from the fuel (table 2).
 * One word holds vehicle, fuel and year, so that the name of a fuel alone never leads to a factor that counts two gases only.
 */
function vehicles(table: string, rows: readonly Row[]): readonly Factor[] {
  const found: Factor[] = [];
  const fuelled = table === "4";
  let [vehicle, fuel] = ["", ""];
  for (const row of rows) {
    const [name = "", ...rest] = row.slice(3);
    const [kind = "", years = "", ch4, n2o] = fuelled ? rest : ["", ...rest];
    if (!isNumber(ch4) || !isNumber(n2o)) continue;
    // A line in brackets goes on with the name above it.
    if (name !== "" && !name.startsWith("(")) [vehicle, fuel] = [name, ""];
    if (kind !== "") fuel = kind;
    const year = slug(years.replace("≤", "up to "));
    const segments = [slug(vehicle), slug(fuel), year].filter((part) => part !== "");
    found.push(
      factor(
        `t${table}-${segments.join("-")}`,
        { ch4, n2o },
        {
          scope: 1,
          categories: road,
          path: `us-vehicles/${segments.join("-")}`,
          unit: "mile",
          basis: "combustion",
        },
        { "g CH4 per vehicle-mile": ch4, "g N2O per vehicle-mile": n2o },
      ),
    );
  }
  return found;
}

function machines(rows: readonly Row[]): readonly Factor[] {
  const found: Factor[] = [];
  let machine = "";
  for (const row of rows) {
    const [name = "", fuel = "", ch4, n2o] = row.slice(3);
    if (!isNumber(ch4) || !isNumber(n2o)) continue;
    if (name !== "") machine = slug(withoutNote(name));
    found.push(
      factor(
        `t5-${machine}-${slug(fuel)}`,
        { ch4, n2o },
        {
          scope: 1,
          categories: road,
          path: `us-machines/${machine}-${slug(fuel)}`,
          unit: "US gallon",
          basis: "combustion",
        },
        { "g CH4 per gallon": ch4, "g N2O per gallon": n2o },
      ),
    );
  }
  return found;
}

function grid(rows: readonly Row[]): readonly Factor[] {
  return rows.flatMap((row) => {
    const [name = "", , ...values] = row.slice(3);
    if (!/^([A-Z]{4}|US Average)$/.test(name)) return [];
    const region = name === "US Average" ? "US" : name;
    const [total, marginal] = [values.slice(0, 3), values.slice(3, 6)];
    const loss = values[6];
    return [
      factor(
        `t6-${region}`,
        inMetric(total),
        {
          scope: 2,
          categories: ["purchased-electricity"],
          path: `us-electricity/${slug(name)}`,
          unit: "MWh",
          basis: "generation",
          region,
        },
        { ...inPounds(total), ...(isNumber(loss) ? { "share lost in the grid": loss } : {}) },
      ),
      factor(
        `t6-${region}-non-baseload`,
        inMetric(marginal),
        {
          scope: 2,
          categories: [],
          not_matched: "counts marginal power stations: for avoided emissions, not for an inventory",
          path: `us-electricity-non-baseload/${slug(name)}`,
          unit: "MWh",
          basis: "generation",
          region,
        },
        inPounds(marginal),
      ),
    ];
  });
}

function inPounds([co2 = "", ch4 = "", n2o = ""]: readonly string[]): Readonly<Record<string, string>> {
  return { "lb CO2 per MWh": co2, "lb CH4 per MWh": ch4, "lb N2O per MWh": n2o };
}
function inMetric([co2, ch4, n2o]: readonly string[]): Gases {
  const kg = (pounds: string | undefined): Decimal => new Decimal(plain(pounds)).times("0.45359237");
  return { co2: kg(co2).toFixed(), ch4: kg(ch4).times(1000).toFixed(), n2o: kg(n2o).times(1000).toFixed() };
}

function steam(rows: readonly Row[]): readonly Factor[] {
  return rows.flatMap((row) => {
    const [name, co2, ch4, n2o] = row.slice(3);
    if (name !== "Steam and Heat" || !isNumber(co2) || !isNumber(ch4) || !isNumber(n2o)) return [];
    return [
      factor(
        "t7-steam-and-heat",
        { co2, ch4, n2o },
        {
          scope: 2,
          categories: ["purchased-heat", "purchased-steam"],
          path: "us-steam-and-heat",
          unit: "mmBtu",
          basis: "generation",
        },
        { "kg CO2 per mmBtu": co2, "g CH4 per mmBtu": ch4, "g N2O per mmBtu": n2o },
      ),
    ];
  });
}

function distancesOf(table: "8" | "10", rows: readonly Row[]): readonly Factor[] {
  const freight = table === "8";
  return rows.flatMap((row) => {
    const [name = "", co2, ch4, n2o, per = ""] = row.slice(3);
    const unit = distances[per];
    if (unit === undefined || !isNumber(co2) || !isNumber(ch4) || !isNumber(n2o)) return [];
    return [
      factor(
        `t${table}-${slug(name)}-${slug(unit)}`,
        { co2, ch4, n2o },
        {
          scope: 3,
          categories: freight ? carriage : travel,
          path: `${freight ? "us-freight" : "us-travel"}/${slug(withoutNote(name))}`,
          unit,
          basis: "combustion",
        },
        { [`kg CO2 per ${per}`]: co2, [`g CH4 per ${per}`]: ch4, [`g N2O per ${per}`]: n2o },
      ),
    ];
  });
}

const treatments = [
  "recycled",
  "landfilled",
  "combusted",
  "composted",
  "anaerobically-digested-dry",
  "anaerobically-digested-wet",
];

function waste(rows: readonly Row[]): readonly Factor[] {
  return rows.flatMap((row) => {
    const [material = "", ...values] = row.slice(3);
    return treatments.flatMap((treatment, index) => {
      const tonnes = values[index];
      if (!isNumber(tonnes)) return [];
      return [
        {
          id: `epa-2025:t9-${slug(material)}-${treatment}`,
          source: "epa-2025",
          scope: 3 as const,
          categories: ["5", "12"],
          path: `us-waste/${slug(material)}/${treatment}`,
          unit: "short ton",
          basis: "treatment" as const,
          kg_co2e: new Decimal(tonnes).times(1000).toFixed(),
          country: "US",
          published: { "t CO2e per short ton": tonnes },
        },
      ];
    });
  });
}

function gases(rows: readonly Row[], potentials: Potentials): readonly Factor[] {
  return rows.flatMap((row) => {
    const [name = "", formula = "", potential] = row.slice(3).map((cell) => cell.trim());
    return isNumber(potential) && formula !== ""
      ? [released("t11", name, potential, onAr6(potential, name, undefined, potentials))]
      : [];
  });
}

function mixtures(
  rows: readonly Row[],
  blends: ReadonlyMap<string, Composition>,
  potentials: Potentials,
): readonly Factor[] {
  return rows.flatMap((row) => {
    const [name = "", potential] = row.slice(3).map((cell) => cell.trim());
    const blend = blends.get(name.replace("-", ""));
    return blend !== undefined && isNumber(potential)
      ? [released("t12", name, potential, onAr6(potential, name, blend, potentials))]
      : [];
  });
}

function released(table: string, name: string, potential: string, ar6: string | undefined): Factor {
  return {
    id: `epa-2025:${table}-${slug(name)}`,
    source: "epa-2025",
    scope: 1,
    categories: ["fugitive-emissions", "process-emissions"],
    path: `us-gases/${slug(name)}`,
    unit: "kg",
    basis: "release",
    kg_co2e: plain(potential),
    ...(ar6 === undefined ? {} : { kg_co2e_ar6: ar6 }),
    country: "US",
    published: { "GWP over 100 years": potential },
  };
}

/** A name without the capital letter of its footnote: `Transit Rail E`, `TruckC`. */
function withoutNote(name: string): string {
  return name.replace(/(?<=[a-z)]) ?[A-E]$/, "").trim();
}
