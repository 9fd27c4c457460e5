import { documentTests } from "#rules/compliance-document.ts";
import { breakdownTests } from "#rules/compliance-breakdowns.ts";
import { duplicates } from "#rules/compliance-figures.ts";
import { provenanceTests } from "#rules/compliance-provenance.ts";
import type { OwnTest, Verdict } from "#rules/compliance-rule.ts";
import { scopeTests } from "#rules/compliance-scope.ts";
import type { AuditSubject } from "#rules/compliance-subject.ts";

/** The tests that are said by name. */
export const named: Readonly<Record<OwnTest, (subject: AuditSubject) => Verdict>> = {
  ...scopeTests,
  ...breakdownTests,
  ...documentTests,
  ...provenanceTests,
  duplicates,
};
