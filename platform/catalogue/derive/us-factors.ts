import type { Factor } from "../factor-model.ts";
import { isNumber } from "./factor-paths.ts";
import type { Composition, Potentials } from "./refrigerants.ts";
import { machines, mobileFuels, stationary, vehicles } from "./us-combustion.ts";
import { grid, steam } from "./us-energy.ts";
import type { Row } from "./us-factor.ts";
import { blendsOf, gases, mixtures } from "./us-gases.ts";
import { distancesOf, waste } from "./us-value-chain.ts";

type Table = { readonly number: string; readonly rows: readonly Row[] };

/** The US set and how many numbers it holds, table by table; every number stands in a factor's `published`. */
export type UsFactors = {
  readonly factors: readonly Factor[];
  readonly blends: ReadonlyMap<string, Composition>;
  readonly numbers: Readonly<Record<string, number>>;
};

/** Every value of the twelve tables of the US hub, each as a factor or beside one. */
export function deriveUsFactors(rows: readonly Row[], potentials: Potentials): UsFactors {
  const tables = splitTables(rows);
  const of = (number: string): readonly Row[] => tables.find((table) => table.number === number)?.rows ?? [];
  const blends = blendsOf(of("12"));
  const factors = [
    ...stationary(of("1")),
    ...mobileFuels(of("2")),
    ...vehicles("3", of("3")),
    ...vehicles("4", of("4")),
    ...machines(of("5")),
    ...grid(of("6")),
    ...steam(of("7")),
    ...distancesOf("8", of("8")),
    ...waste(of("9")),
    ...distancesOf("10", of("10")),
    ...gases(of("11"), potentials),
    ...mixtures(of("12"), blends, potentials),
  ];
  const numbers = Object.fromEntries(
    tables.map(({ number, rows: inside }) => [number, countNumbers(number, inside)]),
  );
  return { factors, blends, numbers };
}

function splitTables(rows: readonly Row[]): readonly Table[] {
  const tables: { number: string; rows: Row[] }[] = [];
  for (const row of rows) {
    const named = /^Table (\d+)/.exec(row[2] ?? "");
    if (named !== null) tables.push({ number: named[1] ?? "", rows: [] });
    else tables.at(-1)?.rows.push(row);
  }
  return tables;
}

// Columns that hold words or years, though they may look like numbers.
const words: Readonly<Record<string, readonly number[]>> = { "3": [4], "4": [4, 5], "12": [5] };
function countNumbers(table: string, rows: readonly Row[]): number {
  return rows.reduce(
    (sum, row) =>
      sum +
      row.filter((cell, index) => index > 3 && !(words[table] ?? []).includes(index) && isNumber(cell))
        .length,
    0,
  );
}
