import type { Factor } from "../factor-model.ts";
import { isNumber, slug } from "./factor-paths.ts";
import { physicalUnits, type Row, usFactor, withoutNote } from "./us-factor.ts";

const road = ["mobile-combustion"];

/** Table 1: fuels burnt in place, by heat and by their own measure. */
export function stationary(rows: readonly Row[]): readonly Factor[] {
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
      usFactor(
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
        usFactor(
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

/** Table 2: CO2 of fuels burnt on the road. */
export function mobileFuels(rows: readonly Row[]): readonly Factor[] {
  return rows.flatMap((row) => {
    const [name = "", co2, per = ""] = row.slice(3);
    const unit = physicalUnits[per];
    if (!isNumber(co2) || unit === undefined) return [];
    return [
      usFactor(
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
export function vehicles(table: string, rows: readonly Row[]): readonly Factor[] {
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
      usFactor(
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

/** Table 5: methane and nitrous oxide of ships, aircraft and machines, by fuel. */
export function machines(rows: readonly Row[]): readonly Factor[] {
  const found: Factor[] = [];
  let machine = "";
  for (const row of rows) {
    const [name = "", fuel = "", ch4, n2o] = row.slice(3);
    if (!isNumber(ch4) || !isNumber(n2o)) continue;
    if (name !== "") machine = slug(withoutNote(name));
    found.push(
      usFactor(
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
