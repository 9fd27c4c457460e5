import type { Agent } from "../agent.ts";
import { loadCatalogue } from "../catalogue/load.ts";
import { type AggregatedDocument, files, MetricsDocument, readDocument, writeDocument } from "./documents.ts";

/** The other laws by number, in our words. */
const laws: Readonly<Record<string, string>> = {
  "2022/1288": "SFDR regulatory technical standards: principal adverse impact indicators",
  "2022/2453": "Pillar 3 disclosure of ESG risks by banks",
  "2020/1818": "EU climate benchmarks",
  "2020/1816": "ESG explanation of benchmarks",
  "2021/1119": "European Climate Law",
};

/** Which other EU laws ask for the same figures? Every reported figure with the laws that its reference linkbase names. */
export const aggregator: Agent = {
  name: "aggregator",
  purpose: "Which other EU laws ask for the same figures?",
  reads: [files.metrics],
  writes: [files.aggregated],
  async run({ artifacts, reportId, log }) {
    const [{ datapoints }, { metrics }] = [
      await loadCatalogue(),
      await readDocument(artifacts, files.metrics, MetricsDocument),
    ];
    const byConcept = new Map(datapoints.map((datapoint) => [datapoint.concept, datapoint]));
    const headline = metrics.filter(({ axis }) => axis === "");
    const rows = headline.flatMap((metric) =>
      (byConcept.get(metric.concept)?.eu_law ?? []).map((law) => ({ metric, law })),
    );
    const frameworks: AggregatedDocument["frameworks"] = [...Map.groupBy(rows, ({ law }) => law.law)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([law, of]) => ({
        law,
        name: laws[law] ?? law,
        entries: of.map(({ metric, law: { part, uri } }) => ({
          part,
          concept: metric.concept,
          datapoint_ids: byConcept.get(metric.concept)?.datapoint_ids ?? [],
          value: metric.value,
          unit: metric.unit,
          uri,
        })),
      }));
    const without = headline
      .filter(({ concept }) => (byConcept.get(concept)?.eu_law ?? []).length === 0)
      .map(({ concept }) => concept);
    await writeDocument(artifacts, files.aggregated, {
      report_id: reportId,
      frameworks,
      without_other_law: without,
    } satisfies AggregatedDocument);
    log("INFO", "Aggregation completed", { frameworks: frameworks.length, references: rows.length });
    return {
      status: "ok",
      summary: `${rows.length} references from ${headline.length} figures to ${frameworks.length} other EU laws`,
      figures: { frameworks: frameworks.length, references: rows.length, figures: headline.length },
      warnings: [],
      wrote: [files.aggregated],
    };
  },
  async health() {
    const { datapoints } = await loadCatalogue();
    return { mappings_loaded: datapoints.reduce((sum, { eu_law }) => sum + eu_law.length, 0) };
  },
};
