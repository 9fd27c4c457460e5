import type { Factor } from "../factor-model.ts";
import { isNumber, plain, slug } from "./factor-paths.ts";
import { type Composition, compositionOf, onAr6, type Potentials } from "./refrigerants.ts";
import type { Row } from "./us-factor.ts";

/** Table 12: what each blend is made of, by its designation without dash. */
export function blendsOf(rows: readonly Row[]): ReadonlyMap<string, Composition> {
  return new Map(
    rows
      .filter((row) => /^R-\d/.test(row[3] ?? ""))
      .map((row) => [(row[3] ?? "").replace("-", ""), compositionOf(row[5] ?? "")]),
  );
}

/** Table 11: single gases. */
export function gases(rows: readonly Row[], potentials: Potentials): readonly Factor[] {
  return rows.flatMap((row) => {
    const [name = "", formula = "", potential] = row.slice(3).map((cell) => cell.trim());
    return isNumber(potential) && formula !== ""
      ? [released("t11", name, potential, onAr6(potential, name, undefined, potentials))]
      : [];
  });
}

/** Table 12: blends. */
export function mixtures(
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
