import type { Command } from "commander";
import { loadFactors } from "#platform/catalogue/load.ts";
import { units } from "#rules/units.ts";

type Options = {
  readonly scope?: string;
  readonly category?: string;
  readonly country?: string;
  readonly units?: true;
  readonly json?: true;
};

/** `csrd factors`: what may stand in the activity and unit columns. */
export function register(program: Command): void {
  program
    .command("factors")
    .description("search the emission factors and units")
    .argument("[words...]", "words that the activity contains")
    .option("--scope <1|2|3>", "only this scope")
    .option("--category <name>", "only this category: a source type, an energy kind or 1 to 15")
    .option("--country <code>", "only factors usable in this country")
    .option("--units", "list the units")
    .option("--json", "one JSON object per line")
    .action(search);
}

async function search(words: readonly string[], options: Options): Promise<void> {
  if (options.units === true) {
    process.stdout.write(
      [...Map.groupBy(units, ({ dimension }) => dimension)]
        .map(([dimension, of]) => `${dimension.padEnd(20)}${of.map(({ name }) => name).join(", ")}\n`)
        .join(""),
    );
    return;
  }
  const { factors } = await loadFactors();
  const wanted = words.map((word) => word.toLowerCase());
  const found = factors.filter(
    ({ path, scope, categories, country }) =>
      wanted.every((word) => path.includes(word)) &&
      (options.scope === undefined || String(scope) === options.scope) &&
      (options.category === undefined || categories.includes(options.category)) &&
      (options.country === undefined || country === undefined || country === options.country.toUpperCase()),
  );
  const line = (factor: (typeof factors)[number]): string =>
    options.json === true
      ? `${JSON.stringify(factor)}\n`
      : `${factor.scope}  ${factor.categories.join(",").padEnd(24)} ${factor.path}  ${factor.kg_co2e} kg/${factor.unit}  ${factor.source}${factor.country === undefined ? "" : ` (${factor.country})`}\n`;
  const shown = options.json === true ? found : found.slice(0, 60);
  process.stdout.write(shown.map(line).join(""));
  if (options.json !== true)
    process.stdout.write(
      `${found.length} factors${found.length > shown.length ? `, the first ${shown.length} shown; add words to narrow` : ""}.\n`,
    );
}
