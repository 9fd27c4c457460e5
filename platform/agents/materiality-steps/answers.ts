import { z } from "zod";
import type { Artifacts } from "../../agent.ts";
import type { Heard, Models } from "../../llm/port.ts";
import { files, readDocument } from "../documents.ts";
import { promptVersion, type TopicQuestion } from "./question.ts";

const KeptAnswer = z.object({
  standard: z.string(),
  prompt_sha256: z.string(),
  name: z.string(),
  provider: z.enum(["openai", "anthropic"]),
  model: z.string(),
  /** The model id that the vendor named. */
  answered_by: z.string(),
  /** The answer as it came. */
  text: z.string(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.number().optional(),
  ms: z.number(),
  /** What was sent. */
  system: z.string(),
  prompt: z.string(),
});
export type KeptAnswer = z.infer<typeof KeptAnswer>;

/** The raw answers behind an assessment: what was sent and what came back, so that the stage can be repeated without asking. */
const AnswersDocument = z.object({
  report_id: z.string(),
  prompt_version: z.string(),
  answers: z.array(KeptAnswer),
});
type AnswersDocument = z.infer<typeof AnswersDocument>;

/** Answers of an earlier run of this stage, as far as they are to the same questions and by a model of this chain. */
export async function keptAnswers(
  artifacts: Artifacts,
  questions: readonly TopicQuestion[],
  { models }: Pick<Models, "models">,
): Promise<ReadonlyMap<string, KeptAnswer>> {
  if (!(await artifacts.exists(files.answers))) return new Map();
  // An earlier file that cannot be read is asked for again, and written anew.
  const before = await readDocument(artifacts, files.answers, AnswersDocument).catch(() => undefined);
  const kept = new Map<string, KeptAnswer>();
  for (const { standard, sha256 } of questions) {
    const found = before?.answers.find(
      (one) =>
        one.prompt_sha256 === sha256 &&
        models.some(({ provider, model }) => one.provider === provider && one.model === model),
    );
    if (found !== undefined) kept.set(standard, found);
  }
  return kept;
}

/** An answer as it is kept. */
export function toKeep(
  { standard, sha256, question }: TopicQuestion,
  heard: Extract<Heard, { kind: "answer" }>,
): KeptAnswer {
  return {
    standard,
    prompt_sha256: sha256,
    name: heard.name,
    provider: heard.provider,
    model: heard.model,
    answered_by: heard.answeredBy.slice(0, 200),
    text: heard.text,
    input_tokens: heard.tokens.input,
    output_tokens: heard.tokens.output,
    ...(heard.costUsd === undefined ? {} : { cost_usd: heard.costUsd }),
    ms: heard.ms,
    system: question.system,
    prompt: question.prompt,
  };
}

/** The document that holds them. */
export function answersDocument(reportId: string, answers: readonly KeptAnswer[]): AnswersDocument {
  return { report_id: reportId, prompt_version: promptVersion, answers: [...answers] };
}
