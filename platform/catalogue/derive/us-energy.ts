import { Decimal } from "decimal.js";
import type { Factor } from "../factor-model.ts";
import { isNumber, plain, slug } from "./factor-paths.ts";
import { type Gases, type Row, usFactor } from "./us-factor.ts";

/** Table 6: electricity by eGRID subregion, all power stations and marginal ones. */
export function grid(rows: readonly Row[]): readonly Factor[] {
  return rows.flatMap((row) => {
    const [name = "", , ...values] = row.slice(3);
    if (!/^([A-Z]{4}|US Average)$/.test(name)) return [];
    const region = name === "US Average" ? "US" : name;
    const [total, marginal] = [values.slice(0, 3), values.slice(3, 6)];
    const loss = values[6];
    return [
      usFactor(
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
      usFactor(
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

/** Table 7: bought steam and heat. */
export function steam(rows: readonly Row[]): readonly Factor[] {
  return rows.flatMap((row) => {
    const [name, co2, ch4, n2o] = row.slice(3);
    if (name !== "Steam and Heat" || !isNumber(co2) || !isNumber(ch4) || !isNumber(n2o)) return [];
    return [
      usFactor(
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
