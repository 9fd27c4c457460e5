import { judgeTopics, type MaterialityJudgement } from "#rules/materiality.ts";
import type { Agent } from "../agent.ts";
import { loadCatalogue } from "../catalogue/load.ts";
import { dataGiven } from "./audit-steps/data-given.ts";
import {
  type Company,
  files,
  IntakeDocument,
  type MaterialityDocument,
  readDocument,
  readSettings,
  writeDocument,
} from "./documents.ts";

/** Which of the ten topics are material to this company, and which passages say why? Its own conclusions count; offline rules propose the rest, and say so. */
export const materiality: Agent = {
  name: "materiality",
  purpose: "Which topics are material to this company, and which passages say why?",
  reads: [files.intake, files.datapoints, files.statements, files.activities],
  writes: [files.materiality],
  async run({ artifacts, reportId, log }) {
    const { company } = await readDocument(artifacts, files.intake, IntakeDocument);
    const settings = await readSettings(artifacts);
    const data = await dataGiven(artifacts, await loadCatalogue());
    const judgements = judgeTopics({
      nace: company.nace,
      employees: company.employees,
      listed: company.listed === true,
      ...data,
      thresholds: { impact: settings.impact_threshold, financial: settings.financial_threshold },
    });
    const topics = judgements.map((judgement) => conclude(judgement, company));
    const document: MaterialityDocument = {
      report_id: reportId,
      provider: "offline-rules",
      requires_human_review: true,
      notice:
        "Assessed by fixed rules without a language model. What the company has not concluded itself is a proposal; a person decides (ESRS 2 paragraph 53).",
      topics,
      not_assessed: [],
    };
    await writeDocument(artifacts, files.materiality, document);
    const standards = (list: typeof topics): string =>
      list.map(({ standard }) => standard).join(", ") || "none";
    const material = topics.filter((topic) => topic.material);
    const own = topics.filter(({ by }) => by === "company");
    const against = own.filter((topic) => topic.proposed !== topic.material);
    const climate = topics.find(({ standard }) => standard === "E1");
    log("INFO", "Materiality assessment completed", {
      provider: "offline-rules",
      material: standards(material),
      concluded_by_company: own.length,
    });
    return {
      status: own.length < topics.length || climate?.material === false ? "warnings" : "ok",
      summary: `${material.length} of ${topics.length} topics are material: ${standards(material)}; ${own.length} concluded by the company, ${topics.length - own.length} proposed by offline rules for a person to confirm`,
      figures: {
        provider: "offline-rules",
        topics: topics.length,
        material: material.length,
        concluded_by_company: own.length,
        e1_material: climate?.material === true,
      },
      warnings: [
        ...(own.length < topics.length
          ? [
              `Offline rules propose ${standards(topics.filter(({ by }) => by !== "company"))}; conclude on them in company.json (material_topics).`,
            ]
          : []),
        ...against.map(
          ({ standard, material: said }) =>
            `The company concludes that ${standard} is ${said ? "material" : "not material"}; the offline rules would have said otherwise.`,
        ),
        ...(climate?.material === false
          ? [
              "Climate change is taken as not material; a detailed explanation is needed (ESRS 1 paragraph 32).",
            ]
          : []),
      ],
      wrote: [files.materiality],
    };
  },
  async health() {
    return { provider: "offline-rules", llm_api_reachable: false, topics: 10 };
  },
};

type Topic = MaterialityDocument["topics"][number];

/** The company's conclusion where there is one, the rules' where there is none. */
function conclude(
  { impact, financial, citations, ...judgement }: MaterialityJudgement,
  company: Company,
): Topic {
  const own = company.material_topics?.[judgement.standard];
  const score = ({ reasons, ...rest }: MaterialityJudgement["impact"]): Topic["impact"] => ({
    ...rest,
    reasons: [...reasons],
  });
  return {
    standard: judgement.standard,
    topic: judgement.topic,
    impact: score(impact),
    financial: score(financial),
    material: own?.material ?? judgement.material,
    by: own === undefined ? "offline rules" : "company",
    ...(own === undefined ? {} : { because: own.because, proposed: judgement.material }),
    review_status: "pending",
    citations: [...citations],
  };
}
