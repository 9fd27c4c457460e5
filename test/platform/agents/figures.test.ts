import Papa from "papaparse";
import { beforeAll, describe, expect, test } from "vitest";
import { json, runInMemory, sampleCompany, sampleCsv } from "./sample.ts";

/**
 * Every reported figure, computed a second time: straight from the raw CSV, with the published factor values written out here,
 * in whole-number fractions. Nothing of the platform's arithmetic, units or factor list is used.
 */
type Fraction = readonly [over: bigint, under: bigint];

function fraction(text: string): Fraction {
  const [whole = "0", decimals = ""] = text.split(".");
  return [BigInt(whole + decimals), 10n ** BigInt(decimals.length)];
}
const times = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * c, b * d];
const plus = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d + c * b, b * d];
/** Rounds half up to so many decimals, as a whole number of the last place. */
const rounded = ([over, under]: Fraction, decimals: number): bigint =>
  (over * 10n ** BigInt(decimals) * 2n + under) / (under * 2n);
const written = (value: bigint, decimals: number): string => {
  const digits = value.toString().padStart(decimals + 1, "0");
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
};

type Published = {
  /** kg CO2e per unit as published, on AR5. */
  readonly kg: string;
  /** kg CO2e of methane and nitrous oxide inside it, on AR5. */
  readonly ch4?: string;
  readonly n2o?: string;
  /** AR6 value of its methane; 29.8 fossil, 27.9 of unknown origin. */
  readonly methane?: string;
  /** A single gas: its AR6 value. */
  readonly ar6?: string;
};

/** DESNZ 2024 v1.1, by the activity as the sample writes it. */
const uk: Readonly<Record<string, Published>> = {
  "Natural gas": { kg: "0.1829", ch4: "0.00028", n2o: "0.00009", methane: "29.8" },
  "Gas oil": { kg: "2.75541", ch4: "0.00315", n2o: "0.02809", methane: "29.8" },
  "Diesel (100% mineral diesel)": { kg: "2.66155", ch4: "0.00029", n2o: "0.03308", methane: "29.8" },
  "Petrol (100% mineral petrol)": { kg: "2.35372", ch4: "0.0082", n2o: "0.00597", methane: "29.8" },
  // Half HFC-32, half HFC-125: on AR6 0.5 × 771 + 0.5 × 3740.
  R410A: { kg: "1924", ar6: "2255.5" },
  "HFC-134a": { kg: "1300", ar6: "1530" },
  "Grid electricity": { kg: "0.20705", ch4: "0.0009", n2o: "0.00122", methane: "27.9" },
  "District heat and steam": { kg: "0.17965", ch4: "0.00122", n2o: "0.00052", methane: "27.9" },
  "Material use > Metal > Metal: aluminium cans and foil (excl. forming) > Primary material production": {
    kg: "9106.91851",
  },
  "Material use > Plastic > Plastics: average plastics > Primary material production": { kg: "3164.78049" },
  "Water supply": { kg: "0.15311" },
  "Electrical items - large": { kg: "3267" },
  "WTT- fuels > Natural gas": { kg: "0.03021" },
  "T&D- UK electricity": { kg: "0.0183", ch4: "0.00008", n2o: "0.00011", methane: "27.9" },
  "WTT- UK electricity (generation)": { kg: "0.0459" },
  "Freighting goods > HGV (all diesel) > All HGVs > Average laden": {
    kg: "0.09752",
    ch4: "0.00002",
    n2o: "0.00149",
    methane: "29.8",
  },
  "Freighting goods > HGV (all diesel) > All rigids > Average laden": {
    kg: "0.17853",
    ch4: "0.00004",
    n2o: "0.00229",
    methane: "29.8",
  },
  "Refuse > Commercial and industrial waste > Landfill": { kg: "520.3342" },
  "Waste disposal > Metal > Metal: mixed cans > Closed-loop": { kg: "6.41061" },
  "Waste disposal > Metal > Metal: mixed cans > Landfill": { kg: "8.88386" },
  "Water treatment": { kg: "0.18574" },
  "Business travel- air > Flights > Long-haul, to/from UK > Economy class > With RF": {
    kg: "0.20011",
    ch4: "0.00001",
    n2o: "0.00099",
    methane: "27.9",
  },
  "Business travel- land > National rail": { kg: "0.03546", ch4: "0.00008", n2o: "0.00028", methane: "27.9" },
  "Business travel- land > Cars (by size) > Average car > Unknown": {
    kg: "0.16691",
    ch4: "0.00019",
    n2o: "0.00098",
    methane: "27.9",
  },
  "Hotel stay > UK": { kg: "10.4" },
  "Homeworking (office equipment + heating)": { kg: "0.33378" },
};

/** US EPA Hub 2025: kg CO2, grams of methane and of nitrous oxide per unit, and the AR6 value of the methane. */
const us: Readonly<
  Record<
    string,
    { readonly co2: Fraction; readonly ch4: Fraction; readonly n2o: Fraction; readonly methane: string }
  >
> = {
  "Natural gas": { co2: fraction("53.06"), ch4: fraction("1"), n2o: fraction("0.1"), methane: "29.8" },
  // As published per gallon.
  "Stationary fuels > Petroleum products > Distillate Fuel Oil No. 2": {
    co2: fraction("10.21"),
    ch4: fraction("0.41"),
    n2o: fraction("0.08"),
    methane: "29.8",
  },
  // CAMX in lb per MWh; one pound is 0.45359237 kg
  "Grid electricity": {
    co2: times(fraction("436.655"), fraction("0.45359237")),
    ch4: times(fraction("25"), fraction("0.45359237")),
    n2o: times(fraction("3"), fraction("0.45359237")),
    methane: "27.9",
  },
  "US freight > Medium and heavy duty truck": {
    co2: fraction("0.186"),
    ch4: fraction("0.0016"),
    n2o: fraction("0.0054"),
    methane: "27.9",
  },
  "US travel > Passenger car": {
    co2: fraction("0.297"),
    ch4: fraction("0.0059"),
    n2o: fraction("0.0053"),
    methane: "27.9",
  },
};

type Row = Readonly<Record<string, string>>;

/** kg CO2e per unit of the row: on AR6 and as published. */
function factorOf(row: Row): { readonly ar6: Fraction; readonly published: Fraction } {
  const activity = row["activity"] ?? "";
  if (row["own_factor"] !== "")
    return { ar6: fraction(row["own_factor"] ?? ""), published: fraction(row["own_factor"] ?? "") };
  const american = row["country"] === "US" ? us[activity] : undefined;
  if (american !== undefined) {
    const weigh = (methane: string, nitrous: string): Fraction =>
      plus(
        american.co2,
        times(plus(times(american.ch4, fraction(methane)), times(american.n2o, fraction(nitrous))), [
          1n,
          1000n,
        ]),
      );
    return { ar6: weigh(american.methane, "273"), published: weigh("28", "265") };
  }
  const british = uk[activity];
  if (british === undefined) throw new Error(`no factor written down for ${activity}`);
  const megawatt: Fraction = row["unit"] === "MWh" ? [1000n, 1n] : [1n, 1n];
  const published = fraction(british.kg);
  const [mOver, mUnder] = fraction(british.methane ?? "28");
  const shift = plus(
    times(fraction(british.ch4 ?? "0"), [mOver - 28n * mUnder, 28n * mUnder]),
    times(fraction(british.n2o ?? "0"), [273n - 265n, 265n]),
  );
  const ar6 = british.ar6 === undefined ? plus(published, shift) : fraction(british.ar6);
  return { ar6: times(ar6, megawatt), published: times(published, megawatt) };
}

const grams = 1000n;
/** Kilograms of a row, rounded half up to the kilogram, for each method and basis. */
function kilograms(row: Row): {
  location: bigint;
  market: bigint;
  published: bigint;
  publishedMarket: bigint;
} {
  const amount = fraction(row["amount"] ?? "");
  const { ar6, published } = factorOf(row);
  const kg = (factor: Fraction): bigint => rounded(times(amount, factor), 0);
  const contracted = row["market_factor"] === "" ? undefined : kg(fraction(row["market_factor"] ?? ""));
  return {
    location: kg(ar6),
    market: contracted ?? kg(ar6),
    published: kg(published),
    publishedMarket: contracted ?? kg(published),
  };
}

const sumOf = (rows: readonly Row[], method: keyof ReturnType<typeof kilograms>): bigint =>
  rows.reduce((sum, row) => sum + kilograms(row)[method], 0n);
const tonnes = (kg: bigint): string => written(kg, 3);
const ratio = (over: bigint, under: bigint, decimals: number): string =>
  written(rounded([over, under], decimals), decimals);

describe("every reported figure follows from the raw rows and the published factors", () => {
  let rows: readonly Row[] = [];
  let document: any;
  let lineage: readonly any[] = [];
  let expected: Record<string, string> = {};

  beforeAll(async () => {
    const csv = await sampleCsv();
    rows = Papa.parse<Row>(csv, { header: true, skipEmptyLines: true }).data;
    const { artifacts } = await runInMemory({
      "inputs/activities.csv": csv,
      "company.json": await sampleCompany(),
    });
    document = await json(artifacts, "intermediate/03_calculated_metrics.json");
    lineage = new TextDecoder()
      .decode(await artifacts.read("intermediate/03_lineage.ndjson"))
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
    expected = expectation(rows);
  });

  function expectation(all: readonly Row[]): Record<string, string> {
    const scope = (number: string): readonly Row[] => all.filter((row) => row["scope"] === number);
    const [one, two, three] = [scope("1"), scope("2"), scope("3")];
    const [s1, s2l, s2m, s3] = [
      sumOf(one, "location"),
      sumOf(two, "location"),
      sumOf(two, "market"),
      sumOf(three, "location"),
    ];
    const revenue = 186_400_000n;
    const under = (names: readonly string[], rows: readonly Row[] = two): readonly Row[] =>
      rows.filter((row) => names.includes(row["instrument"] ?? ""));
    const bundled = ["ppa", "green-tariff", "supplier-rate"];
    const unbundled = ["guarantee-of-origin", "rego", "rec"];
    const country = (code: string): readonly Row[] => all.filter((row) => row["country"] === code);
    const perCategory = [...new Set(three.map((row) => row["category"] ?? ""))].map((number) => [
      `scope-3-${number}`,
      tonnes(
        sumOf(
          three.filter((row) => row["category"] === number),
          "location",
        ),
      ),
    ]);
    return {
      "scope-1": tonnes(s1),
      "scope-2-location": tonnes(s2l),
      "scope-2-market": tonnes(s2m),
      "scope-3": tonnes(s3),
      "total-location": tonnes(s1 + s2l + s3),
      "total-market": tonnes(s1 + s2m + s3),
      ...Object.fromEntries(perCategory),
      ...Object.fromEntries(
        ["GB", "US"].flatMap((code) => [
          [`total-location-${code}`, tonnes(sumOf(country(code), "location"))],
          [`total-market-${code}`, tonnes(sumOf(country(code), "market"))],
        ]),
      ),
      "ets-share": ratio(
        sumOf(
          one.filter((row) => row["ets"] === "yes"),
          "location",
        ),
        s1,
        4,
      ),
      "instrument-share": ratio(sumOf(under([...bundled, ...unbundled]), "location"), s2l, 4),
      "bundled-share": ratio(sumOf(under(bundled), "location"), s2l, 4),
      "unbundled-share": ratio(sumOf(under(unbundled), "location"), s2l, 4),
      "bundled-market-share": ratio(
        sumOf(
          under(
            bundled,
            two.filter((row) => row["category"] === "purchased-electricity"),
          ),
          "market",
        ),
        s2m,
        4,
      ),
      "primary-data-share": ratio(
        sumOf(
          three.filter((row) => row["primary_data"] === "yes"),
          "location",
        ),
        s3,
        4,
      ),
      revenue: "186400000",
      "net-revenue": "186400000",
      "net-revenue-other": "0",
      "intensity-location": ratio(s1 + s2l + s3, revenue * grams, 12),
      "intensity-market": ratio(s1 + s2m + s3, revenue * grams, 12),
    };
  }

  test("the figures are these and no others", () => {
    const reported = Object.fromEntries(
      document.metrics.map(({ id, value }: { id: string; value: string }) => [id, value]),
    );

    expect(reported).toEqual(expected);
    expect(Object.keys(reported)).toHaveLength(30);
  });

  test("each row's contribution is its amount times its factor, to the kilogram", () => {
    for (const row of rows) {
      const entries = lineage.filter((entry: { record_id: string }) => entry.record_id === row["record_id"]);
      const kg = kilograms(row);

      expect(
        entries.map((entry: { method: string; tonnes: string }) => [entry.method, entry.tonnes]),
      ).toEqual(
        row["scope"] === "2"
          ? [
              ["location-based", tonnes(kg.location)],
              ["market-based", tonnes(kg.market)],
            ]
          : [["activity", tonnes(kg.location)]],
      );
    }
  });

  test("the totals on the factors as published are recomputed too", () => {
    const scope = (number: string): readonly Row[] => rows.filter((row) => row["scope"] === number);
    const [one, two, three] = [scope("1"), scope("2"), scope("3")];

    expect(document.gwp.as_published).toEqual({
      scope_1: tonnes(sumOf(one, "published")),
      scope_2_location: tonnes(sumOf(two, "published")),
      scope_2_market: tonnes(sumOf(two, "publishedMarket")),
      scope_3: tonnes(sumOf(three, "published")),
      total_location: tonnes(sumOf(rows, "published")),
      total_market: tonnes(
        sumOf(one, "published") + sumOf(two, "publishedMarket") + sumOf(three, "published"),
      ),
    });
  });
});
