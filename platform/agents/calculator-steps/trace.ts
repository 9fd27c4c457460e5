import { createHash } from "node:crypto";
import { filledIn } from "#rules/formula-text.ts";
import type { FormulaBook } from "#rules/formula-book.ts";
import type { Artifacts } from "../../agent.ts";
import { digest } from "../../catalogue/load.ts";
import { CsrdError } from "../../errors.ts";
import { type EmissionLineage, files, Lineage, type Metric, type MetricsDocument } from "../documents.ts";
import { scope3Categories } from "../intake-steps/columns.ts";
import { isIntact } from "./lineage.ts";
import { scope3Axis } from "./place.ts";

/** A figure with everything under it: how it was made, from which figures, and the first of its rows. */
export type Traced = {
  readonly id: string;
  /** Undefined for an auxiliary input, which is no figure of the report. */
  readonly metric: Metric | undefined;
  readonly label: string;
  readonly value: string | undefined;
  unit: string;
  readonly formula:
    | { readonly id: string; readonly version: number; readonly expression: string; readonly source: string }
    | undefined;
  /** The expression with the numbers that went in. */
  readonly filled: string;
  /** Whether rounding was settled between shares of one whole, so that the last digit may differ from the formula's. */
  readonly settled: boolean;
  /** Whether the figure's hash is that of its content; undefined for an auxiliary input. */
  readonly intact: boolean | undefined;
  readonly from: readonly Traced[];
  /** How many rows lie directly under it, and the first of them; the largest emissions first. */
  readonly rows: { count: number; broken: number; first: Lineage[] };
};

/** The tree under one figure or auxiliary input, without its rows; `seen` keeps a figure that is used twice from being told twice. */
export function treeOf(
  id: string,
  document: MetricsDocument,
  book: FormulaBook,
  value?: string,
  seen: Set<string> = new Set(),
): Traced {
  const metric = document.metrics.find((one) => one.id === id);
  const isNew = !seen.has(id);
  seen.add(id);
  const auxiliary = book.auxiliary.get(nameOf(id, document));
  const compiled = book.formulas.get(metric?.formula ?? "");
  const known = compiled ?? book.activity.get(metric?.formula ?? "");
  const formula = known && {
    id: known.id,
    version: known.version,
    expression: known.expression,
    source: known.source,
  };
  // An input that a formula names twice is told once.
  const inputs = new Map((isNew ? (metric?.from ?? []) : []).map((one) => [one.id, one]));
  inputs.delete("company.json");
  return {
    id,
    metric,
    label: metric?.label ?? auxiliary?.label ?? id,
    value: metric?.value ?? value,
    unit: metric?.unit ?? auxiliary?.unit ?? "",
    formula,
    filled:
      compiled === undefined || metric === undefined
        ? ""
        : filledIn(compiled.tree, metric.from, (one) => nameOf(one, document)),
    settled: compiled !== undefined && (compiled.shares_over !== "" || compiled.shares_with.length > 0),
    intact: metric === undefined ? undefined : isOwnHash(metric),
    from: [...inputs.values()].map((one) => treeOf(one.id, document, book, one.value, seen)),
    rows: { count: 0, broken: 0, first: [] },
  };
}

function isOwnHash({ hash, ...body }: Metric): boolean {
  return digest(body) === hash;
}

/** The concept or auxiliary input of a figure's id. */
function nameOf(id: string, { metrics }: MetricsDocument): string {
  const metric = metrics.find((one) => one.id === id);
  return metric?.concept ?? id.replace(/(?<=^aux:[a-z0-9-]+|^[A-Za-z0-9]+)[[@/].*$/, "");
}

/** Fills in the rows of a tree in one reading of the lineage file, and says whether the file is the one that was written with the figures. */
export async function withRows(
  tree: Traced,
  artifacts: Artifacts,
  { lineage }: MetricsDocument,
  most: number,
): Promise<{ readonly intact: boolean }> {
  const byRow = new Map<string, Traced>();
  const byEmission: Traced[] = [];
  for (const node of nodesOf(tree)) {
    if (node.from.length > 0 || byRow.has(node.id)) continue;
    byRow.set(node.id, node);
    byEmission.push(node);
  }
  const sum = createHash("sha256");
  for await (const line of linesOf(artifacts, sum)) {
    if (line.startsWith('{"code"') || line.startsWith('{"as_given"')) {
      // The millions of rows that other figures are made of are told by their metric alone.
      const metric = /"metric":("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
      if (metric !== undefined && !byRow.has(JSON.parse(metric))) continue;
    }
    const entry = parsed(line);
    const nodes =
      entry.kind === "row"
        ? [byRow.get(entry.metric)].filter((node) => node !== undefined)
        : byEmission.filter((node) => wentInto(node, entry));
    for (const node of nodes) {
      // Money that may be in any currency is in that of its rows.
      if (node.unit === "iso4217" && entry.kind === "row") node.unit = entry.unit;
      node.rows.count += 1;
      if (!isIntact(entry)) node.rows.broken += 1;
      keep(node.rows.first, entry, most);
    }
  }
  return { intact: sum.digest("hex") === lineage.sha256 };
}

/** The emissions that one activity record led to. */
export async function entriesOf(recordId: string, artifacts: Artifacts): Promise<readonly EmissionLineage[]> {
  const found: EmissionLineage[] = [];
  for await (const line of linesOf(artifacts)) {
    if (!line.includes(JSON.stringify(recordId))) continue;
    const entry = parsed(line);
    if (entry.kind === "emission" && entry.record_id === recordId) found.push(entry);
  }
  return found;
}

function* nodesOf(tree: Traced): Generator<Traced> {
  yield tree;
  for (const inner of tree.from) yield* nodesOf(inner);
}

/** Rows stay in their order; of emissions the largest are kept. */
function keep(first: Lineage[], entry: Lineage, most: number): void {
  if (entry.kind === "row") {
    if (first.length < most) first.push(entry);
    return;
  }
  const size = Number(entry.tonnes);
  const before = first.findIndex((one) => one.kind === "emission" && Number(one.tonnes) < size);
  if (before === -1) first.push(entry);
  else first.splice(before, 0, entry);
  if (first.length > most) first.pop();
}

const scopes: Readonly<Record<string, (entry: EmissionLineage) => boolean>> = {
  GrossScope1GreenhouseGasEmissions: ({ scope }) => scope === 1,
  GrossLocationBasedScope2GreenhouseGasEmissions: ({ method }) => method === "location-based",
  GrossMarketBasedScope2GreenhouseGasEmissions: ({ method }) => method === "market-based",
  LocationBasedGreenhouseGasEmissions: ({ method }) => method !== "market-based",
  MarketBasedGreenhouseGasEmissions: ({ method }) => method !== "location-based",
};
const categoryOf = new Map(scope3Categories.map(({ number, member }) => [`esrs:${member}`, number]));

/** True when an emission is part of a figure, or of an auxiliary input (`metric` undefined). */
export function wentInto({ id, metric }: Pick<Traced, "id" | "metric">, entry: EmissionLineage): boolean {
  if (metric === undefined) return entry.also?.includes(id) ?? false;
  if (metric.formula === "biogenic")
    return entry.biogenic_tonnes !== undefined && id === `biogenic-${entry.scope}`;
  const isMade = /^(?:gross-scope|scope-3-category|country-)/.test(metric.formula);
  if (!isMade || metric.rows === 0) return false;
  const category = metric.dimensions[scope3Axis];
  if (category !== undefined) return entry.scope === 3 && entry.category === categoryOf.get(category);
  const country = metric.dimensions["CountryAxis"];
  if (country !== undefined && country !== `country:${entry.country}`) return false;
  return scopes[metric.concept]?.(entry) ?? false;
}

/** The lines of a report's lineage file; `sum` is given every byte. */
export async function* linesOf(
  artifacts: Artifacts,
  sum?: ReturnType<typeof createHash>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of artifacts.stream(files.lineage)) {
    sum?.update(chunk);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
  if (rest !== "") yield rest;
}

function parsed(line: string): Lineage {
  try {
    return Lineage.parse(JSON.parse(line));
  } catch (cause) {
    throw new CsrdError("artifact-broken", {
      summary: `${files.lineage} has a line that is not of the shape that the calculator writes.`,
      hint: "Run `csrd calculate` again.",
      details: String(cause).slice(0, 300),
      cause,
    });
  }
}
