import { resolve } from "node:path";
import type { Command } from "commander";
import { closest } from "fastest-levenshtein";
import { wrap } from "#kit/render/width.ts";
import { loadFormulaBook } from "#platform/agents/calculator-steps/load-formulas.ts";
import { entriesOf, type Traced, treeOf, withRows } from "#platform/agents/calculator-steps/trace.ts";
import {
  type EmissionLineage,
  files,
  type Lineage,
  type Metric,
  MetricsDocument,
  readDocument,
} from "#platform/agents/documents.ts";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { lookupOf } from "#platform/catalogue/lookup.ts";
import { CsrdError } from "#platform/errors.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { inert } from "./ending.ts";
import { print, terminal } from "./terminal.ts";

type Options = {
  readonly outputDir: string;
  readonly json?: true;
  readonly rows: string;
  readonly inputs?: true;
};

/** `csrd explain`: a figure's formula, its parts and the rows under them. */
export function register(program: Command): void {
  program
    .command("explain")
    .description("show where a reported figure comes from, down to the rows")
    .argument(
      "[figure]",
      "figure id, concept, datapoint id (E1-5_01) or record id; without one, the figures are listed",
    )
    .option("-o, --output-dir <folder>", "the report's folder", "out")
    .option("--rows <count>", "most rows to show under each figure", "20")
    .option("--inputs", "list what else formulas take, given as rows with these codes; needs no report")
    .option("--json", "one JSON object")
    .action(explain);
}

async function explain(asked: string | undefined, options: Options): Promise<void> {
  if (options.inputs === true) return inputs(options.json === true);
  const artifacts = folderArtifacts({ folder: resolve(options.outputDir) });
  const document = await readDocument(artifacts, files.metrics, MetricsDocument);
  const columns = Math.min(terminal().screen.columns, 100);
  const json = (value: unknown): void => print([JSON.stringify(value)]);
  if (asked === undefined) {
    if (options.json === true) json({ figures: document.metrics, not_formed: document.not_formed ?? [] });
    else print(document.metrics.flatMap((metric) => listed(metric, columns)));
    return;
  }
  const most = Math.max(1, Math.trunc(Number(options.rows)) || 20);
  const found = await figuresFor(asked, document);
  const [first, ...others] = found;
  if (first === undefined) {
    const entries = await entriesOf(asked, artifacts);
    if (entries.length === 0) throw unknown(asked, document);
    if (options.json === true) json({ record: asked, lineage: entries });
    else print(entries.flatMap((entry) => emissionLines(entry, 0, columns)));
    return;
  }
  const tree = treeOf(first, document, await loadFormulaBook());
  const { intact } = await withRows(tree, artifacts, document, most);
  const isWhole = intact && isSound(tree);
  if (!isWhole) process.exitCode = 2;
  if (options.json === true) {
    json({ figure: tree, others, lineage_intact: intact });
    return;
  }
  print([
    ...(isWhole ? [] : ["A file was changed after it was calculated: the hashes do not fit.", ""]),
    ...told(tree, 0, columns),
    "",
    ...(others.length === 0 ? [] : ["Also:", ...others.slice(0, 20).map((id) => `  ${inert(id)}`)]),
    ...(others.length > 20 ? [`  and ${others.length - 20} more`] : []),
  ]);
}

/** The auxiliary inputs of the formulas: code, unit, paragraph, and the formulas that take each. */
async function inputs(json: boolean): Promise<void> {
  const { auxiliary, formulas } = await loadFormulaBook();
  const found = [...auxiliary.values()].map((one) => ({
    ...one,
    formulas: [...formulas.values()].flatMap(({ id, references }) =>
      references.some(({ name }) => name === one.id) ? [id] : [],
    ),
  }));
  const columns = Math.min(terminal().screen.columns, 100);
  if (json) print([JSON.stringify({ inputs: found })]);
  else
    print(
      found.flatMap(({ id, label, unit, source, formulas: used }) => [
        `${id}  ${unit}`,
        ...wrap(`${label}. ${source}; for ${used.join(", ")}`, columns - 2).map((line) => `  ${line}`),
      ]),
    );
}

/** The figures that a word means, the one of the reported year without breakdown first. */
async function figuresFor(asked: string, { metrics }: MetricsDocument): Promise<readonly string[]> {
  if (metrics.some(({ id }) => id === asked)) return [asked];
  const lookup = lookupOf(await loadCatalogue());
  const named = lookup.concept(asked);
  const concepts = new Set(
    (named === undefined ? lookup.conceptsOf(asked) : [named]).map(({ concept }) => concept),
  );
  const found = metrics.flatMap(({ id, concept }) => (concepts.has(concept) ? [id] : []));
  if (found.length > 0) return found;
  const isUsed = metrics.some(({ from }) => from.some(({ id }) => id === asked));
  return asked.startsWith("aux:") && isUsed ? [asked] : [];
}

function unknown(asked: string, { metrics, not_formed = [] }: MetricsDocument): CsrdError {
  const missed = not_formed.find(({ formula, concept }) => concept === asked || formula === asked);
  const near =
    metrics.length === 0
      ? ""
      : closest(
          asked,
          metrics.map(({ id }) => id),
        );
  return new CsrdError("metric-unknown", {
    summary:
      missed === undefined
        ? `The report has no figure and no record called ${JSON.stringify(asked.slice(0, 60))}.`
        : `${missed.concept} is not formed: ${missed.because} (${missed.code}).`,
    hint:
      missed === undefined
        ? `\`csrd explain\` without a name lists the figures${near === "" ? "" : `; the nearest is ${near}`}.`
        : "Give what is missing as rows, or the figure itself.",
  });
}

function isSound({ intact, rows, from }: Traced): boolean {
  return intact !== false && rows.broken === 0 && from.every(isSound);
}

function listed({ id, value = "nil", unit, label }: Metric, columns: number): readonly string[] {
  const figure = `${value} ${unit}`;
  const room = columns - figure.length - 2;
  const name = inert(id);
  return name.length <= room
    ? [`${name.padEnd(room)}  ${figure}`]
    : [...wrap(`${name}  ${name.startsWith(label) ? "" : inert(label)}`, columns), figure.padStart(columns)];
}

/** A figure and what is under it, each level two cells further in. */
function told(node: Traced, depth: number, columns: number): readonly string[] {
  const put = (text: string, hang = 0): readonly string[] =>
    wrap(inert(text), Math.max(24, columns - depth * 2 - 2 - hang)).map(
      (line, index) => `${"  ".repeat(depth)}  ${" ".repeat(index === 0 ? 0 : hang)}${line}`,
    );
  const { metric, formula, rows } = node;
  const head = wrap(inert(node.id), columns - depth * 2).map((line) => `${"  ".repeat(depth)}${line}`);
  const period =
    metric === undefined
      ? ""
      : "instant" in metric.period
        ? metric.period.instant
        : `${metric.period.start} to ${metric.period.end}`;
  const isRepeated =
    metric !== undefined &&
    metric.from.length > 0 &&
    node.from.length === 0 &&
    metric.rows === 0 &&
    formula !== undefined &&
    metric.formula !== "net-revenue";
  return [
    ...(depth === 0 ? [] : [""]),
    ...head,
    ...(node.label === node.id ? [] : put(node.label)),
    ...put(`${node.value ?? "nil"} ${node.unit}${period === "" ? "" : `   ${period}`}`),
    ...(isRepeated ? put("as above") : made(node, put)),
    ...(rows.count === 0
      ? []
      : put(`${rows.count.toLocaleString("en")} ${rows.count === 1 ? "row" : "rows"}:`)),
    ...rows.first.flatMap((entry) => entryLines(entry, depth + 2, columns)),
    ...(rows.count > rows.first.length
      ? put(
          `and ${(rows.count - rows.first.length).toLocaleString("en")} more rows; --rows ${rows.count} shows them all.`,
        )
      : []),
    ...node.from.flatMap((inner) => told(inner, depth + 1, columns)),
  ];
}

function made(
  { metric, formula, filled, settled, intact }: Traced,
  put: (text: string, hang?: number) => readonly string[],
): readonly string[] {
  if (metric === undefined) return [];
  return [
    ...(formula === undefined
      ? put(ways[metric.formula] ?? metric.formula)
      : put(`= ${formula.expression}`, 2)),
    ...(filled === "" ? [] : put(`= ${filled}`, 2)),
    ...(formula === undefined
      ? []
      : put(`formula ${metric.formula} version ${metric.formula_version}; ${formula.source}`)),
    ...(settled ? put("rounded so that the shares of the whole add up to one") : []),
    ...(metric.from.some(({ id }) => id === "company.json") ? put("from company.json") : []),
    ...put(`hash ${metric.hash}${intact === false ? " (does not fit the figure)" : ""}`, 5),
  ];
}

const ways: Readonly<Record<string, string>> = {
  "as-reported": "as the row gives it",
  "sum-of-rows": "the sum of its rows",
  "sum-of-places": "the sum of its rows at that day",
};

function entryLines(entry: Lineage, depth: number, columns: number): readonly string[] {
  if (entry.kind === "emission") return emissionLines(entry, depth, columns);
  const { input, row, code, value, unit, as_given } = entry;
  const given = as_given === undefined ? "" : `, given as ${as_given.value} ${as_given.unit}`;
  return indented(
    `${input} row ${row}  ${code}  ${value === "" ? "nil" : value} ${unit}${given}`,
    depth,
    columns,
  );
}

function emissionLines(entry: EmissionLineage, depth: number, columns: number): readonly string[] {
  const { input, row, record_id, activity, amount, unit, amount_in_factor_unit, factor, tonnes, method } =
    entry;
  const converted = unit === factor.unit ? "" : ` = ${amount_in_factor_unit} ${factor.unit}`;
  return [
    ...indented(
      `row ${row}  ${record_id}  ${tonnes} tCO2e  ${activity}${method === "activity" ? "" : ` (${method})`}`,
      depth,
      columns,
    ),
    ...indented(
      `${amount} ${unit}${converted} x ${factor.kg_co2e_ar6} kg CO2e, factor ${factor.id} (${factor.gwp_set}; published ${factor.kg_co2e_as_published}); ${input}`,
      depth + 2,
      columns,
    ),
  ];
}

/** Spacing inside the text is kept where it fits on the line. */
function indented(text: string, depth: number, columns: number): readonly string[] {
  const indent = "  ".repeat(depth);
  const plain = inert(text);
  if (indent.length + plain.length <= columns) return [`${indent}${plain}`];
  return wrap(plain, columns - indent.length - 2).map(
    (line, index) => `${indent}${index === 0 ? "" : "  "}${line}`,
  );
}
