import type { Audience } from "#kit/ports/announcer.ts";
import { type Chain, toldKey } from "#rules/language-models.ts";
import type { Told } from "./telling.ts";

/**
 * What each audience is told while language models fail: what is not available, what happens meanwhile, that nobody knows yet for how long, and
 * what they can do by hand. No figure stands in it: the same state is told in the same words. Source: csrd-operations-manual "Runbook: LLM API Outage", step 4. Nothing in it is foreign text.
 */
export function modelWords(chain: Chain, to: readonly Audience[]): readonly Told[] {
  const key = toldKey(chain);
  const texts = chain.kind === "out" ? outWords(chain) : insteadWords(chain);
  return to.flatMap((audience) => {
    const text = texts[audience];
    return text === undefined ? [] : [{ audience, key, text }];
  });
}

type Texts = Partial<Readonly<Record<Audience, string>>>;

function outWords({ rulesTakeOver, failing }: Chain): Texts {
  const meanwhile = rulesTakeOver
    ? "Reports are accepted and completed: the rules assess alone, and each report says so."
    : "Reports are accepted and wait; they go on by themselves when a language model answers.";
  const eta =
    "When it will be back is not known: that is with the vendors. The next word comes when it changes, in four hours at the latest.";
  return {
    users: [
      "Materiality assessment with language models is not available at the moment.",
      meanwhile,
      eta,
      "If you do not want to wait: assess materiality yourselves and give your conclusion per topic with the report (material_topics in the company profile). It always holds over any proposal.",
    ].join("\n"),
    "compliance-manager": [
      "No language model answers, so none proposes what is material.",
      rulesTakeOver
        ? "Reports completed meanwhile carry proposals of the rules alone; each says so in its materiality document and in its warnings."
        : "Reports wait at the materiality stage.",
      eta,
      "That the rules alone assess everything until then needs your approval: the engineers ask for it with ops run llm-api-outage --param materiality=rules",
    ].join("\n"),
    engineering: [
      `No language model answers: ${vendors(failing)} fail.`,
      rulesTakeOver
        ? "The rules take over for each report, after its models were tried."
        : "The chain names no fallback (offline last in CSRD_LLM_CHAIN), so reports wait.",
      "Where they hang, each report is held up for as long as its models may take (CSRD_LLM_BUDGET_MS).",
      eta,
    ].join("\n"),
  };
}

function insteadWords({ failing, by }: Chain): Texts {
  const other = by?.vendor ?? "the next vendor";
  return {
    "compliance-manager": [
      `Materiality is proposed by ${other}'s language model instead of ${vendors(failing)}'s, which fails.`,
      "Each report names the vendor and the model behind its proposals; the same guardrails and thresholds hold for all of them.",
      "For how long is not known. Nothing has to be done; whoever wants the rules alone instead can ask for it.",
    ].join("\n"),
    engineering: [
      `${vendors(failing)} fails; ${other} answers instead.`,
      "When it is back: csrd switch status shows whether it was left out by hand; the breaker finds out by itself.",
      "For how long is not known; the vendor's status page is the first place to look.",
    ].join("\n"),
  };
}

function vendors(failing: Chain["failing"]): string {
  return failing.map(({ vendor }) => vendor).join(" and ");
}
