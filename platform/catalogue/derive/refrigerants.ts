import { Decimal } from "decimal.js";

/** GWP over 100 years by species, as collected: `HFC134a` → AR5 and AR6. */
export type Potentials = ReadonlyMap<string, { readonly ar5: string; readonly ar6: string }>;
/** What a blend is made of: share of mass by gas name. */
export type Composition = readonly { readonly gas: string; readonly share: string }[];

/** `44% HFC-125 , 4% HFC-134a , 52% HFC-143a` → shares that sum to one. */
export function compositionOf(text: string): Composition {
  return text.split(",").map((part) => {
    const found = /^\s*([\d.]+)%\s+(.+?)\s*$/.exec(part);
    if (found === null) throw new Error(`${part} is no part of a blend.`);
    return { gas: found[2] ?? "", share: new Decimal(found[1] ?? "").dividedBy(100).toFixed() };
  });
}

/** Names of perfluorocarbons by designation; other gases are known by their designation without dashes. */
const formulas: Readonly<Record<string, string>> = {
  "PFC-14": "CF4",
  "PFC-116": "C2F6",
  "PFC-218": "C3F8",
  "PFC-318": "cC4F8",
  "PFC-31-10": "C4F10",
  "PFC-41-12": "C5F12",
  "PFC-51-14": "C6F14",
  "PFC-91-18": "C10F18",
  "Carbon dioxide": "CO2",
  Methane: "CH4",
  "Nitrous oxide": "N2O",
  "Nitrogen trifluoride": "NF3",
  "Sulfur hexafluoride": "SF6",
};

/** The name under which a gas stands in the table of potentials. */
function speciesOf(name: string): string {
  const bracketed = /\(([A-Z0-9a-z]+)\)$/.exec(name)?.[1];
  return formulas[name] ?? bracketed ?? name.replaceAll("-", "");
}

/**
 * The AR6 value of a gas or blend whose published AR5 value is that of the table (or of its parts, to the whole number):
 * only then is it sure that both mean the same substance. Parts outside the Kyoto Protocol count nothing, as published.
 */
export function onAr6(
  published: string,
  name: string,
  composition: Composition | undefined,
  potentials: Potentials,
): string | undefined {
  if (composition === undefined) {
    const species = potentials.get(speciesOf(name));
    return species !== undefined && new Decimal(species.ar5).equals(published) ? species.ar6 : undefined;
  }
  let [ar5, ar6] = [new Decimal(0), new Decimal(0)];
  for (const { gas, share } of composition) {
    if (!/^(HFC|PFC)-/.test(gas)) continue;
    const species = potentials.get(speciesOf(gas));
    if (species === undefined) return undefined;
    ar5 = ar5.plus(new Decimal(share).times(species.ar5));
    ar6 = ar6.plus(new Decimal(share).times(species.ar6));
  }
  return ar5.minus(published).abs().lessThanOrEqualTo(1) && !ar6.isZero() ? ar6.toFixed() : undefined;
}
