import type { RuleResult } from "../audit.ts";

/** Where the law stands, so that nobody takes a pass for more than it is. */
export const lawStatus = {
  tagging:
    "preparatory: no technical standard that makes tagging of ESRS statements mandatory has been adopted",
  standard: "ESRS Set 1, Delegated Regulation (EU) 2023/2772",
  amended_by:
    "Directive (EU) 2026/470 narrows who must report; a revised set of standards is under scrutiny and uses another taxonomy",
} as const;

type Counts = {
  readonly compliance_status: string;
  readonly total_rules: number;
  readonly total_rules_checked: number;
  readonly rules_passed: number;
  readonly rules_failed: number;
  readonly rules_warning: number;
  readonly rules_not_applicable: number;
  readonly rules_not_evaluated: number;
  readonly facts: number;
};

/** The audit as markdown: the verdict, what broke and its cure, then every rule. */
export function renderAudit(
  company: string,
  counts: Counts,
  results: readonly RuleResult[],
  needs: readonly string[],
): string {
  const broken = results.filter(
    ({ status }) => status === "fail" || status === "warning" || status === "not_evaluated",
  );
  return `${[
    `# Compliance audit: ${plain(company)}, ESRS E1-6`,
    `**${counts.compliance_status}.** ${counts.total_rules_checked} of ${counts.total_rules} rules evaluated against ${counts.facts} tagged facts: ${counts.rules_passed} passed, ${counts.rules_failed} failed, ${counts.rules_warning} warnings, ${counts.rules_not_applicable} not applicable, ${counts.rules_not_evaluated} not evaluated.`,
    `Tagging is ${lawStatus.tagging}. ${lawStatus.amended_by}.`,
    ...(broken.length === 0
      ? []
      : [
          "## What to do",
          broken
            .map(
              (one) =>
                `- **${one.rule_id}** (${one.severity}, ${one.status.replace("_", " ")}): ${plain(one.rule_name)}. ${plain(one.evidence)}. ${plain(one.remedy)} ${one.references.join("; ")}.`,
            )
            .join("\n"),
        ]),
    "## What needs a person",
    needs.map((need) => `- ${need}`).join("\n"),
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

/** Foreign text cannot break the table or start markup. */
function plain(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ").replaceAll(/[\\`*_{}[\]<>|]/g, (character) => `\\${character}`);
}
