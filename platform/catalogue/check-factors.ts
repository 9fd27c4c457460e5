import type { Factors } from "./factor-model.ts";

const decimal = /^-?\d+(\.\d+)?$/;

/**
 * The factor list from the text of its file. It checks what a torn or edited file would break and what a calculation rests on
 * (ids, units, decimal text, a source that is listed) and throws on the first fault; a test checks the whole schema.
 */
export function checkedFactors(text: string): Factors {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked below, and against the whole schema by a test
  const file = JSON.parse(text) as Factors;
  const sources = new Set(file.sources.map(({ id }) => id));
  const ids = new Set<string>();
  for (const { id, source, path, unit, kg_co2e: kg, gases, categories } of file.factors) {
    const figures = gases === undefined ? [kg] : [kg, gases.co2, gases.ch4, gases.n2o];
    if (
      typeof id !== "string" ||
      typeof path !== "string" ||
      typeof unit !== "string" ||
      !Array.isArray(categories)
    )
      throw new Error(`The factor ${id} is not whole.`);
    if (ids.has(id) || !sources.has(source))
      throw new Error(`The factor ${id} is there twice or of no source.`);
    if (!figures.every((figure) => typeof figure === "string" && decimal.test(figure)))
      throw new Error(`The factor ${id} holds something that is no number.`);
    ids.add(id);
  }
  if (file.gwp_sets.AR5.n2o === undefined || file.gwp_sets.AR6.n2o === undefined || ids.size === 0)
    throw new Error("The factor list is empty or has no GWP values.");
  return file;
}
