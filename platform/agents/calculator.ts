import type { Agent, AgentWork } from "../agent.ts";
import { loadCatalogue, loadFactors } from "../catalogue/load.ts";
import { CsrdError } from "../errors.ts";
import { ActivityEmissions } from "./calculator-steps/activities.ts";
import { placesOf } from "./calculator-steps/allowed.ts";
import { kindsOf } from "./calculator-steps/concepts.ts";
import { derive } from "./calculator-steps/derive.ts";
import { LineageWriter } from "./calculator-steps/lineage.ts";
import { loadFormulaBook } from "./calculator-steps/load-formulas.ts";
import { merge } from "./calculator-steps/merge.ts";
import { metricsOf } from "./calculator-steps/metrics.ts";
import { activitiesOf, datapointsOf } from "./calculator-steps/read-rows.ts";
import { addRevenue } from "./calculator-steps/revenue.ts";
import { RowGathering } from "./calculator-steps/rows.ts";
import { whereIn, yearsOf } from "./calculator-steps/years.ts";
import { files, IntakeDocument, type MetricsDocument, readDocument, writeDocument } from "./documents.ts";

/** Which figures follow from the rows: gathered, worked out by formula, and checked against each other? Decimal arithmetic, with the lineage of every number. */
export const calculator: Agent = {
  name: "calculator",
  purpose:
    "Which figures follow from the rows: gathered, worked out by formula, and checked against each other?",
  reads: [files.intake, files.datapoints, files.activities],
  writes: [files.metrics, files.lineage],
  async run(work) {
    const { artifacts, reportId, log } = work;
    const [catalogue, factors, book] = await Promise.all([loadCatalogue(), loadFactors(), loadFormulaBook()]);
    const { company, counts } = await readDocument(artifacts, files.intake, IntakeDocument);
    const years = yearsOf(company.period);
    const kinds = kindsOf(catalogue, book);
    const activities = new ActivityEmissions(book, factors, years);
    const rows = new RowGathering(kinds, years);
    const lineage = await LineageWriter.open(artifacts);
    try {
      const outside = await takeActivities(work, activities, years, lineage, counts.activities);
      await takeRows(work, rows, lineage, counts.datapoints);
      const { figures, warnings: clashes } = merge(activities.figures(), rows.figures());
      const revenue = addRevenue(figures, company, years);
      const { warnings: disagreements, notFormed } = derive(figures, {
        book,
        kinds,
        years,
        allowed: placesOf(catalogue),
      });
      const metrics = metricsOf(figures, catalogue, kinds, years);
      if (metrics.length === 0)
        throw new CsrdError("no-metrics", {
          summary: "Not one figure follows from the records.",
          hint: "Check the metric codes, scopes and amounts of the input rows.",
        });
      const warnings = [
        ...activities.warnings(),
        ...outside,
        ...rows.warnings(),
        ...clashes,
        ...revenue,
        ...disagreements,
        ...(activities.records > 0 &&
        company.net_revenue === undefined &&
        figures.of("NetRevenueUsedToCalculateGHGIntensity").length === 0
          ? ["No net revenue is given, so GHG intensity cannot be reported (ESRS E1 paragraph 53)."]
          : []),
      ];
      const traced = await lineage.close();
      const gwp = activities.gwp();
      const document: MetricsDocument = {
        report_id: reportId,
        ...(gwp === undefined ? {} : { gwp }),
        instruments: activities.contracts(),
        sources: activities.sources(),
        warnings,
        metrics: [...metrics],
        not_formed: [...notFormed],
        lineage: traced,
      };
      await writeDocument(artifacts, files.metrics, document);
      const value = (id: string): string => metrics.find((metric) => metric.id === id)?.value ?? "none";
      const records = activities.records + rows.rows;
      log("INFO", "Calculation completed", {
        metrics: metrics.length,
        records,
        not_formed: notFormed.length,
        total_location_tco2e: value("total-location"),
        total_market_tco2e: value("total-market"),
      });
      const emissions =
        value("total-location") === "none"
          ? ""
          : `: ${value("total-location")} tCO2e location-based, ${value("total-market")} tCO2e market-based`;
      return {
        status: warnings.length > 0 ? "warnings" : "ok",
        summary: `${metrics.length} figures from ${records.toLocaleString("en")} records${emissions}`,
        figures: {
          metrics: metrics.length,
          records,
          derived: metrics.filter(({ from }) => from.length > 0).length,
          not_formed: notFormed.length,
          scope_1: value("scope-1"),
          scope_2_location: value("scope-2-location"),
          scope_2_market: value("scope-2-market"),
          scope_3: value("scope-3"),
          total_location: value("total-location"),
          total_market: value("total-market"),
        },
        warnings,
        wrote: [files.metrics, files.lineage],
      };
    } catch (error) {
      await lineage.abort();
      throw error;
    }
  },
  async health() {
    const [{ formulas, activity }, { factors }] = await Promise.all([loadFormulaBook(), loadFactors()]);
    return { formulas_loaded: formulas.size + activity.size, emission_factors_loaded: factors.length };
  },
};

async function takeActivities(
  { artifacts, progress, signal }: AgentWork,
  activities: ActivityEmissions,
  years: ReturnType<typeof yearsOf>,
  lineage: LineageWriter,
  total: number,
): Promise<readonly string[]> {
  if (!(await artifacts.exists(files.activities))) return [];
  let outside = 0;
  let first = "";
  let said = 0;
  for await (const some of activitiesOf(artifacts)) {
    for (const record of some)
      if (whereIn(years, { start: record.period_start, end: record.period_end })?.year === 0)
        lineage.emissions(activities.take(record));
      else {
        outside += 1;
        first ||= `${record.input} row ${record.row}`;
      }
    await lineage.settle();
    signal?.throwIfAborted();
    if (activities.records + outside - said < 5000) continue;
    said = activities.records + outside;
    progress?.(said, total, "activities calculated");
  }
  progress?.(total, total, "activities calculated");
  return outside === 0
    ? []
    : [
        `${outside.toLocaleString("en")} activity ${outside === 1 ? "record lies" : "records lie"} outside the reported year and ${outside === 1 ? "is" : "are"} left aside (first: ${first}).`,
      ];
}

async function takeRows(
  { artifacts, progress, signal }: AgentWork,
  rows: RowGathering,
  lineage: LineageWriter,
  total: number,
): Promise<void> {
  if (!(await artifacts.exists(files.datapoints))) return;
  let said = 0;
  for await (const some of datapointsOf(artifacts)) {
    for (const row of some) {
      const metric = rows.take(row);
      if (metric !== undefined) lineage.row(metric, row);
    }
    await lineage.settle();
    signal?.throwIfAborted();
    if (rows.rows - said < 5000) continue;
    said = rows.rows;
    progress?.(said, total, "datapoints gathered");
  }
  progress?.(total, total, "datapoints gathered");
}
