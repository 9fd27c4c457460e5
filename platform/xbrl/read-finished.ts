import { readInline, type Vocabulary } from "./read-inline.ts";
import type { ReadReport } from "./read-report.ts";

let before: { readonly content: string; readonly namespace: string; readonly report: ReadReport } | undefined;

/**
 * `readInline` for a finished report. Reporting reads back what it has written and the audit reads it again: in one process the second
 * asking for exactly the same text gets what the first one found, once. Throws as `readInline` does.
 */
export function readFinished(content: string, vocabulary: Vocabulary): ReadReport {
  const { namespace } = vocabulary;
  const known = before?.namespace === namespace && before.content === content ? before.report : undefined;
  before = undefined;
  if (known !== undefined) return known;
  const report = readInline(content, vocabulary);
  before = { content, namespace, report };
  return report;
}
