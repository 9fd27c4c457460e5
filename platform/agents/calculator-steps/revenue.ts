import { Exact } from "#rules/formula-evaluate.ts";
import type { Company } from "../documents.ts";
import type { Figure, Figures } from "./figures.ts";
import { figureId, wholeYear } from "./place.ts";
import type { Year } from "./years.ts";

const used = "NetRevenueUsedToCalculateGHGIntensity";
const other = "NetRevenueOtherThanUsedToCalculateGHGIntensity";

/** Adds the net revenue of the company profile where no row gives it, and what of the revenue is not used for intensities; says where profile and rows differ. */
export function addRevenue(
  figures: Figures,
  { net_revenue }: Company,
  years: readonly Year[],
): readonly string[] {
  if (net_revenue === undefined) return [];
  const amount = new Exact(net_revenue.amount);
  const put = (name: string, value: Figure["value"]): void =>
    figures.set({
      id: figureId(name, wholeYear, years),
      name,
      place: wholeYear,
      value,
      unit: `iso4217:${net_revenue.currency}`,
      decimals: Math.max(amount.decimalPlaces(), value?.decimalPlaces() ?? 0),
      origin: "company",
      formula: "net-revenue",
      version: 1,
      from: [{ id: "company.json", value: amount.toFixed() }],
      rows: 0,
    });
  const warnings: string[] = [];
  for (const name of ["Revenue", used]) {
    const held = figures.at(name, wholeYear);
    if (held === undefined) put(name, amount);
    else if (held.value !== undefined && !held.value.equals(amount))
      warnings.push(
        `${held.id}: the rows give ${held.value.toFixed()} ${held.unit}, the company profile ${amount.toFixed()} iso4217:${net_revenue.currency}; that of the rows is reported.`,
      );
  }
  const [whole, part] = [figures.at("Revenue", wholeYear), figures.at(used, wholeYear)];
  const rest =
    whole?.unit === part?.unit && part?.value !== undefined ? whole?.value?.minus(part.value) : undefined;
  if (rest !== undefined && !rest.isNegative() && figures.at(other, wholeYear) === undefined)
    put(other, rest);
  return warnings;
}
