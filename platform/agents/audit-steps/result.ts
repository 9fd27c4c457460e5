import type { AssertionVerdict } from "#rules/compliance-assertions.ts";
import { type Family, families, type Severity, type Verdict } from "#rules/compliance-rule.ts";
import { type Law, type LawProfile, mustReport } from "#rules/law.ts";
import type { Company, MaterialityDocument } from "../documents.ts";

/** A rule with its verdict, as the audit lists it; rules of the taxonomy also with the taxonomy's own raw verdict. */
export type RuleResult = Verdict & {
  readonly rule_id: string;
  readonly rule_name: string;
  readonly family: Family;
  readonly severity: Severity;
  readonly references: readonly string[];
  readonly remedy: string;
  readonly taxonomy_verdict?: Pick<AssertionVerdict, "verdict" | "evaluations"> & {
    readonly severity: "OK" | "WARNING" | "ERROR";
  };
};

/** How many rules came out how. Checked are those that passed, failed or warned; `not evaluated` is never counted as passed. */
export type Counts = {
  readonly compliance_status: "PASS" | "WARNING" | "FAIL";
  readonly total_rules: number;
  readonly total_rules_checked: number;
  readonly rules_passed: number;
  readonly rules_failed: number;
  readonly rules_warning: number;
  readonly rules_not_applicable: number;
  readonly rules_not_evaluated: number;
  readonly critical_failures: number;
  readonly major_failures: number;
  readonly minor_failures: number;
  readonly facts: number;
};

/** Counts the results; a critical or major failure fails the report, anything else that is open warns. */
export function tallied(results: readonly RuleResult[], facts: number): Counts {
  const count = (status: Verdict["status"]): number =>
    results.filter((result) => result.status === status).length;
  const failures = (severity: Severity): number =>
    results.filter((result) => result.status === "fail" && result.severity === severity).length;
  const [passed, failed, warned] = [count("pass"), count("fail"), count("warning")];
  const grave = failures("critical") + failures("major");
  return {
    compliance_status: grave > 0 ? "FAIL" : failed + warned + count("not_evaluated") > 0 ? "WARNING" : "PASS",
    total_rules: results.length,
    total_rules_checked: passed + failed + warned,
    rules_passed: passed,
    rules_failed: failed,
    rules_warning: warned,
    rules_not_applicable: count("not_applicable"),
    rules_not_evaluated: count("not_evaluated"),
    critical_failures: failures("critical"),
    major_failures: failures("major"),
    minor_failures: failures("minor"),
    facts,
  };
}

/** 06_compliance_audit.json, whole. */
export type AuditDocument = {
  readonly report_id: string;
  readonly company: { readonly legal_name: string; readonly lei: string; readonly period: Company["period"] };
  readonly compliance_report: Counts;
  readonly law_status: {
    readonly profile: string;
    readonly chosen: "by the reporting period" | "as named";
    readonly title: string;
    readonly act: string;
    readonly status: string;
    readonly published: string;
    readonly source: string;
    readonly must_report: string;
    readonly tagging_in_force: boolean;
    readonly tagging: string;
    readonly tagging_source: string;
    readonly as_of: string;
    readonly other_profiles: readonly {
      readonly id: string;
      readonly act: string;
      readonly status: string;
    }[];
  };
  readonly families: readonly {
    readonly family: Family;
    readonly title: string;
    readonly rules: number;
    readonly passed: number;
    readonly failed: number;
    readonly warned: number;
    readonly not_applicable: number;
    readonly not_evaluated: number;
  }[];
  readonly needs_a_person: readonly string[];
  readonly rule_results: readonly RuleResult[];
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly metadata: { readonly report_sha256: string; readonly taxonomy: string };
};

/** Puts the results into the document that is written, and into words what a person still has to do. */
export function summarised(of: {
  readonly reportId: string;
  readonly company: Company;
  readonly law: Law;
  readonly profile: LawProfile;
  readonly named: boolean;
  readonly counts: Counts;
  readonly results: readonly RuleResult[];
  readonly topics: MaterialityDocument["topics"];
  readonly taxonomy: string;
  readonly sha256: string;
}): AuditDocument {
  const { company, law, profile, results } = of;
  const answer = mustReport(profile, {
    employees: company.employees,
    netTurnoverEur: company.net_turnover_eur === undefined ? undefined : Number(company.net_turnover_eur),
    listed: company.listed,
    firstYear: company.first_year,
    periodStart: company.period.start,
    periodEnd: company.period.end,
  });
  const proposed = of.topics.filter(({ by }) => by !== "company").map(({ standard }) => standard);
  const drafts = results.find(({ rule_id }) => rule_id === "csrd_j_drafts");
  return {
    report_id: of.reportId,
    company: { legal_name: company.legal_name, lei: company.lei, period: company.period },
    compliance_report: of.counts,
    law_status: {
      profile: profile.id,
      chosen: of.named ? "as named" : "by the reporting period",
      title: profile.title,
      act: profile.act,
      status: profile.status,
      published: profile.published,
      source: profile.source,
      must_report: "unknown" in answer ? `cannot be told without ${answer.unknown}` : answer.because,
      tagging_in_force: law.tagging.in_force,
      tagging: law.tagging.says,
      tagging_source: law.tagging.source,
      as_of: law.as_of,
      other_profiles: law.profiles
        .filter(({ id }) => id !== profile.id)
        .map(({ id, act, status }) => ({ id, act, status })),
    },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a record of families are families
    families: (Object.keys(families) as Family[]).map((family) => {
      const own = results.filter((result) => result.family === family);
      const count = (status: Verdict["status"]): number =>
        own.filter((result) => result.status === status).length;
      return {
        family,
        title: families[family],
        rules: own.length,
        passed: count("pass"),
        failed: count("fail"),
        warned: count("warning"),
        not_applicable: count("not_applicable"),
        not_evaluated: count("not_evaluated"),
      };
    }),
    needs_a_person: [
      ...(proposed.length === 0
        ? []
        : [
            `Conclude on the materiality of ${proposed.join(", ")}; it was proposed and not concluded (ESRS 2 paragraph 53).`,
          ]),
      ...(drafts?.status === "warning" ? [`Read and approve the drafts: ${drafts.evidence}.`] : []),
      "Have the statement assured; this audit is no assurance engagement (Directive 2013/34/EU Article 34).",
    ],
    rule_results: results,
    errors: results.filter(({ status }) => status === "fail").map(sentence),
    warnings: results
      .filter(({ status }) => status === "warning" || status === "not_evaluated")
      .map(sentence),
    metadata: { report_sha256: of.sha256, taxonomy: of.taxonomy },
  };
}

const sentence = ({ rule_id, evidence }: RuleResult): string => `${rule_id}: ${evidence}`;
