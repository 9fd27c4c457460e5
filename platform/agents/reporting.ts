import { createHash } from "node:crypto";
import type { Agent } from "../agent.ts";
import { type Catalogue, loadCatalogue } from "../catalogue/load.ts";
import { CsrdError } from "../errors.ts";
import {
  AggregatedDocument,
  files,
  IntakeDocument,
  MaterialityDocument,
  MetricsDocument,
  readDocument,
  writeDocument,
} from "./documents.ts";
import { taggingNotice, writeStatement } from "./reporting-steps/statement.ts";

/** How does the statement read, for people and for machines? Writes the inline XBRL document and its JSON twin. */
export const reporting: Agent = {
  name: "reporting",
  purpose: "How does the statement read, for people and for machines?",
  reads: [files.intake, files.materiality, files.metrics, files.aggregated],
  writes: [files.xhtml, files.report, files.manifest],
  async run({ artifacts, reportId, now, log }) {
    const catalogue = await loadCatalogue();
    const intake = await readDocument(artifacts, files.intake, IntakeDocument);
    const materiality = await readDocument(artifacts, files.materiality, MaterialityDocument);
    const metrics = await readDocument(artifacts, files.metrics, MetricsDocument);
    const aggregated = await readDocument(artifacts, files.aggregated, AggregatedDocument);
    const known = new Set(catalogue.datapoints.map(({ concept }) => concept));
    const stray = metrics.metrics.find(({ concept }) => !known.has(concept));
    if (stray !== undefined)
      throw new CsrdError("artifact-broken", {
        summary: `The figure ${stray.id} names a concept that the taxonomy does not have.`,
        hint: "Run the calculator stage again.",
      });
    const { xhtml, facts, wanting } = writeStatement({ intake, materiality, metrics, aggregated, catalogue });
    if (metrics.metrics.length === 0 || facts === 0)
      throw new CsrdError("no-facts", {
        summary: "The statement would hold no tagged fact.",
        hint: "Run the calculator stage again and look at its warnings.",
      });
    const sha256 = createHash("sha256").update(xhtml).digest("hex");
    const { company, quality, counts } = intake;
    await artifacts.write(files.xhtml, xhtml);
    await writeDocument(artifacts, files.report, {
      report_metadata: {
        report_id: reportId,
        report_type: "preliminary_draft",
        reporting_period: { start_date: company.period.start, end_date: company.period.end },
        generation_date: now().toISOString(),
        disclosure_requirements: ["E1-6"],
        tagging_status: taggingNotice,
      },
      company_info: { legal_name: company.legal_name, lei_code: company.lei, country: company.country },
      materiality_assessment: {
        material_topics: materiality.topics
          .filter(({ material }) => material)
          .map(({ topic, standard, impact, financial }) => ({
            topic,
            esrs_standard: standard,
            double_material: impact.score >= impact.threshold && financial.score >= financial.threshold,
          })),
        provider: materiality.provider,
        requires_human_review: true,
      },
      calculated_metrics: reportedMetrics(metrics, catalogue),
      gwp: metrics.gwp,
      framework_references: aggregated.frameworks,
      data_quality: {
        overall_quality_score: quality.score,
        threshold: quality.threshold,
        completeness: quality.dimensions.find(({ name }) => name === "completeness")?.score ?? 0,
        dimensions: quality.dimensions,
        records: counts,
      },
      xbrl_tagging: { taxonomy_version: catalogue.taxonomy.version, total_tags: facts },
      audit_trail: {
        data_lineage: {
          input_sha256: intake.input.sha256,
          file: files.metrics,
          entries: metrics.lineage.length,
        },
      },
      outputs: {
        ixbrl_report: { file_path: files.xhtml, file_size_bytes: Buffer.byteLength(xhtml), checksum: sha256 },
      },
      needs_a_person: wanting,
    });
    await writeDocument(artifacts, files.manifest, {
      report_id: reportId,
      facts,
      sha256,
      bytes: Buffer.byteLength(xhtml),
      needs_a_person: wanting,
    });
    log("INFO", "Report generated", { facts, bytes: Buffer.byteLength(xhtml), wanting: wanting.length });
    return {
      status: wanting.length > 0 ? "warnings" : "ok",
      summary: `${facts} tagged facts in ${files.xhtml} (${Math.round(Buffer.byteLength(xhtml) / 1024)} kB)`,
      figures: { facts, bytes: Buffer.byteLength(xhtml) },
      warnings: wanting,
      wrote: [files.xhtml, files.report, files.manifest],
    };
  },
  async health() {
    const { datapoints, taxonomy } = await loadCatalogue();
    return { concepts_loaded: datapoints.length, taxonomy_version: taxonomy.version };
  },
};

/** The figures by standard, each with its IG 3 id where it has one, its formula and its tag. */
function reportedMetrics({ metrics }: MetricsDocument, { datapoints }: Catalogue): object {
  const idOf = new Map(datapoints.map(({ concept, datapoint_ids }) => [concept, datapoint_ids[0]]));
  return {
    summary: { total_metrics: metrics.length, metrics_by_standard: { E1: metrics.length } },
    metrics_by_standard: {
      E1: metrics.map(({ id, concept, label, axis, member, value, unit, formula, hash }) => ({
        metric_code: idOf.get(concept) ?? id,
        metric_name: label,
        id,
        value,
        unit,
        formula,
        disclosure_requirement: "E1-6",
        xbrl_tag: `esrs:${concept}`,
        ...(axis === "" ? {} : { axis: `esrs:${axis}`, member }),
        hash,
      })),
    },
  };
}
