import { placeOf } from "#rules/fact.ts";
import { CsrdError } from "../../errors.ts";
import { rounded, shifted } from "../../xbrl/decimal-text.ts";
import type { ReadReport } from "../../xbrl/read-report.ts";
import type { Item } from "./items.ts";

/** Proves that the document, read back, says exactly what was meant; throws `csrd-defect` otherwise. */
export function agree(items: readonly Item[], { facts, faults }: ReadReport): void {
  const fault = faults[0];
  if (fault !== undefined) throw defect(`${fault.sentence} (${fault.code})`);
  const read = new Map(facts.map((fact) => [placeOf(fact), fact.value]));
  for (const { fact, place, kind } of items) {
    const { value, decimals } = fact;
    const meant =
      value === undefined || kind !== "number"
        ? sorted(value)
        : decimals === undefined
          ? shifted(value, 0)
          : rounded(value, decimals);
    if (!read.has(place)) throw defect(`${place} is not in it`);
    if (sorted(read.get(place)) !== meant)
      throw defect(`${place} is ${String(read.get(place))} in it, not ${String(meant)}`);
  }
}

/** Members of a set stand in no order. */
const sorted = (value: string | undefined): string | undefined =>
  value !== undefined && /^[a-z]+:\w+( [a-z]+:\w+)+$/.test(value)
    ? value.split(" ").toSorted().join(" ")
    : value;

function defect(what: string): CsrdError {
  return new CsrdError("csrd-defect", {
    summary: "The statement that was written does not say what was meant; nothing is published.",
    hint: "Report this with the input; csrd run --json shows the details.",
    details: what.slice(0, 500),
  });
}
