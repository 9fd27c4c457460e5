import { expect, test } from "vitest";
import { z } from "zod";
import { files } from "#platform/agents/documents.ts";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { inputsOf, reported, richFacts } from "./rich.ts";

const date = z.iso.date();
const score = z.number().min(0).max(100);
const metric = z.object({
  metric_code: z.string(),
  metric_name: z.string().optional(),
  value: z.union([z.number(), z.string(), z.boolean()]),
  unit: z.string(),
  formula: z.string().optional(),
  disclosure_requirement: z.string().optional(),
  xbrl_tag: z.string().optional(),
});
const written = z.object({ file_path: z.string(), file_size_bytes: z.int().min(1), checksum: z.string() });
/** The keys that programs of the earlier implementation read, with their types; written down here from its documentation. */
const Expected = z.object({
  report_metadata: z.object({
    report_id: z.string(),
    report_type: z.enum(["annual_csrd", "quarterly_update", "preliminary_draft"]),
    report_status: z.enum(["draft", "under_review", "approved", "published", "submitted"]),
    reporting_period: z.object({ start_date: date, end_date: date, fiscal_year: z.int() }),
    generation_date: z.iso.datetime(),
  }),
  company_info: z.object({
    legal_name: z.string(),
    lei_code: z.string().regex(/^[A-Z0-9]{20}$/),
    country: z.string().regex(/^[A-Z]{2}$/),
  }),
  materiality_assessment: z.object({
    material_topics: z
      .array(z.object({ topic: z.string(), esrs_standard: z.string(), double_material: z.boolean() }))
      .min(1),
  }),
  calculated_metrics: z.object({
    summary: z.object({
      total_metrics: z.int().min(1),
      metrics_by_standard: z.record(z.string(), z.int()),
    }),
    metrics_by_standard: z.record(z.string(), z.array(metric).min(1)),
  }),
  xbrl_tagging: z.object({
    taxonomy_version: z.string(),
    total_tags: z.int(),
    tagged_elements: z
      .array(
        z.object({
          element_id: z.string(),
          xbrl_tag: z.string(),
          value: z.union([z.number(), z.string(), z.boolean()]).optional(),
          unit: z.string(),
          context: z.string(),
        }),
      )
      .min(1),
    validation_status: z.enum(["valid", "invalid", "warnings"]),
  }),
  narrative_sections: z.object({
    topic_specific_narratives: z.record(
      z.string(),
      z.object({
        esrs_standard: z.string(),
        disclosure_requirements: z.array(
          z.object({
            requirement_code: z.string(),
            requirement_title: z.string(),
            narrative_text: z.string().regex(/^[^<]*(<(?!p|ul|table)[^<]*)*$/),
            ai_generated: z.boolean(),
            review_status: z.enum(["pending", "reviewed", "approved"]),
          }),
        ),
      }),
    ),
  }),
  data_quality: z.object({ overall_quality_score: score, completeness: score }),
  outputs: z.object({ ixbrl_report: written, esef_package: written }),
});

test("report.json has the keys and types that programs of the earlier implementation read", async () => {
  const facts = richFacts(await loadCatalogue(), { every: 2, tables: false });
  const { text } = await reported(await inputsOf(facts));

  const report = Expected.parse(JSON.parse(await text(files.report)));

  expect(Object.keys(report.calculated_metrics.metrics_by_standard).length).toBeGreaterThan(8);
  expect(Object.keys(report.narrative_sections.topic_specific_narratives)).toHaveLength(11);
  expect(report.xbrl_tagging.total_tags).toBe(report.xbrl_tagging.tagged_elements.length);
});
