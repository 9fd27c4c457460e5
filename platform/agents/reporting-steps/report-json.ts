import type { ReadReport } from "../../xbrl/read-report.ts";
import { files } from "../documents.ts";
import type { Item } from "./items.ts";
import { headingOf } from "./names.ts";
import type { StatementSources } from "./page.ts";
import { taggingNotice } from "./statement.ts";
import { disclosureTitle, standardOf } from "./titles.ts";

/** A file that was written, as report.json and the manifest list it. */
export type WrittenFile = {
  readonly file_path: string;
  readonly file_size_bytes: number;
  readonly checksum: string;
};

/** report.json in the shape that programs of the earlier implementation read, and more; the audit adds its verdict. */
export function reportJson(
  { intake, materiality, metrics, aggregated, catalogue, items }: StatementSources,
  {
    reportId,
    generatedAt,
    read,
    outputs,
    wanting,
    disclosures,
  }: {
    readonly reportId: string;
    readonly generatedAt: string;
    readonly read: ReadReport;
    readonly outputs: Readonly<Record<string, WrittenFile>>;
    readonly wanting: readonly string[];
    readonly disclosures: readonly string[];
  },
): object {
  const { company, quality, counts } = intake;
  const year = Number(company.period.end.slice(0, 4));
  return {
    report_metadata: {
      report_id: reportId,
      report_type: "preliminary_draft",
      report_status: "draft",
      reporting_period: { start_date: company.period.start, end_date: company.period.end, fiscal_year: year },
      generation_date: generatedAt,
      disclosure_requirements: disclosures,
      tagging_status: taggingNotice,
    },
    company_info: {
      legal_name: company.legal_name,
      lei_code: company.lei,
      country: company.country,
      industry_code: company.nace,
      reporting_boundary: company.boundaries,
    },
    materiality_assessment: {
      material_topics: materiality.topics
        .filter(({ material }) => material)
        .map(({ topic, standard, impact, financial }) => ({
          topic,
          esrs_standard: standard,
          double_material: impact.score >= impact.threshold && financial.score >= financial.threshold,
        })),
      provider: materiality.provider,
      ...(materiality.model === undefined ? {} : { model: materiality.model }),
      requires_human_review: true,
    },
    calculated_metrics: figures(items, metrics.metrics),
    gwp: metrics.gwp,
    framework_references: aggregated.frameworks,
    narrative_sections: narratives(items),
    data_quality: {
      overall_quality_score: quality.score,
      threshold: quality.threshold,
      completeness: quality.dimensions.find(({ name }) => name === "completeness")?.score ?? 0,
      dimensions: quality.dimensions,
      records: counts,
    },
    xbrl_tagging: {
      taxonomy_version: catalogue.taxonomy.version,
      total_tags: read.facts.length,
      validation_status: read.faults.length === 0 ? "valid" : "invalid",
      tagged_elements: read.facts.map(({ id, concept, value, unit, contextRef, escape }) => ({
        element_id: id,
        xbrl_tag: `esrs:${concept}`,
        ...(escape || value === undefined ? {} : { value }),
        unit,
        context: contextRef,
      })),
    },
    audit_trail: {
      data_lineage: {
        inputs: intake.inputs.map(({ name, sha256, rows }) => ({ name, sha256, rows })),
        file: files.lineage,
        ...metrics.lineage,
      },
    },
    outputs,
    needs_a_person: wanting,
  };
}

/** The figures by standard, each with its IG 3 id where it has one, its formula and its tag. */
function figures(items: readonly Item[], metrics: StatementSources["metrics"]["metrics"]): object {
  const hashes = new Map(metrics.map(({ id, hash }) => [id, hash]));
  const numbers = items.filter(({ kind }) => kind === "number");
  const byStandard = Map.groupBy(numbers, ({ section }) => standardOf(section));
  return {
    summary: {
      total_metrics: numbers.length,
      metrics_by_standard: Object.fromEntries([...byStandard].map(([code, of]) => [code, of.length])),
    },
    metrics_by_standard: Object.fromEntries(
      [...byStandard].map(([code, of]) => [
        code,
        of.map(({ id, concept, fact, formula, section }) => ({
          metric_code: concept.datapoint_ids[0] ?? id,
          metric_name: concept.label,
          id,
          value: fact.value ?? "nil",
          unit: fact.unit,
          formula,
          disclosure_requirement: section,
          xbrl_tag: `esrs:${fact.concept}`,
          period: fact.period,
          dimensions: { ...fact.dimensions, ...fact.typed },
          hash: hashes.get(id) ?? "",
        })),
      ]),
    ),
  };
}

/** Texts by standard and disclosure requirement, as plain text, with whether a person has approved them. */
function narratives(items: readonly Item[]): object {
  const texts = items.filter(({ kind, fact }) => kind === "block" && fact.value !== undefined);
  const byStandard = Map.groupBy(texts, ({ section }) => standardOf(section));
  return {
    topic_specific_narratives: Object.fromEntries(
      [...byStandard].map(([code, of]) => [
        code,
        {
          esrs_standard: code,
          disclosure_requirements: of.map(({ section, concept, fact, draft }) => ({
            requirement_code: section,
            requirement_title: disclosureTitle(section),
            heading: headingOf(concept.label),
            xbrl_tag: `esrs:${fact.concept}`,
            narrative_text: plain(fact.value ?? ""),
            ai_generated: false,
            review_status: draft ? "pending" : "approved",
          })),
        },
      ]),
    ),
  };
}

/** XHTML content as plain text. */
function plain(content: string): string {
  return content
    .replaceAll(/<\/(p|li|h5|tr|div|dd|dt)>|<br\/>/g, "\n")
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll(/\n{2,}/g, "\n")
    .trim();
}
