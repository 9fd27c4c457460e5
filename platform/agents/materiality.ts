import { judgeTopics, type MaterialityEvidence, type MaterialityJudgement } from "#rules/materiality.ts";
import type { Agent, AgentWork } from "../agent.ts";
import type { Catalogue } from "../catalogue/load.ts";
import { loadCatalogue } from "../catalogue/load.ts";
import { metrics } from "../contract.ts";
import type { Models } from "../llm/port.ts";
import { dataGiven } from "./audit-steps/data-given.ts";
import {
  type Company,
  files,
  IntakeDocument,
  type MaterialityDocument,
  readDocument,
  readSettings,
  type Settings,
  writeDocument,
} from "./documents.ts";
import { assessorOf, conclude } from "./materiality-steps/conclude.ts";
import type { Consulted } from "./materiality-steps/consult.ts";
import { modelWarnings, noticeOf, standards } from "./materiality-steps/words.ts";

/** Which of the ten topics are material to this company, and which passages say why? Its own conclusions count; offline rules and, where one is set up, a language model propose the rest, and say so. */
export const materiality: Agent = {
  name: "materiality",
  purpose: "Which topics are material to this company, and which passages say why?",
  reads: [files.intake, files.datapoints, files.statements, files.activities],
  writes: [files.materiality],
  async run(work) {
    const { artifacts, reportId, log } = work;
    const { company } = await readDocument(artifacts, files.intake, IntakeDocument);
    const settings = await readSettings(artifacts);
    const catalogue = await loadCatalogue();
    const evidence: MaterialityEvidence = {
      nace: company.nace,
      employees: company.employees,
      listed: company.listed === true,
      ...(await dataGiven(artifacts, catalogue)),
      thresholds: { impact: settings.impact_threshold, financial: settings.financial_threshold },
    };
    const judgements = judgeTopics(evidence);
    const models = work.models ?? (await modelsOf(settings));
    const asked =
      models === undefined
        ? undefined
        : await askModels(models, { work, company, evidence, judgements, catalogue });
    const topics = judgements.map((judgement) =>
      conclude(judgement, company, asked?.consulted.opinions.get(judgement.standard)),
    );
    const assessor =
      asked === undefined ? undefined : assessorOf(asked.chain, asked.consulted, asked.withheld);
    const provider = stamped(assessor, ({ provider }) => [provider]) ?? "offline-rules";
    const model = stamped(assessor, ({ answered_by }) => answered_by);
    const document: MaterialityDocument = {
      report_id: reportId,
      provider,
      ...(model === undefined ? {} : { model }),
      ...(assessor === undefined ? {} : { assessor }),
      requires_human_review: true,
      notice: noticeOf(assessor),
      topics,
      not_assessed: [],
    };
    await writeDocument(artifacts, files.materiality, document);
    countAgreement(topics, work);
    const material = topics.filter((topic) => topic.material);
    const own = topics.filter(({ by }) => by === "company");
    const against = own.filter((topic) => topic.proposed !== topic.material);
    const climate = topics.find(({ standard }) => standard === "E1");
    const warnings = modelWarnings(topics, assessor);
    const proposers = assessor === undefined ? "offline rules" : "offline rules and a language model";
    log("INFO", "Materiality assessment completed", {
      provider,
      ...(model === undefined ? {} : { model }),
      material: standards(material),
      concluded_by_company: own.length,
    });
    if (assessor !== undefined && assessor.failed.length + assessor.not_taken.length > 0)
      log("WARNING", "Language model not used throughout", {
        failed: assessor.failed.map(({ name, code }) => `${name}: ${code}`).join(", "),
        not_taken: assessor.not_taken.map(({ standard, code }) => `${standard}: ${code}`).join(", "),
      });
    return {
      status:
        own.length < topics.length || climate?.material === false || warnings.length > 0 ? "warnings" : "ok",
      summary: `${material.length} of ${topics.length} topics are material: ${standards(material)}; ${own.length} concluded by the company, ${topics.length - own.length} proposed by ${proposers} for a person to confirm`,
      figures: {
        provider,
        ...(model === undefined ? {} : { model }),
        topics: topics.length,
        material: material.length,
        concluded_by_company: own.length,
        e1_material: climate?.material === true,
      },
      warnings: [
        ...(own.length < topics.length
          ? [
              `${assessor === undefined ? "Offline rules propose" : "Offline rules and a language model propose"} ${standards(topics.filter(({ by }) => by !== "company"))}; conclude on them in company.json (material_topics).`,
            ]
          : []),
        ...against.map(
          ({ standard, material: said }) =>
            `The company concludes that ${standard} is ${said ? "material" : "not material"}; ${assessor === undefined ? "the offline rules would have said otherwise" : "what was proposed says otherwise"}.`,
        ),
        ...(climate?.material === false
          ? [
              "Climate change is taken as not material; a detailed explanation is needed (ESRS 1 paragraph 32).",
            ]
          : []),
        ...warnings,
      ],
      wrote: [
        files.materiality,
        ...(assessor === undefined || assessor.answered.length === 0 ? [] : [files.answers]),
      ],
    };
  },
  async health() {
    return { provider: "offline-rules", llm_api_reachable: false, topics: 10 };
  },
};

type Asking = {
  readonly work: AgentWork;
  readonly company: Company;
  readonly evidence: MaterialityEvidence;
  readonly judgements: readonly MaterialityJudgement[];
  readonly catalogue: Catalogue;
};

/** The models' opinions on all topics; nothing of this is read unless there are models. */
async function askModels(
  models: Models,
  { work, company, evidence, judgements, catalogue }: Asking,
): Promise<{
  readonly chain: readonly string[];
  readonly consulted: Consulted;
  readonly withheld: readonly string[];
}> {
  const [{ consult }, { sendableTexts, topicQuestion }] = await Promise.all([
    import("./materiality-steps/consult.ts"),
    import("./materiality-steps/question.ts"),
  ]);
  const { companyTexts, mostTokens, mostDeparture } = models.manner;
  const { texts, withheld } =
    companyTexts === "redacted" ? sendableTexts(company) : { texts: [], withheld: [] };
  const questions = judgements.map((judgement) =>
    topicQuestion(judgement, { evidence, company, texts, mostTokens }, catalogue),
  );
  const consulted = await consult(models, questions, judgements, mostDeparture, work);
  return { chain: models.chain, consulted, withheld };
}

/** The models that a run's own settings name; a service brings its own. */
async function modelsOf({ llm_provider, llm_model }: Settings): Promise<Models | undefined> {
  if (llm_provider === undefined) return undefined;
  const { modelsForRun } = await import("../llm/models-for-run.ts");
  return modelsForRun(llm_provider, llm_model);
}

/** What stands in the document's head for everybody who answered. */
function stamped(
  assessor: MaterialityDocument["assessor"],
  of: (answered: NonNullable<MaterialityDocument["assessor"]>["answered"][number]) => readonly string[],
): string | undefined {
  const found = [...new Set(assessor?.answered.flatMap(of) ?? [])].toSorted();
  return found.length === 0 ? undefined : found.join(", ");
}

/** Counts how often the company agreed with a model; what it has not concluded counts as neither. */
function countAgreement(topics: MaterialityDocument["topics"], { measure }: AgentWork): void {
  for (const { by, material, proposals } of topics) {
    const model = proposals?.find((one) => one.by === "language model");
    if (model === undefined) continue;
    const outcome = by !== "company" ? "open" : model.material === material ? "agreed" : "overruled";
    measure?.({ kind: "count", metric: metrics.llmAnswers, labels: { outcome }, value: 1 });
  }
}
