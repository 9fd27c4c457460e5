import type { AuditDocument, RuleResult } from "./result.ts";

/** The audit as markdown: the verdict, where the law stands, what broke and its cure, then every rule. */
export function renderText({
  company,
  compliance_report: counts,
  law_status: law,
  families,
  needs_a_person: needs,
  rule_results: results,
}: AuditDocument): string {
  const open = (status: RuleResult["status"]): readonly RuleResult[] =>
    results.filter((result) => result.status === status);
  const section = (title: string, list: readonly RuleResult[]): readonly string[] =>
    list.length === 0 ? [] : [`## ${title} (${list.length})`, list.map(entry).join("\n")];
  return `${[
    `# Compliance audit: ${plain(company.legal_name)}, ${company.period.start} to ${company.period.end}`,
    `**${counts.compliance_status}.** ${counts.total_rules_checked} of ${counts.total_rules} rules evaluated against ${counts.facts} tagged facts: ${counts.rules_passed} passed, ${counts.rules_failed} failed, ${counts.rules_warning} warnings, ${counts.rules_not_applicable} not applicable, ${counts.rules_not_evaluated} not evaluated.`,
    `Judged by ${law.act} (${law.profile}, ${law.status}), chosen ${law.chosen}; ${plain(law.must_report)}. ${law.tagging}`,
    "## By family",
    [
      "| | Family | Rules | Passed | Failed | Warned | Not applicable | Not evaluated |",
      "|---|---|--:|--:|--:|--:|--:|--:|",
      ...families.map(
        (one) =>
          `| ${one.family} | ${one.title} | ${one.rules} | ${one.passed} | ${one.failed} | ${one.warned} | ${one.not_applicable} | ${one.not_evaluated} |`,
      ),
    ].join("\n"),
    ...section("Failed", open("fail")),
    ...section("Not evaluated", open("not_evaluated")),
    ...section("Warnings", open("warning")),
    "## What needs a person",
    needs.map((need) => `- ${plain(need)}`).join("\n"),
    "## Every rule",
    [
      "| Rule | Verdict | What | Evidence |",
      "|---|---|---|---|",
      ...results.map(
        (one) =>
          `| ${one.rule_id} | ${one.status.replace("_", " ")} | ${plain(one.rule_name)} | ${plain(one.evidence)} |`,
      ),
    ].join("\n"),
  ].join("\n\n")}\n`;
}

const entry = (one: RuleResult): string =>
  `- **${one.rule_id}** (${one.severity}): ${plain(one.rule_name)}. ${plain(one.evidence.replace(/\.$/, ""))}. ${plain(one.remedy)} ${plain(one.references.join("; "))}.`;

/** Foreign text cannot break the table or start markup. */
function plain(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ").replaceAll(/[\\`*_{}[\]<>|]/g, (character) => `\\${character}`);
}
