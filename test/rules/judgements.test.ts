import { Decimal } from "decimal.js";
import { assert, constantFrom, integer, pre, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { isLei } from "#rules/lei.ts";
import { convert, unitNamed, units } from "#rules/units.ts";

describe("units", () => {
  test.for([
    ["1", "MWh", "kWh", "1000"],
    ["1", "mmBtu", "MJ", "1055.05585262"],
    ["2", "therm (gross CV)", "kWh (gross CV)", "58.614214034444444444"],
    ["1", "US gallon", "litre", "3.785411784"],
    ["10", "short ton", "kg", "9071.8474"],
    ["1", "short ton-mile", "tonne.km", "1.45997231821056"],
    ["100", "mile", "km", "160.9344"],
    ["3", "million litres", "m3", "3000"],
  ])("%s %s is %s in the other", ([amount = "", from = "", to = "", expected = ""]) => {
    const [a, b] = [unitNamed(from), unitNamed(to)];

    expect(a && b && convert(new Decimal(amount), a, b)?.toFixed()).toBe(expected);
  });

  test("gross and net calorific value never convert into each other, nor into plain energy", () => {
    for (const [from, to] of [
      ["kWh (gross CV)", "kWh (net CV)"],
      ["kWh", "kWh (gross CV)"],
      ["kWh", "litre"],
    ] as const) {
      const [a, b] = [unitNamed(from), unitNamed(to)];

      expect(a && b && convert(new Decimal(1), a, b)).toBeUndefined();
    }
  });

  test.for(["kwh_gross", "KWH (Gross CV)", "kWh gross", "kwh hhv"])(
    "%s means kWh on gross calorific value",
    (text) => {
      expect(unitNamed(text)?.name).toBe("kWh (gross CV)");
    },
  );

  test("converting there and back loses nothing that matters", () => {
    assert(
      property(
        constantFrom(...units),
        constantFrom(...units),
        integer({ min: 1, max: 1_000_000_000 }),
        (a, b, amount) => {
          pre(a.dimension === b.dimension);
          const there = convert(new Decimal(amount), a, b);
          const back = there && convert(there, b, a);

          expect(back?.minus(amount).abs().lessThan("1e-6")).toBe(true);
        },
      ),
    );
  });
});

test("an LEI is told by its check digits", () => {
  expect(isLei("99990000NORTHLIGHT67")).toBe(true);
  expect(isLei("529900T8BM49AURSDO55")).toBe(true);
  expect(isLei("529900T8BM49AURSDO56")).toBe(false);
  expect(isLei("529900t8bm49aursdo55")).toBe(false);
  expect(isLei("")).toBe(false);
});
