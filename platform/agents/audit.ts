import { createHash } from "node:crypto";
import { evaluate } from "#rules/compliance.ts";
import { judgeTaxonomy } from "#rules/compliance-taxonomy.ts";
import { profileFor } from "#rules/law.ts";
import { z } from "zod";
import type { Agent } from "../agent.ts";
import { loadCatalogue } from "../catalogue/load.ts";
import { metrics as names } from "../contract.ts";
import { CsrdError } from "../errors.ts";
import { readFinished } from "../xbrl/read-finished.ts";
import { countAnswers } from "./audit-steps/data-given.ts";
import { loadRuleBook } from "./audit-steps/load-rules.ts";
import { readPackage } from "./audit-steps/read-package.ts";
import { renderPage } from "./audit-steps/render-page.ts";
import { renderText } from "./audit-steps/render-text.ts";
import { type AuditDocument, type RuleResult, summarised, tallied } from "./audit-steps/result.ts";
import { compareJson, subjectOf } from "./audit-steps/subject.ts";
import {
  files,
  IntakeDocument,
  MaterialityDocument,
  MetricsDocument,
  readDocument,
  readSettings,
  writeDocument,
} from "./documents.ts";

/** report.json as the stage before wrote it; the verdict is added and nothing else touched. */
const WrittenReport = z.looseObject({ report_metadata: z.looseObject({ report_id: z.string() }) });

/** Does the statement hold against the rules that concern it? Reads the finished document back and judges that, not what was meant. */
export const audit: Agent = {
  name: "audit",
  purpose: "Does the statement hold against the rules that concern it?",
  reads: [
    files.intake,
    files.materiality,
    files.metrics,
    files.xhtml,
    files.facts,
    files.package,
    files.report,
  ],
  writes: [files.audit, files.auditText, files.auditPage, files.report],
  async run({ artifacts, reportId, log, progress, measure = () => undefined }) {
    const [catalogue, book, settings] = await Promise.all([
      loadCatalogue(),
      loadRuleBook(),
      readSettings(artifacts),
    ]);
    const intake = await readDocument(artifacts, files.intake, IntakeDocument);
    const materiality = await readDocument(artifacts, files.materiality, MaterialityDocument);
    const metrics = await readDocument(artifacts, files.metrics, MetricsDocument);
    const law = profileFor(book.law, intake.company.period.start, settings.law);
    if (law === undefined)
      throw new CsrdError("law-unknown", {
        summary: `No state of the law is called ${settings.law ?? ""} or covers a period that begins on ${intake.company.period.start}.`,
        hint: `Name one of ${book.law.profiles.map(({ id }) => id).join(", ")}.`,
      });
    if (book.rules.length === 0)
      throw new CsrdError("no-rules", {
        summary: "There is no rule to audit against.",
        hint: "Restore rules/compliance_rules.yaml.",
      });
    const xhtml = await artifacts.read(files.xhtml);
    const report = readFinished(new TextDecoder().decode(xhtml), catalogue.taxonomy);
    if (report.facts.length === 0)
      throw new CsrdError("no-facts", {
        summary: "report.xhtml holds no tagged fact.",
        hint: "Run the reporting stage again.",
      });
    const states = await countAnswers(artifacts, files.statements, "status");
    const subject = subjectOf({
      report,
      package: await readPackage(artifacts, xhtml),
      json: await compareJson(artifacts, report, catalogue),
      catalogue,
      law,
      wholeStandards: book.law.up_to_750_employees,
      intake,
      materiality,
      metrics,
      statements: { draft: states["draft"] ?? 0, approved: states["approved"] ?? 0 },
      origins: await countAnswers(artifacts, files.datapoints, "verification"),
    });
    const own = book.rules.map((rule): RuleResult => {
      const { id, family, name, severity, references, remedy } = rule;
      return {
        rule_id: id,
        rule_name: name,
        family,
        severity,
        ...evaluate(rule, subject),
        references,
        remedy,
      };
    });
    const taxonomy = judgeTaxonomy(book.assertions, subject).map(
      ({ id, name, taxonomy: raw, ...rest }): RuleResult => ({
        rule_id: id,
        rule_name: name,
        ...rest,
        ...(raw === undefined
          ? {}
          : {
              taxonomy_verdict: {
                verdict: raw.verdict,
                severity: raw.severity,
                evaluations: raw.evaluations,
              },
            }),
      }),
    );
    const results = [...own, ...taxonomy];
    progress?.(results.length, results.length, "rules");
    const counts = tallied(results, report.facts.length);
    if (counts.total_rules_checked === 0)
      throw new CsrdError("no-rules", {
        summary: `None of the ${results.length} rules could be evaluated.`,
        hint: "Look at the evidence of each rule; the report lacks what they need.",
      });
    const document: AuditDocument = summarised({
      reportId,
      company: intake.company,
      law: book.law,
      profile: law,
      named: settings.law !== undefined,
      counts,
      results,
      topics: materiality.topics,
      taxonomy: catalogue.taxonomy.version,
      sha256: createHash("sha256").update(xhtml).digest("hex"),
    });
    for (const { rule, value } of failedRules(counts.compliance_status, own, taxonomy))
      measure({ kind: "count", metric: names.complianceRulesFailed, labels: { rule }, value });
    await writeDocument(artifacts, files.audit, document);
    await artifacts.write(files.auditText, renderText(document));
    await artifacts.write(files.auditPage, renderPage(document));
    const status = counts.compliance_status;
    await writeDocument(artifacts, files.report, {
      ...(await readDocument(artifacts, files.report, WrittenReport)),
      compliance_status: {
        overall_status: status,
        validation_results: {
          total_rules_checked: counts.total_rules_checked,
          rules_passed: counts.rules_passed,
          rules_failed: counts.rules_failed,
          warnings: counts.rules_warning,
        },
        law: law.id,
        details: files.audit,
      },
    });
    log(status === "FAIL" ? "ERROR" : "INFO", "Compliance audit completed", {
      compliance_status: status,
      critical_failures: counts.critical_failures,
      rules_checked: counts.total_rules_checked,
      law: law.id,
    });
    return {
      status: status === "FAIL" ? "failed" : status === "WARNING" ? "warnings" : "ok",
      summary: `${status}: ${counts.rules_passed} of ${counts.total_rules_checked} rules passed, ${counts.rules_failed} failed, ${counts.rules_warning} warn, ${counts.rules_not_applicable} not applicable, ${counts.rules_not_evaluated} not evaluated; law as of ${law.id}`,
      figures: { ...counts, law: law.id },
      warnings: remarks(results),
      wrote: [files.audit, files.auditText, files.auditPage, files.report],
    };
  },
  async health() {
    const { rules, assertions } = await loadRuleBook();
    return {
      rules_loaded:
        rules.length + assertions.existence.length + assertions.values.length + assertions.sums.length,
    };
  },
};

const order = { fail: 0, not_evaluated: 1, warning: 2, pass: 3, not_applicable: 4 } as const;
const most = 20;

/** What a person has to look at, the gravest first; the rest is counted. */
function remarks(results: readonly RuleResult[]): readonly string[] {
  const open = results
    .filter(({ status }) => order[status] < order.pass)
    .toSorted((a, b) => order[a.status] - order[b.status]);
  const said = open
    .slice(0, most)
    .map(({ rule_id, evidence, remedy }) => `${rule_id}: ${evidence.replace(/\.$/, "")}. ${remedy}`);
  return open.length > most ? [...said, `${open.length - most} more in ${files.auditPage}`] : said;
}

/** The rules that a failed report did not meet, as the platform counts them: ours by name, the taxonomy's thousands as one. */
function failedRules(
  status: ReturnType<typeof tallied>["compliance_status"],
  own: readonly RuleResult[],
  taxonomy: readonly RuleResult[],
): readonly { readonly rule: string; readonly value: number }[] {
  const failed = (results: readonly RuleResult[]) =>
    status === "FAIL" ? results.filter((result) => result.status === "fail") : [];
  return [
    ...failed(own).map(({ rule_id: rule }) => ({ rule, value: 1 })),
    // Counted from zero on, so that the first failure is one.
    { rule: "taxonomy", value: failed(taxonomy).length > 0 ? 1 : 0 },
  ];
}
