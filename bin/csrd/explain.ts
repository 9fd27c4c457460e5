import { resolve } from "node:path";
import type { Command } from "commander";
import {
  files,
  type Lineage,
  type Metric,
  MetricsDocument,
  readDocument,
} from "#platform/agents/documents.ts";
import { loadFormulas } from "#platform/catalogue/load.ts";
import { CsrdError } from "#platform/errors.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { inert } from "./ending.ts";

type Options = { readonly outputDir: string; readonly json?: true; readonly rows: string };

/** `csrd explain`: a figure's formula, its parts and the rows under them. */
export function register(program: Command): void {
  program
    .command("explain")
    .description("show where a reported figure comes from, down to the rows")
    .argument("[metric]", "figure id, or a record id; without one, the figures are listed")
    .option("-o, --output-dir <folder>", "the report's folder", "out")
    .option("--rows <count>", "most rows to show", "20")
    .option("--json", "one JSON object")
    .action(explain);
}

async function explain(asked: string | undefined, options: Options): Promise<void> {
  const artifacts = folderArtifacts({ folder: resolve(options.outputDir) });
  const { metrics, lineage } = await readDocument(artifacts, files.metrics, MetricsDocument);
  if (asked === undefined) {
    process.stdout.write(
      metrics
        .map(
          ({ id, value, unit, label }) =>
            `${id.padEnd(24)}${value.padStart(18)} ${unit.padEnd(20)}${inert(label)}\n`,
        )
        .join(""),
    );
    return;
  }
  const metric = metrics.find(({ id }) => id === asked);
  const entries =
    metric === undefined
      ? lineage.filter(({ record_id }) => record_id === asked)
      : under(metric, metrics, lineage);
  if (metric === undefined && entries.length === 0)
    throw new CsrdError("metric-unknown", {
      summary: `The report has no figure and no record called ${JSON.stringify(asked.slice(0, 60))}.`,
      hint: "`csrd explain` without a name lists the figures.",
    });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ metric, lineage: entries })}\n`);
    return;
  }
  const { formulas } = await loadFormulas();
  const formula = formulas.find(({ id }) => id === metric?.formula);
  const most = Math.max(1, Math.trunc(Number(options.rows)) || 20);
  const head =
    metric === undefined
      ? []
      : [
          inert(metric.label),
          `  ${metric.value} ${metric.unit}`,
          `  = ${formula?.expression ?? ""}`,
          `  ${formula?.source ?? ""}; formula ${metric.formula} version ${metric.formula_version}`,
          `  from ${metric.from.slice(0, 12).join(", ")}${metric.from.length > 12 ? " …" : ""}`,
          `  hash ${metric.hash}`,
          "",
        ];
  const shown = entries.toSorted((a, b) => Number(b.tonnes) - Number(a.tonnes)).slice(0, most);
  const rest = entries.length - shown.length;
  process.stdout.write(
    [
      ...head,
      ...shown.flatMap(lineOf),
      ...(rest > 0 ? [`and ${rest} more rows; --rows ${entries.length} shows them all.`] : []),
      "",
    ].join("\n"),
  );
}

/** The lineage entries below a figure, through figures of figures. */
function under(metric: Metric, metrics: readonly Metric[], lineage: readonly Lineage[]): readonly Lineage[] {
  const method = /market/.test(metric.id) ? "location-based" : "market-based";
  const ids = new Set<string>();
  const walk = (one: Metric): void => {
    for (const name of one.from) {
      const inner = metrics.find(({ id }) => id === name);
      if (inner === undefined) ids.add(name);
      else walk(inner);
    }
  };
  walk(metric);
  return lineage.filter((entry) => ids.has(entry.record_id) && entry.method !== method);
}

function lineOf({
  row,
  record_id,
  activity,
  amount,
  unit,
  amount_in_factor_unit,
  factor,
  tonnes,
  method,
}: Lineage): readonly string[] {
  const converted = unit === factor.unit ? "" : ` = ${amount_in_factor_unit} ${factor.unit}`;
  return [
    inert(
      `row ${row}  ${record_id}  ${tonnes} tCO2e  ${activity}${method === "activity" ? "" : ` (${method})`}`,
    ),
    inert(
      `    ${amount} ${unit}${converted} x ${factor.kg_co2e_ar6} kg CO2e, factor ${factor.id} (${factor.gwp_set}; published ${factor.kg_co2e_as_published})`,
    ),
  ];
}
