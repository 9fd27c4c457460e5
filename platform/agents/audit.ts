import { createHash } from "node:crypto";
import { z } from "zod";
import { evaluate } from "#rules/compliance.ts";
import { type AuditSubject, type Rule, RuleFile, type Verdict } from "#rules/compliance-rule.ts";
import type { Agent } from "../agent.ts";
import { type Catalogue, loadCatalogue, loadRules } from "../catalogue/load.ts";
import { CsrdError } from "../errors.ts";
import { readInline } from "../xbrl/read-inline.ts";
import { lawStatus, renderAudit } from "./audit-steps/render.ts";
import {
  files,
  IntakeDocument,
  MaterialityDocument,
  MetricsDocument,
  readDocument,
  writeDocument,
} from "./documents.ts";

/** report.json as the stage before wrote it; the verdict is added and nothing else touched. */
const WrittenReport = z.looseObject({ report_metadata: z.looseObject({ report_id: z.string() }) });

/** A rule with its verdict, as the audit result lists it. */
export type RuleResult = Pick<Rule, "severity" | "references" | "remedy"> &
  Verdict & { readonly rule_id: string; readonly rule_name: string };

/** Does the statement hold against the rules that concern it? Reads the finished document back and judges that, not what was meant. */
export const audit: Agent = {
  name: "audit",
  purpose: "Does the statement hold against the rules that concern it?",
  reads: [files.intake, files.materiality, files.metrics, files.xhtml, files.report],
  writes: [files.audit, files.auditText, files.report],
  async run({ artifacts, reportId, log }) {
    const [catalogue, { rules }] = [await loadCatalogue(), await loadRules(RuleFile)];
    const intake = await readDocument(artifacts, files.intake, IntakeDocument);
    const materiality = await readDocument(artifacts, files.materiality, MaterialityDocument);
    const metrics = await readDocument(artifacts, files.metrics, MetricsDocument);
    const xhtml = await artifacts.read(files.xhtml);
    const subject = subjectOf(new TextDecoder().decode(xhtml), catalogue, intake, metrics);
    if (rules.length === 0)
      throw new CsrdError("no-rules", {
        summary: "There is no rule to audit against.",
        hint: "Restore rules/compliance_rules.yaml.",
      });
    if (subject.facts.length === 0)
      throw new CsrdError("no-facts", {
        summary: "report.xhtml holds no tagged fact.",
        hint: "Run the reporting stage again.",
      });
    const results = rules.map(
      (rule): RuleResult => ({
        rule_id: rule.id,
        rule_name: rule.name,
        severity: rule.severity,
        ...evaluate(rule, subject),
        references: rule.references,
        remedy: rule.remedy,
      }),
    );
    const count = (holds: (result: RuleResult) => boolean): number => results.filter(holds).length;
    const evaluated = count(({ status }) => status === "pass" || status === "fail" || status === "warning");
    if (evaluated === 0)
      throw new CsrdError("no-rules", {
        summary: `None of the ${rules.length} rules could be evaluated.`,
        hint: "Look at the evidence of each rule; the report lacks what they need.",
      });
    const failures = (severity: Rule["severity"]): number =>
      count((result) => result.status === "fail" && result.severity === severity);
    const grave = failures("critical") + failures("major");
    const soft =
      count(({ status }) => status === "warning" || status === "not_evaluated") + failures("minor");
    const status = grave > 0 ? "FAIL" : soft > 0 ? "WARNING" : "PASS";
    const report = {
      compliance_status: status,
      total_rules: rules.length,
      total_rules_checked: evaluated,
      rules_passed: count((result) => result.status === "pass"),
      rules_failed: count((result) => result.status === "fail"),
      rules_warning: count((result) => result.status === "warning"),
      rules_not_applicable: count((result) => result.status === "not_applicable"),
      rules_not_evaluated: count((result) => result.status === "not_evaluated"),
      critical_failures: failures("critical"),
      major_failures: failures("major"),
      minor_failures: failures("minor"),
      facts: subject.facts.length,
    } as const;
    const needs = [
      "Add the base year and the comparative year; this report holds the reporting year alone (ESRS 1 paragraph 83, ESRS E1 AR 48).",
      "Confirm the materiality assessment (ESRS 2 paragraph 53); it was made by offline rules.",
      ...(materiality.topics.some(({ material }) => !material)
        ? ["Explain in detail why climate change is not material (ESRS 1 paragraph 32)."]
        : []),
    ];
    const document = {
      report_id: reportId,
      scope:
        "ESRS E1-6 only; the other disclosure requirements are not part of this report and not judged here.",
      compliance_report: report,
      law_status: lawStatus,
      needs_a_person: needs,
      rule_results: results,
      metadata: {
        report_sha256: createHash("sha256").update(xhtml).digest("hex"),
        taxonomy: catalogue.taxonomy.version,
      },
    };
    await writeDocument(artifacts, files.audit, document);
    await artifacts.write(files.auditText, renderAudit(intake.company.legal_name, report, results, needs));
    await writeDocument(artifacts, files.report, {
      ...(await readDocument(artifacts, files.report, WrittenReport)),
      compliance_status: {
        overall_status: status,
        validation_results: {
          total_rules_checked: evaluated,
          rules_passed: report.rules_passed,
          rules_failed: report.rules_failed,
          warnings: report.rules_warning,
        },
        details: files.audit,
      },
    });
    log(status === "FAIL" ? "ERROR" : "INFO", "Compliance audit completed", {
      compliance_status: status,
      critical_failures: report.critical_failures,
      rules_checked: evaluated,
    });
    const broken = results.filter(
      (result) =>
        result.status === "fail" || result.status === "warning" || result.status === "not_evaluated",
    );
    return {
      status: status === "FAIL" ? "failed" : status === "WARNING" ? "warnings" : "ok",
      summary: `${status}: ${report.rules_passed} of ${evaluated} rules passed, ${report.rules_failed} failed, ${report.rules_not_applicable} not applicable, ${report.rules_not_evaluated} not evaluated`,
      figures: { ...report },
      warnings: broken.map(({ rule_id, evidence, remedy }) => `${rule_id}: ${evidence}. ${remedy}`),
      wrote: [files.audit, files.auditText, files.report],
    };
  },
  async health() {
    const { rules } = await loadRules(RuleFile);
    return { rules_loaded: rules.length };
  },
};

function subjectOf(
  xhtml: string,
  catalogue: Catalogue,
  intake: IntakeDocument,
  metrics: MetricsDocument,
): AuditSubject {
  const report = readInline(xhtml);
  const prefix =
    Object.entries(report.namespaces).find(([, uri]) => uri === catalogue.taxonomy.namespace)?.[0] ?? "esrs";
  const local = (name: string): string =>
    name.startsWith(`${prefix}:`) ? name.slice(prefix.length + 1) : name;
  return {
    facts: report.facts.map(({ concept, value, numeric, unit, decimals, dimensions }) => ({
      concept: local(concept),
      value,
      numeric,
      unit,
      decimals: /^-?\d+$/.test(decimals) ? Number(decimals) : undefined,
      dimensions: Object.fromEntries(
        Object.entries(dimensions).map(([axis, member]) => [local(axis), member]),
      ),
    })),
    entity: report.entity,
    periods: report.periods,
    entryPoints: report.schemaRefs,
    hasDoctype: report.hasDoctype,
    types: new Map(catalogue.datapoints.map(({ concept, type }) => [concept, type])),
    tables: catalogue.tables,
    enumerations: new Map(catalogue.enumerations.map(({ concept, values }) => [concept, values])),
    countries: new Set(catalogue.countries),
    namespace: catalogue.taxonomy.namespace,
    calculated: metrics.metrics,
    employees: intake.company.employees,
    quality: intake.quality,
    records: intake.records.length,
    setAside: intake.counts.rejected,
    traced: new Set(metrics.lineage.map(({ record_id }) => record_id)).size,
  };
}
