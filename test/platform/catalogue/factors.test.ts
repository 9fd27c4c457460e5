import { Decimal } from "decimal.js";
import { describe, expect, test } from "vitest";
import { checkedFactors } from "#platform/catalogue/check-factors.ts";
import { Factors } from "#platform/catalogue/factor-model.ts";
import {
  loadFactors,
  loadLifecycleFactors,
  loadSpendFactors,
  loadWarmingPotentials,
} from "#platform/catalogue/load.ts";
import { factorMatcher } from "#platform/agents/intake-steps/match-factor.ts";
import { unitNamed } from "#rules/units.ts";

const list = await loadFactors();
const { factors, sources } = list;
const uk = factors.filter(({ source }) => source === "desnz-2024");
const us = factors.filter(({ source }) => source === "epa-2025");
const counted = <T>(entries: readonly T[], key: (entry: T) => string): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(entries, key)].map(([name, of]) => [name, of.length]));
const at = (path: string, unit: string) =>
  factors.find((factor) => factor.path === path && factor.unit === unit);

describe("the factor list is whole", () => {
  test("it has the shape that the model describes, ids are unique, and every figure is a finite number", () => {
    expect(() => Factors.parse(list)).not.toThrow();
    expect(new Set(factors.map(({ id }) => id)).size).toBe(factors.length);
    for (const { id, kg_co2e, gases, kg_co2e_ar6, biogenic_co2 } of factors)
      for (const figure of [kg_co2e, kg_co2e_ar6, biogenic_co2, ...Object.values(gases ?? {})])
        if (figure !== undefined) expect(/^\d+(\.\d+)?$/.test(figure), `${id} ${figure}`).toBe(true);
  });

  test("every UK factor: 2,616, of which 1,302 state their gases", () => {
    expect(uk).toHaveLength(2616);
    expect(uk.filter(({ gases }) => gases !== undefined)).toHaveLength(1302);
    expect(sources.find(({ id }) => id === "desnz-2024")?.rows).toBe(2616);
    expect(counted(uk, ({ path }) => path.slice(0, path.indexOf("/")))).toMatchObject({
      fuels: 117,
      bioenergy: 49,
      "refrigerant-and-other": 359,
      "freighting-goods": 289,
      "waste-disposal": 134,
      "hotel-stay": 39,
    });
  });

  test("every US number: 1,309 in twelve tables, in 641 factors", () => {
    const table = (id: string): string => /^epa-2025:t(\d+)-/.exec(id)?.[1] ?? "";
    const numbers = (of: string): number =>
      us
        .filter(({ id }) => table(id) === of)
        .reduce((sum, { published = {} }) => sum + Object.keys(published).length, 0);

    expect(us).toHaveLength(641);
    expect(
      Object.fromEntries(Array.from({ length: 12 }, (_, index) => [index + 1, numbers(String(index + 1))])),
    ).toEqual({
      1: 421,
      2: 10,
      3: 230,
      4: 68,
      5: 80,
      6: 195,
      7: 3,
      8: 21,
      9: 183,
      10: 36,
      11: 32,
      12: 30,
    });
    for (const { published = {}, id } of us)
      for (const [what, figure] of Object.entries(published))
        expect(Number.isFinite(Number(figure)), `${id} ${what}`).toBe(true);
  });

  test("no activity leads to a marginal grid factor or to another counting of the same gas; each says why", () => {
    const unmatched = factors.filter(({ not_matched }) => not_matched !== undefined);

    expect(unmatched.every(({ categories }) => categories.length === 0)).toBe(true);
    expect(
      factors.every(({ categories, not_matched }) => categories.length > 0 || not_matched !== undefined),
    ).toBe(true);
    expect(counted(unmatched, ({ not_matched = "" }) => not_matched)).toEqual({
      "counts gases outside the Kyoto Protocol too": 99,
      "counts only the gases outside the Kyoto Protocol": 94,
      "counts marginal power stations: for avoided emissions, not for an inventory": 28,
    });
  });

  test("each factor's unit is one that amounts convert to, its source one whose terms are stated", () => {
    const known = new Map(sources.map((source) => [source.id, source]));

    expect(
      [...new Set(factors.map(({ unit }) => unit))].filter((unit) => unitNamed(unit) === undefined),
    ).toEqual([]);
    expect(factors.every(({ source }) => known.has(source))).toBe(true);
    expect(known.get("desnz-2024")).toMatchObject({
      year: 2024,
      gwp_set: "AR5",
      licence: "Open Government Licence v3.0",
    });
    expect(known.get("epa-2025")).toMatchObject({ gwp_set: "AR5", licence: "public domain" });
  });
});

describe("figures typed in from the publications", () => {
  test.for([
    ["fuels/gaseous-fuels/natural-gas", "kWh (gross CV)", "0.1829"],
    ["fuels/gaseous-fuels/natural-gas", "kWh (net CV)", "0.20264"],
    ["uk-electricity/electricity-generated/electricity-uk", "kWh", "0.20705"],
    ["fuels/liquid-fuels/diesel-average-biofuel-blend", "litre", "2.51279"],
    ["fuels/liquid-fuels/petrol-average-biofuel-blend", "litre", "2.0844"],
    ["transmission-and-distribution/t-and-d-uk-electricity/electricity-uk", "kWh", "0.0183"],
    ["refrigerant-and-other/kyoto-protocol-products/hfc-134a", "kg", "1300"],
    ["refrigerant-and-other/blends/r404a", "kg", "3943"],
  ] as const)("UK %s per %s is %s kg", ([path, unit, kg]) => {
    expect(at(path, unit)?.kg_co2e).toBe(kg);
  });

  test.for([
    ["t1-coal-and-coke-anthracite-mmbtu", { "kg CO2 per mmBtu": "103.69", "mmBtu per short ton": "25.09" }],
    [
      "t1-coal-and-coke-anthracite-short-ton",
      { "kg CO2 per short ton": "2602", "g CH4 per short ton": "276" },
    ],
    ["t1-biomass-fuels-kraft-pulping-liquor-by-wood-furnish-straw-mmbtu", { "kg CO2 per mmBtu": "95.1" }],
    ["t2-motor-gasoline", { "kg CO2 per gallon": "8.78" }],
    [
      "t3-gasoline-passenger-cars-2022",
      { "g CH4 per vehicle-mile": "0.005", "g N2O per vehicle-mile": "0.0014" },
    ],
    ["t3-gasoline-light-duty-trucks-1975", { "g CH4 per vehicle-mile": "0.1634" }],
    ["t3-gasoline-heavy-duty-vehicles-up-to-1980", { "g CH4 per vehicle-mile": "0.4604" }],
    ["t4-passenger-cars-diesel-2007-2022", { "g N2O per vehicle-mile": "0.0192" }],
    ["t4-buses-cng", { "g CH4 per vehicle-mile": "2.719" }],
    ["t5-logging-equipment-gasoline-4-stroke", { "g CH4 per gallon": "3.22", "g N2O per gallon": "2.05" }],
    [
      "t6-CAMX",
      { "lb CO2 per MWh": "436.655", "lb N2O per MWh": "0.003", "share lost in the grid": "0.041" },
    ],
    ["t6-CAMX-non-baseload", { "lb CO2 per MWh": "1033.985" }],
    ["t7-steam-and-heat", { "kg CO2 per mmBtu": "66.33", "g CH4 per mmBtu": "1.25" }],
    ["t8-rail-short-ton-mile", { "kg CO2 per short ton-mile": "0.021" }],
    ["t9-glass-landfilled", { "t CO2e per short ton": "0.02" }],
    ["t9-beef-anaerobically-digested-wet", { "t CO2e per short ton": "0.11" }],
    ["t10-bus-passenger-mile", { "g CH4 per passenger-mile": "0.0046" }],
    ["t11-nitrogen-trifluoride", { "GWP over 100 years": "16100" }],
    ["t12-r-410a", { "GWP over 100 years": "1924" }],
  ] as const)("US %s", ([code, published]) => {
    expect(us.find(({ id }) => id === `epa-2025:${code}`)?.published).toMatchObject(published);
  });

  test("what is put together from gases is their sum on AR5: anthracite 103.69 + 0.011 × 28 + 0.0016 × 265", () => {
    expect(us.find(({ id }) => id === "epa-2025:t1-coal-and-coke-anthracite-mmbtu")?.kg_co2e).toBe("104.422");
    expect(us.find(({ id }) => id === "epa-2025:t2-ethanol-100%")).toMatchObject({
      kg_co2e: "0",
      biogenic_co2: "5.75",
      covers: ["co2"],
    });
    expect(us.find(({ id }) => id === "epa-2025:t9-glass-recycled")?.kg_co2e).toBe("50");
  });

  test("the gases of every UK factor sum to it, but for the source's rounding", () => {
    for (const { id, kg_co2e, gases } of uk)
      if (gases !== undefined) {
        const sum = new Decimal(gases.co2).plus(gases.ch4).plus(gases.n2o);
        expect(
          sum
            .minus(kg_co2e)
            .abs()
            .lessThanOrEqualTo(Decimal.max("0.00002", new Decimal(kg_co2e).times("0.005"))),
          id,
        ).toBe(true);
      }
  });

  test("a gas has its own AR6 value, a blend the sum of its parts: R404A is 0.44 × 3740 + 0.04 × 1530 + 0.52 × 5810", () => {
    expect(at("refrigerant-and-other/kyoto-protocol-products/hfc-134a", "kg")?.kg_co2e_ar6).toBe("1530");
    expect(at("refrigerant-and-other/blends/r404a", "kg")?.kg_co2e_ar6).toBe("4728");
    expect(us.find(({ id }) => id === "epa-2025:t12-r-404a")?.kg_co2e_ar6).toBe("4728");
    expect(us.find(({ id }) => id === "epa-2025:t12-r-406a")?.kg_co2e_ar6).toBeUndefined();
  });
});

describe("activities lead to factors", () => {
  const answer = factorMatcher(list);
  const asked = (factor: (typeof factors)[number], category: string) => {
    const unit = unitNamed(factor.unit);
    if (unit === undefined) throw new Error(`no unit ${factor.unit}`);
    return answer({
      scope: factor.scope,
      category,
      country: factor.country ?? "PT",
      region: factor.region ?? "",
      activity: factor.path,
      unit,
    });
  };

  test("each factor is found by its own path, in each of its categories, and in its own unit", () => {
    const lost = factors.flatMap((factor) =>
      factor.categories.flatMap((category) => {
        const found = asked(factor, category);
        return "factor" in found && found.factor.id === factor.id ? [] : [`${factor.id} ${category}`];
      }),
    );

    expect(lost).toEqual([]);
    expect(factors.filter(({ categories }) => categories.length > 0)).toHaveLength(3036);
  });

  test.for([
    ["US", "R404A", "kg", 1, "fugitive-emissions", "desnz-2024:3_201_2120_3_1"],
    ["US", "HFC-134a", "kg", 1, "fugitive-emissions", "epa-2025:t11-hfc-134a"],
    ["PT", "HFC-134a", "kg", 1, "fugitive-emissions", "desnz-2024:3_200_2024_3_1"],
    ["US", "Motor Gasoline", "US gallon", 1, "mobile-combustion", "epa-2025:t2-motor-gasoline"],
    [
      "US",
      "Gasoline Passenger Cars 2015",
      "mile",
      1,
      "mobile-combustion",
      "epa-2025:t3-gasoline-passenger-cars-2015",
    ],
    ["US", "LPG", "litre", 1, "mobile-combustion", "desnz-2024:1_100_1003_8_1"],
    ["US", "Glass > Landfilled", "short ton", 3, "5", "epa-2025:t9-glass-landfilled"],
  ] as const)("%s: %s in %s", ([country, activity, unitText, scope, category, id]) => {
    const unit = unitNamed(unitText);
    if (unit === undefined) throw new Error(`no unit ${unitText}`);

    expect(answer({ scope, category, country, region: "", activity, unit })).toMatchObject({
      factor: { id },
    });
  });
});

test("105 species with their potentials from the second to the sixth assessment report", async () => {
  const { species, sets } = await loadWarmingPotentials();
  const of = (name: string) => species.find((one) => one.species === name)?.values;

  expect(species).toHaveLength(105);
  expect(sets.map(({ id }) => id)).toEqual(expect.arrayContaining(["SAR", "TAR", "AR4", "AR5", "AR6"]));
  expect(of("CH4")).toMatchObject({ SAR: "21", AR4: "25", AR5: "28", AR6: "27.9" });
  expect(of("N2O")).toMatchObject({ SAR: "310", AR4: "298", AR5: "265", AR6: "273" });
  expect(of("SF6")).toMatchObject({ AR5: "23500", AR6: "25200" });
  expect(of("HFC134a")).toMatchObject({ AR4: "1430", AR5: "1300", AR6: "1530" });
});

test("1,016 industries with kg CO2e per dollar, which with margins is the sum of both, but for rounding", async () => {
  const { factors: industries, unit, source } = await loadSpendFactors();

  expect(industries).toHaveLength(1016);
  expect(new Set(industries.map(({ naics }) => naics)).size).toBe(1016);
  expect(industries.every(({ naics }) => /^\d{6}$/.test(naics))).toBe(true);
  expect(unit).toBe("kg CO2e per 2022 USD");
  expect(source.licence).toBe("public domain");
  expect(industries.find(({ naics }) => naics === "111140")).toEqual({
    naics: "111140",
    industry: "wheat-farming",
    without_margins: "0.809",
    margins: "0.04",
    with_margins: "0.848",
    model_sector: "1111B0",
  });
  for (const { naics, without_margins, margins, with_margins } of industries)
    expect(
      new Decimal(without_margins).plus(margins).minus(with_margins).abs().lessThanOrEqualTo("0.0015"),
      naics,
    ).toBe(true);
});

test("222 areas with the life-cycle intensity of electricity, labelled so and never used by itself", async () => {
  const { areas, notice, source } = await loadLifecycleFactors();

  expect(areas).toHaveLength(222);
  expect(areas.find(({ area }) => area === "AUT")).toEqual({ area: "AUT", g_co2e: "102.62" });
  expect(notice).toMatch(/Not for location-based Scope 2/);
  expect(source.licence).toBe("CC BY-SA 4.0");
  expect(factors.some(({ source: id }) => id === source.id)).toBe(false);
});

describe("a factor list is refused", () => {
  const text = JSON.stringify(list);

  test.for([
    ["cut off", (whole: string) => whole.slice(0, -50)],
    [
      "with an id twice",
      (whole: string) => whole.replace("desnz-2024:1_100_1000_8_1", "desnz-2024:1_100_1000_15_1"),
    ],
    ["with NaN for a figure", (whole: string) => whole.replace('"kg_co2e":"0.1829"', '"kg_co2e":"NaN"')],
    ["with an exponent", (whole: string) => whole.replace('"kg_co2e":"0.1829"', '"kg_co2e":"1e400"')],
    ["of an unknown source", (whole: string) => whole.replace('"source":"epa-2025"', '"source":"hearsay"')],
    ["without factors", (whole: string) => whole.replace(/"factors":\[.*\]/, '"factors":[]')],
  ] as const)("%s", ([, broken]) => {
    expect(broken(text)).not.toBe(text);
    expect(() => checkedFactors(broken(text))).toThrow();
  });
});
