import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { unitNamed } from "#rules/units.ts";

const { factors, sources, gwp_sets } = JSON.parse(
  await readFile(new URL("../../data/emission_factors.json", import.meta.url), "utf8"),
);
const published = (id: string): string => factors.find((factor: { id: string }) => factor.id === id)?.kg_co2e;

describe("the emission factors", () => {
  test.for([
    ["desnz-2024:1_100_1004_6_1", "natural gas, kWh on gross calorific value", "0.1829"],
    ["desnz-2024:1_100_1004_7_1", "natural gas, kWh on net calorific value", "0.20264"],
    ["desnz-2024:7_400_4000_5_1", "UK grid electricity, kWh", "0.20705"],
    ["desnz-2024:1_101_1011_8_1", "diesel, average biofuel blend, litre", "2.51279"],
    ["desnz-2024:1_101_1017_8_1", "petrol, average biofuel blend, litre", "2.0844"],
    ["desnz-2024:13_402_4000_5_1", "transmission and distribution, kWh", "0.0183"],
    ["desnz-2024:3_200_2075_3_1", "sulphur hexafluoride, kg", "23500"],
  ])("%s (%s) is %s kg CO2e as published", ([id = "", , value]) => {
    expect(published(id)).toBe(value);
  });

  test("are as many as their sources say", () => {
    for (const { id, rows } of sources)
      expect(factors.filter(({ source }: { source: string }) => source === id)).toHaveLength(rows);
    expect(factors).toHaveLength(2_616 + 641);
  });

  test("carry plain decimals, a known unit and a source with its licence", () => {
    const licensed = new Set(
      sources
        .filter(
          ({ licence, attribution }: { licence: string; attribution: string }) =>
            licence !== "" && attribution !== "",
        )
        .map(({ id }: { id: string }) => id),
    );

    expect(factors.filter(({ kg_co2e }: { kg_co2e: string }) => !/^-?\d+(\.\d+)?$/.test(kg_co2e))).toEqual(
      [],
    );
    expect(factors.filter(({ unit }: { unit: string }) => unitNamed(unit)?.name !== unit)).toEqual([]);
    expect(factors.filter(({ source }: { source: string }) => !licensed.has(source))).toEqual([]);
  });

  test("add up from their gases, within the rounding of the publication", () => {
    const off = factors.filter(
      ({ gases, kg_co2e }: { gases?: { co2: string; ch4: string; n2o: string }; kg_co2e: string }) =>
        gases !== undefined &&
        Math.abs(Number(gases.co2) + Number(gases.ch4) + Number(gases.n2o) - Number(kg_co2e)) >
          0.00002 + Number(kg_co2e) * 1e-6,
    );

    expect(off).toEqual([]);
    expect(factors.filter(({ gases }: { gases?: object }) => gases !== undefined).length).toBeGreaterThan(
      1400,
    );
  });

  test("belong to one country where they describe its grid", () => {
    const grids = factors.filter(({ categories }: { categories: readonly string[] }) =>
      categories.includes("purchased-electricity"),
    );

    expect(grids.filter(({ country }: { country?: string }) => country === undefined)).toEqual([]);
    expect(grids.filter(({ region }: { region?: string }) => region !== undefined).length).toBe(28);
  });

  test("weigh methane and nitrous oxide as the two assessment reports do", () => {
    expect(gwp_sets.AR5).toMatchObject({ ch4: { fossil: "28", biogenic: "28", mixed: "28" }, n2o: "265" });
    expect(gwp_sets.AR6).toMatchObject({
      ch4: { fossil: "29.8", biogenic: "27.0", mixed: "27.9" },
      n2o: "273",
    });
  });
});
