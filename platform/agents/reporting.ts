import { createHash } from "node:crypto";
import type { Agent } from "../agent.ts";
import { loadCatalogue } from "../catalogue/load.ts";
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
        report_type: "ESRS E1-6",
        reporting_period: { start_date: company.period.start, end_date: company.period.end },
        generation_date: now().toISOString(),
        taxonomy: { name: catalogue.taxonomy.name, version: catalogue.taxonomy.version },
        tagging_status: taggingNotice,
      },
      company_info: { legal_name: company.legal_name, lei_code: company.lei, country: company.country },
      calculated_metrics: metrics.metrics.map(({ id, concept, label, axis, member, value, unit, hash }) => ({
        id,
        concept,
        label,
        axis,
        member,
        value,
        unit,
        hash,
      })),
      gwp: metrics.gwp,
      materiality_assessment: {
        provider: materiality.provider,
        requires_human_review: true,
        topics: materiality.topics,
      },
      framework_references: aggregated.frameworks,
      data_quality: {
        score: quality.score,
        threshold: quality.threshold,
        dimensions: quality.dimensions,
        records: counts,
      },
      xbrl_tagging: { facts, document: files.xhtml, sha256 },
      audit_trail: {
        input_sha256: intake.input.sha256,
        lineage: files.metrics,
        entries: metrics.lineage.length,
      },
      compliance_status: "see intermediate/06_compliance_audit.json",
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
