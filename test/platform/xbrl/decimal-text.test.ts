import { Decimal } from "decimal.js";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { grouped, rounded, shifted } from "#platform/xbrl/decimal-text.ts";

const Exact = Decimal.clone({ precision: 400, toExpNeg: -400, toExpPos: 400 });
const plain = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 40n }), fc.integer({ min: 0, max: 45 }))
  .map(([negative, digits, places]) => {
    const text = digits.toString().padStart(places + 1, "0");
    return `${negative ? "-" : ""}${places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`}`;
  });

test("moving the point is exact, however long the number", () => {
  fc.assert(
    fc.property(plain, fc.integer({ min: -30, max: 30 }), (text, places) => {
      const expected = new Exact(text).times(new Exact(10).pow(places));

      expect(shifted(text, places)).toBe(expected.isZero() ? "0" : expected.toFixed());
    }),
  );
});

test("rounding is half away from zero, as decimal.js does it", () => {
  fc.assert(
    fc.property(plain, fc.integer({ min: -6, max: 12 }), (text, decimals) => {
      const unit = new Exact(10).pow(-decimals);
      const expected = new Exact(text).dividedBy(unit).toDecimalPlaces(0, Decimal.ROUND_HALF_UP).times(unit);

      expect(new Exact(rounded(text, decimals)).equals(expected)).toBe(true);
    }),
  );
});

test("thousands are set apart left of the point only", () => {
  expect(grouped("1234567.1234567")).toBe("1,234,567.1234567");
});
