import { Decimal } from "decimal.js";

/** What a unit measures. Fuel energy on gross and on net calorific value are different things and never convert into each other. */
type Dimension =
  | "energy"
  | "energy (gross CV)"
  | "energy (net CV)"
  | "volume"
  | "mass"
  | "area"
  | "emissions"
  | "distance"
  | "freight"
  | "passenger distance"
  | "stay"
  | "working time";

/** A unit: its written name, what it measures, and how many base units (MJ, litre, kg, km, tonne.km, passenger.km, night, hour, hectare, tCO2e) it holds. */
export type Unit = { readonly name: string; readonly dimension: Dimension; readonly inBase: Decimal };

type Row = readonly [name: string, inBase: string, ...otherNames: string[]];

const energy: readonly Row[] = [
  ["kWh", "3.6", "kilowatt hour", "kilowatt hours"],
  ["MWh", "3600", "megawatt hour", "megawatt hours"],
  ["GWh", "3600000"],
  ["MJ", "1"],
  ["GJ", "1000"],
  ["TJ", "1000000"],
  ["therm", "105.505585262", "therms"],
  ["mmBtu", "1055.05585262", "mmbtu", "million btu"],
  ["PJ", "1000000000"],
  ["TWh", "3600000000"],
  ["toe", "41868", "tonne of oil equivalent", "tonnes of oil equivalent"],
  ["ktoe", "41868000"],
];

const others: readonly (readonly [Dimension, readonly Row[]])[] = [
  [
    "volume",
    [
      ["litre", "1", "litres", "liter", "liters", "l"],
      ["m3", "1000", "m³", "cubic metre", "cubic metres", "cubic meter", "cubic meters"],
      ["million litres", "1000000", "megalitre", "megalitres", "ml (million litres)"],
      ["million m3", "1000000000", "million m³", "million cubic metres", "hm3", "hm³", "cubic hectometre"],
      ["thousand m3", "1000000", "thousand m³", "thousand cubic metres"],
      ["US gallon", "3.785411784", "us gallons", "us gal", "gal (us)"],
      ["scf", "28.316846592", "standard cubic foot", "standard cubic feet"],
    ],
  ],
  [
    "mass",
    [
      ["kg", "1", "kilogram", "kilograms"],
      ["g", "0.001", "gram", "grams"],
      ["tonne", "1000", "tonnes", "t", "metric ton", "metric tons"],
      ["lb", "0.45359237", "lbs", "pound", "pounds"],
      ["short ton", "907.18474", "short tons", "us ton"],
      ["kt", "1000000", "kilotonne", "kilotonnes", "thousand tonnes"],
      ["million tonnes", "1000000000", "megatonne", "megatonnes"],
      ["mg", "0.000001", "milligram", "milligrams"],
    ],
  ],
  [
    "area",
    [
      ["ha", "1", "hectare", "hectares"],
      ["m2", "0.0001", "m²", "square metre", "square metres", "square meter", "square meters", "sqm"],
      ["km2", "100", "km²", "square kilometre", "square kilometres", "sq km", "sqkm"],
      ["acre", "0.40468564224", "acres"],
    ],
  ],
  [
    "emissions",
    [
      ["tCO2e", "1", ...carbon("t"), ...carbon("tonne"), ...carbon("tonnes"), ...carbon("tons")],
      ["kgCO2e", "0.001", ...carbon("kg")],
      ["gCO2e", "0.000001", ...carbon("g")],
      ["ktCO2e", "1000", ...carbon("kt")],
      ["MtCO2e", "1000000", ...carbon("million t"), ...carbon("million tonnes"), ...carbon("mt")],
    ],
  ],
  [
    "distance",
    [
      ["km", "1", "kilometre", "kilometres", "kilometer", "kilometers"],
      ["mile", "1.609344", "miles", "mi"],
    ],
  ],
  [
    "freight",
    [
      ["tonne.km", "1", "tonne-km", "tkm", "t.km", "tonne km", "tonne kilometre", "tonne kilometres"],
      ["short ton-mile", "1.45997231821056", "ton-mile", "ton-miles"],
    ],
  ],
  [
    "passenger distance",
    [
      [
        "passenger.km",
        "1",
        "passenger-km",
        "pkm",
        "p.km",
        "passenger km",
        "passenger kilometre",
        "passenger kilometres",
      ],
      ["passenger-mile", "1.609344", "passenger-miles", "passenger mile", "passenger miles"],
    ],
  ],
  ["stay", [["room-night", "1", "room per night", "room night", "room nights", "room-nights"]]],
  ["working time", [["FTE hour", "1", "per fte working hour", "fte hours", "fte-hour", "fte working hour"]]],
];

/** The ways in which people write a mass of CO2 equivalent: `t CO2e`, `tCO2-eq`, `tonnes of CO2 equivalent`. */
function carbon(mass: string): string[] {
  return [
    "co2e",
    "co2eq",
    "co2-eq",
    "co2-e",
    "co2 eq",
    "co2 e",
    "co₂e",
    "co2 equivalent",
    "co2 equivalents",
  ].flatMap((gas) => [`${mass}${gas}`, `${mass} ${gas}`, `${mass} of ${gas}`]);
}

const byName = new Map<string, Unit>();

function add(dimension: Dimension, [name, inBase, ...otherNames]: Row, suffix = ""): void {
  const unit: Unit = { name: `${name}${suffix}`, dimension, inBase: new Decimal(inBase) };
  for (const written of [name, ...otherNames]) byName.set(key(`${written}${suffix}`), unit);
}

for (const row of energy) {
  add("energy", row);
  add("energy (gross CV)", row, " (gross CV)");
  add("energy (net CV)", row, " (net CV)");
}
for (const [dimension, rows] of others) for (const row of rows) add(dimension, row);

/** Finds a unit by any of its written names, without regard to case or spacing; `kWh gross` means `kWh (gross CV)`. */
export function unitNamed(text: string): Unit | undefined {
  return byName.get(key(text));
}

/** Every unit once, in the registry's order; for help texts and hints. */
export const units: readonly Unit[] = [...new Set(byName.values())];

function key(text: string): string {
  const plain = text.trim().toLowerCase().replaceAll(/\s+/g, " ");
  const basis = /^(.*?)[\s_(-]*(gross|net|hhv|lhv)(?:[\s_-]*cv)?\)?$/.exec(plain);
  if (basis === null) return plain;
  return `${basis[1]} (${basis[2] === "gross" || basis[2] === "hhv" ? "gross" : "net"} cv)`;
}

/** Converts an amount between two units of one dimension, exactly where the ratio is; throws nothing: unequal dimensions are undefined. */
export function convert(amount: Decimal, from: Unit, to: Unit): Decimal | undefined {
  if (from.dimension !== to.dimension) return undefined;
  if (from.name === to.name) return amount;
  return amount.times(from.inBase).dividedBy(to.inBase);
}
