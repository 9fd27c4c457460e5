import type { AgentWork, Measure } from "../../agent.ts";
import { metrics } from "../../contract.ts";
import { CsrdError } from "../../errors.ts";
import { failureKinds } from "../../llm/failure.ts";
import type { Attempt, Heard, Models } from "../../llm/port.ts";
import { offline } from "../../llm/settings.ts";
import { writeDocument, files } from "../documents.ts";
import {
  examineAnswer,
  type Guardrail,
  type TopicAnswer as Answer,
  type Tripped,
} from "#rules/materiality-guardrails.ts";
import type { MaterialityJudgement } from "#rules/materiality.ts";
import { answersDocument, type KeptAnswer, keptAnswers, toKeep } from "./answers.ts";
import { TopicAnswer, type TopicQuestion } from "./question.ts";

/** What a model has to say of one topic, or why nothing of it is taken. */
export type Opinion =
  | { readonly kind: "taken"; readonly answer: Answer; readonly kept: KeptAnswer }
  | { readonly kind: "tripped"; readonly tripped: Tripped; readonly kept: KeptAnswer | undefined }
  | { readonly kind: "failed"; readonly says: string; readonly code: string };

/** Opinions by topic, and what failed on the way. */
export type Consulted = {
  readonly opinions: ReadonlyMap<string, Opinion>;
  readonly attempts: readonly Attempt[];
};

/** Asks the models about each topic, within one budget of time; throws `llm-unreachable` when none answers and the chain names no fallback. */
export async function consult(
  models: Models,
  questions: readonly TopicQuestion[],
  judgements: readonly MaterialityJudgement[],
  mostDeparture: number,
  work: AgentWork,
): Promise<Consulted> {
  const { artifacts, measure = () => undefined, progress = () => undefined } = work;
  // Whoever switches models off may have done so because of what they answered.
  const kept = new Map(
    (work.switches?.off("llm") ?? models.off?.()) === undefined
      ? await keptAnswers(artifacts, questions, {
          models: models.models.filter(
            ({ provider }) => (work.switches?.off(`llm-${provider}`) ?? models.off?.(provider)) === undefined,
          ),
        })
      : [],
  );
  const late = AbortSignal.timeout(models.budgetMs);
  const signal = work.signal === undefined ? late : AbortSignal.any([late, work.signal]);
  const attempts: Attempt[] = [];
  const failures = new Map<string, Extract<Heard, { kind: "failed" }>>();
  let done = 0;
  await Promise.all(
    questions.map(async (asked) => {
      if (!kept.has(asked.standard)) {
        const heard = await models.ask(asked.question, signal);
        attempts.push(...heard.tried);
        if (heard.kind === "answer") kept.set(asked.standard, toKeep(asked, heard));
        else failures.set(asked.standard, heard);
      }
      done += 1;
      progress(done, questions.length, "topics");
    }),
  );
  work.signal?.throwIfAborted();
  refuseUnlessFallback(models, failures);

  const opinions = new Map<string, Opinion>();
  for (const asked of questions) {
    const answer = kept.get(asked.standard);
    const failed = failures.get(asked.standard);
    const rules = judgements.find(({ standard }) => standard === asked.standard);
    if (answer !== undefined && rules !== undefined)
      opinions.set(asked.standard, opinionOf(answer, asked, rules, mostDeparture));
    else if (failed !== undefined) opinions.set(asked.standard, failureAsOpinion(failed));
  }
  for (const opinion of opinions.values())
    if (opinion.kind === "tripped") measure(count(opinion.tripped.guardrail));
  const inOrder = questions.flatMap(({ standard }) => kept.get(standard) ?? []);
  if (inOrder.length > 0)
    await writeDocument(artifacts, files.answers, answersDocument(work.reportId, inOrder));
  return { opinions, attempts: distinct(attempts, models.chain) };
}

function refuseUnlessFallback(
  { chain }: Models,
  failures: ReadonlyMap<string, Extract<Heard, { kind: "failed" }>>,
): void {
  const [outage] = [...failures.values()].filter(({ code }) => !failureKinds[code].guardrail);
  if (outage === undefined || chain.includes(offline)) return;
  throw new CsrdError("llm-unreachable", {
    summary: `No language model of the chain ${chain.join(", ")} answers: ${outage.says}.`,
    hint: "The report waits and is tried again; name offline last in CSRD_LLM_CHAIN to let the rules assess meanwhile.",
  });
}

function failureAsOpinion(heard: Extract<Heard, { kind: "failed" }>): Opinion {
  const { code, says } = heard;
  if (code === "refusal" || code === "length" || code === "schema")
    return { kind: "tripped", tripped: { guardrail: code, says }, kept: undefined };
  return { kind: "failed", code, says };
}

function opinionOf(
  kept: KeptAnswer,
  asked: TopicQuestion,
  rules: MaterialityJudgement,
  mostDeparture: number,
): Opinion {
  const trip = (guardrail: Guardrail, says: string): Opinion => ({
    kind: "tripped",
    tripped: { guardrail, says },
    kept,
  });
  let given: unknown;
  try {
    given = JSON.parse(kept.text);
  } catch {
    return trip("schema", "the answer is not JSON");
  }
  const parsed = TopicAnswer.strict().safeParse(given);
  if (!parsed.success)
    return parsed.error.issues.some(({ code }) => code === "too_big")
      ? trip("length", "the answer is longer than was asked for")
      : trip("schema", "the answer is not of the shape that was asked for");
  const tripped = examineAnswer(parsed.data, {
    passages: asked.passages,
    told: asked.question.system,
    canary: asked.canary,
    rules: { impact: rules.impact.score, financial: rules.financial.score },
    mostDeparture,
  });
  return tripped === undefined
    ? { kind: "taken", answer: tidy(parsed.data), kept }
    : { kind: "tripped", tripped, kept };
}

/** Reasons as single lines. */
function tidy({ impact, financial, citations }: Answer): Answer {
  const side = ({ score, reasons }: Answer["impact"]) => ({
    score,
    reasons: reasons.map((reason) => reason.normalize("NFC").replaceAll(/\s+/g, " ").trim()),
  });
  return { impact: side(impact), financial: side(financial), citations: [...new Set(citations)] };
}

function count(guardrail: Guardrail): Measure {
  return { kind: "count", metric: metrics.guardrails, labels: { guardrail }, value: 1 };
}

/** Each kind of failure of each model once, in an order that does not depend on which question failed first. */
function distinct(attempts: readonly Attempt[], names: readonly string[]): readonly Attempt[] {
  const seen = new Map(attempts.map((one) => [`${one.name} ${one.code}`, one]));
  return [...seen.values()].toSorted(
    (a, b) => names.indexOf(a.name) - names.indexOf(b.name) || a.code.localeCompare(b.code),
  );
}
