import { defineCheck, degraded, healthy, unhealthy } from "#kit";
import type { Audience } from "#kit/ports/announcer.ts";
import type { Readers } from "#kit/ports.ts";
import { metrics as names } from "#platform/contract.ts";
import {
  type Chain,
  failureText,
  judgeModels,
  lateSeconds,
  type ModelSamples,
  toldKey,
} from "#rules/language-models.ts";

/** Asks the platform's metrics how its language models do. */
export async function lookAtModels({
  metrics,
  times,
}: Pick<Readers, "metrics" | "times">): Promise<ModelSamples> {
  const asked = modelQueries(lateSeconds(times.outage));
  const [places, outcomes, breakers, failing, switches] = await Promise.all([
    metrics.query(asked.places),
    metrics.query(asked.outcomes),
    metrics.query(asked.breakers),
    metrics.query(asked.failing),
    metrics.query(asked.switches),
  ]);
  return { places, outcomes, breakers, failing, switches };
}

/** What is asked of Prometheus for it, over so many seconds. */
function modelQueries(seconds: number): Readonly<Record<keyof ModelSamples, string>> {
  return {
    places: `min by (name, provider) (${names.llmPlace})`,
    outcomes: `sum by (provider, outcome) (increase(${names.llmRequests}[${seconds}s])) > 0`,
    breakers: `max by (provider) (${names.breakerState}{part="llm"}) > 0`,
    failing: `max by (name, provider, code) (${names.llmFailing}) > 0`,
    switches: `min by (scope) (${names.switchedOff}{scope=~"all|llm.*"}) > 0`,
  };
}

/** Who has to know when the chain is in this state. */
export function whoMustKnow({ kind }: Chain): readonly Audience[] {
  if (kind === "out") return ["users", "compliance-manager", "engineering"];
  return kind === "falls-back" ? ["compliance-manager", "engineering"] : [];
}

/**
 * Whether materiality is assessed as people expect it to be: by the first model of the chain, or otherwise with the knowledge of those who
 * rely on it. Source: csrd-operations-manual "Runbook: LLM API Outage".
 */
export const languageModels = defineCheck({
  id: "language-models",
  title: "Materiality is assessed in a way that people know of",
  every: "30s",
  timeout: "10s",
  async look({ metrics, times, announcements }) {
    const chain = judgeModels(await lookAtModels({ metrics, times }));
    const named = await announcements.audiences();
    const told = await Promise.all(
      whoMustKnow(chain)
        .filter((audience) => named.includes(audience))
        .map(async (audience) => (await announcements.said(audience, toldKey(chain))) !== undefined),
    );
    return { chain, told: told.length > 0 && told.every(Boolean) };
  },
  judge({ chain, told }) {
    const { kind, failing, by } = chain;
    const what = failing.map((vendor) => failureText(vendor)).join("; ");
    switch (kind) {
      case "none":
        return healthy("no language model is set up; the rules assess");
      case "off":
        return healthy("language models are switched off; the rules assess");
      case "answers":
        return healthy(
          by?.state === "quiet" ? "nobody asked of late, and nothing fails" : `${by?.vendor} answers`,
        );
      case "falls-back":
        return told
          ? healthy(`${by?.vendor} answers instead, and people know: ${what}`)
          : degraded(`${what}; ${by?.vendor} is asked instead`);
      case "stuck":
        return unhealthy(`${what}, and nobody else is asked`);
      case "out": {
        const meanwhile = chain.rulesTakeOver ? "the rules assess alone" : "reports wait";
        return told ? healthy(`${meanwhile}, and people know: ${what}`) : unhealthy(`${what}; ${meanwhile}`);
      }
    }
  },
});
