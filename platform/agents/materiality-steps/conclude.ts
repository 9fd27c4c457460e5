import { whoseProposal } from "#rules/materiality-guardrails.ts";
import type { MaterialityJudgement } from "#rules/materiality.ts";
import type { Company, MaterialityDocument } from "../documents.ts";
import type { Consulted, Opinion } from "./consult.ts";
import { promptHash, promptVersion } from "./question.ts";

type Topic = MaterialityDocument["topics"][number];
type Proposal = NonNullable<Topic["proposals"]>[number];
type Assessor = NonNullable<MaterialityDocument["assessor"]>;

/** The company's conclusion where there is one; else the proposal that stands, marked with whose it is. */
export function conclude(
  judgement: MaterialityJudgement,
  company: Company,
  opinion: Opinion | undefined,
): Topic {
  const own = company.material_topics?.[judgement.standard];
  const rules = ofRules(judgement);
  const model = opinion?.kind === "taken" ? ofModel(judgement, opinion) : undefined;
  const stands =
    whoseProposal(rules.material, model?.material) === "model" && model !== undefined ? model : rules;
  return {
    standard: judgement.standard,
    topic: judgement.topic,
    impact: stands.impact,
    financial: stands.financial,
    material: own?.material ?? stands.material,
    by: own === undefined ? stands.by : "company",
    ...(own === undefined ? {} : { because: own.because, proposed: stands.material }),
    ...(model === undefined ? {} : { proposals: [rules, model] }),
    review_status: "pending",
    citations: [...stands.citations],
  };
}

function ofRules({ impact, financial, material, citations }: MaterialityJudgement): Proposal {
  const score = ({ reasons, ...rest }: MaterialityJudgement["impact"]): Topic["impact"] => ({
    ...rest,
    reasons: [...reasons],
  });
  return {
    by: "offline rules",
    material,
    impact: score(impact),
    financial: score(financial),
    citations: [...citations],
  };
}

/** A model gives scores; whether they make a topic material is decided by the thresholds, as for the rules. */
function ofModel(
  judgement: MaterialityJudgement,
  { answer, kept }: Extract<Opinion, { kind: "taken" }>,
): Proposal {
  const side = (name: "impact" | "financial"): Topic["impact"] => ({
    score: answer[name].score,
    threshold: judgement[name].threshold,
    reasons: [...answer[name].reasons],
  });
  const [impact, financial] = [side("impact"), side("financial")];
  return {
    by: "language model",
    provider: kept.provider,
    model: kept.answered_by,
    material: impact.score >= impact.threshold || financial.score >= financial.threshold,
    impact,
    financial,
    citations: [...answer.citations],
  };
}

/** The stamp of an assessment: who was asked with what, who answered, and what was not taken. */
export function assessorOf(
  chain: readonly string[],
  { opinions, attempts }: Consulted,
  withheld: readonly string[],
): Assessor {
  const answered = new Map<string, Assessor["answered"][number]>();
  for (const [standard, opinion] of opinions) {
    const kept = opinion.kind === "failed" ? undefined : opinion.kept;
    if (kept === undefined) continue;
    const key = `${kept.name} ${kept.provider} ${kept.model}`;
    const before = answered.get(key) ?? {
      name: kept.name,
      provider: kept.provider,
      model: kept.model,
      answered_by: [],
      topics: [],
      input_tokens: 0,
      output_tokens: 0,
    };
    const cost =
      kept.cost_usd === undefined ? {} : { cost_usd: rounded((before.cost_usd ?? 0) + kept.cost_usd) };
    answered.set(key, {
      ...before,
      answered_by: [...new Set([...before.answered_by, kept.answered_by])],
      topics: [...before.topics, standard],
      input_tokens: before.input_tokens + kept.input_tokens,
      output_tokens: before.output_tokens + kept.output_tokens,
      ...cost,
    });
  }
  return {
    chain: [...chain],
    prompt: { version: promptVersion, sha256: promptHash() },
    answered: [...answered.values()],
    not_taken: [...opinions].flatMap(([standard, opinion]) =>
      opinion.kind === "taken" ? [] : [{ standard, ...whyNot(opinion) }],
    ),
    failed: attempts.map(({ name, provider, model, code, says }) => ({
      name,
      provider,
      model,
      code,
      because: says,
    })),
    withheld_texts: [...withheld],
  };
}

function whyNot(opinion: Exclude<Opinion, { kind: "taken" }>): { code: string; because: string } {
  if (opinion.kind === "failed") return { code: opinion.code, because: opinion.says };
  return { code: opinion.tripped.guardrail, because: opinion.tripped.says };
}

/** Millionths of a dollar, so that sums of fractions print the same everywhere. */
function rounded(dollars: number): number {
  return Math.round(dollars * 1e6) / 1e6;
}
