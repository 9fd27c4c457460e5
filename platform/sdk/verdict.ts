import { z } from "zod";
import type { Artifacts } from "../agent.ts";
import { files, readDocument } from "../agents/documents.ts";

const count = z.number().int().nonnegative();
const BrokenRule = z
  .looseObject({
    rule_id: z.string(),
    rule_name: z.string(),
    severity: z.enum(["critical", "major", "minor"]),
    status: z.string(),
    evidence: z.string(),
    remedy: z.string(),
  })
  .transform(
    ({ rule_id, rule_name, severity, evidence, remedy }): Broken => ({
      rule: rule_id,
      name: rule_name,
      severity,
      evidence,
      remedy,
    }),
  );

const AuditDocument = z.looseObject({
  compliance_report: z.looseObject({
    compliance_status: z.enum(["PASS", "WARNING", "FAIL"]),
    total_rules_checked: count,
    rules_passed: count,
    rules_failed: count,
    rules_warning: count,
    rules_not_applicable: count,
    rules_not_evaluated: count,
    critical_failures: count,
    major_failures: count,
    minor_failures: count,
  }),
  needs_a_person: z.array(z.string()),
  /** Over a thousand, most of which hold: only the broken ones are looked into. */
  rule_results: z
    .array(z.unknown())
    .transform((results) => results.filter(isBroken))
    .pipe(z.array(BrokenRule)),
});

/** A rule that the report breaks. */
type Broken = {
  readonly rule: string;
  readonly name: string;
  readonly severity: "critical" | "major" | "minor";
  readonly evidence: string;
  readonly remedy: string;
};

/** What the audit found, in numbers, with every broken rule. */
export type Verdict = {
  readonly status: "PASS" | "WARNING" | "FAIL";
  readonly checked: number;
  readonly passed: number;
  readonly warnings: number;
  readonly notApplicable: number;
  readonly notEvaluated: number;
  readonly failed: { readonly critical: number; readonly major: number; readonly minor: number };
  readonly broken: readonly Broken[];
  readonly needsAPerson: readonly string[];
};

/** The audit's verdict as its document states it; throws `artifact-missing` and `artifact-broken`. */
export async function verdictIn(artifacts: Artifacts): Promise<Verdict> {
  const { compliance_report, needs_a_person, rule_results } = await readDocument(
    artifacts,
    files.audit,
    AuditDocument,
  );
  return {
    status: compliance_report.compliance_status,
    checked: compliance_report.total_rules_checked,
    passed: compliance_report.rules_passed,
    warnings: compliance_report.rules_warning,
    notApplicable: compliance_report.rules_not_applicable,
    notEvaluated: compliance_report.rules_not_evaluated,
    failed: {
      critical: compliance_report.critical_failures,
      major: compliance_report.major_failures,
      minor: compliance_report.minor_failures,
    },
    broken: rule_results,
    needsAPerson: needs_a_person,
  };
}

function isBroken(result: unknown): boolean {
  return typeof result === "object" && result !== null && "status" in result && result.status === "fail";
}
