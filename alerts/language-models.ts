import { defineAlert } from "#kit";
import { languageModels } from "#checks/language-models.ts";
import { metrics } from "#platform/contract.ts";

/** Outcomes that do not speak against a vendor: it answered, or was not asked. */
const harmless = "ok|refusal|length|schema|vendor-off|switched-off|breaker-open|time-spent";

/**
 * A vendor of language models fails: most of its questions of the last ten minutes failed and they were more than bad luck, or its breaker is open.
 * One that is switched off is nobody's alarm. Source: csrd-operations-manual "Runbook: LLM API Outage", "MaterialityAgent failing with API errors".
 */
export const csrdLanguageModelFails = defineAlert({
  name: "CSRDLanguageModelFails",
  title: "A language model's vendor fails",
  expr: [
    `(sum by (provider) (increase(${metrics.llmRequests}{outcome!~"${harmless}"}[10m])) >= 3`,
    `and sum by (provider) (increase(${metrics.llmRequests}{outcome!~"${harmless}"}[10m]))`,
    `> on (provider) sum by (provider) (increase(${metrics.llmRequests}{outcome=~"ok|refusal|length|schema"}[10m])))`,
    `or max by (provider) (${metrics.breakerState}{part="llm"}) == 2`,
  ].join(" "),
  severity: "P2",
  team: "platform",
  summary: "A language model's vendor fails",
  description: "Questions to {{ $labels.provider }} fail; another vendor or the rules assess materiality.",
  watches: languageModels,
});
