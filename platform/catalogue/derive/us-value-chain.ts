import { Decimal } from "decimal.js";
import type { Factor } from "../factor-model.ts";
import { isNumber, slug } from "./factor-paths.ts";
import { type Row, usFactor, withoutNote } from "./us-factor.ts";

const carriage = ["4", "9"];
const travel = ["6", "7"];
const distances: Readonly<Record<string, string>> = {
  "vehicle-mile": "mile",
  "short ton-mile": "short ton-mile",
  "passenger-mile": "passenger-mile",
};

/** Tables 8 and 10: freight and travel by distance. */
export function distancesOf(table: "8" | "10", rows: readonly Row[]): readonly Factor[] {
  const freight = table === "8";
  return rows.flatMap((row) => {
    const [name = "", co2, ch4, n2o, per = ""] = row.slice(3);
    const unit = distances[per];
    if (unit === undefined || !isNumber(co2) || !isNumber(ch4) || !isNumber(n2o)) return [];
    return [
      usFactor(
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

/** Table 9: waste by material and treatment. */
export function waste(rows: readonly Row[]): readonly Factor[] {
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
