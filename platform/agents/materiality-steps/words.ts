import type { MaterialityDocument } from "../documents.ts";

type Topics = MaterialityDocument["topics"];
type Assessor = NonNullable<MaterialityDocument["assessor"]>;

/** A list of topics by their standards, or `none`. */
export function standards(topics: Topics): string {
  return topics.map(({ standard }) => standard).join(", ") || "none";
}

/** What stands at the head of an assessment: who has assessed, and that a person decides. */
export function noticeOf(assessor: Assessor | undefined): string {
  const end =
    "What the company has not concluded itself is a proposal; a person decides (ESRS 2 paragraph 53).";
  if (assessor === undefined) return `Assessed by fixed rules without a language model. ${end}`;
  const names = assessor.answered.map(({ provider, answered_by }) => `${provider} ${answered_by.join(", ")}`);
  if (names.length === 0)
    return `Assessed by fixed rules, because no language model's answer could be taken. ${end}`;
  const alone = assessor.not_taken.length;
  const rest = alone === 0 ? "" : ` For ${alone} of the topics only the rules propose.`;
  return `Proposed by fixed rules and by a language model (${names.join("; ")}); a model may add a topic to those of the rules and never remove one.${rest} ${end}`;
}

/** What a person should know of the models' part: who failed, what was not taken, and where both proposals differ. */
export function modelWarnings(topics: Topics, assessor: Assessor | undefined): readonly string[] {
  if (assessor === undefined) return [];
  const retired = assessor.failed.filter(({ code }) => code === "model-retired");
  const others = assessor.failed.filter(({ code }) => code !== "model-retired");
  const less = topics.filter(
    ({ proposals }) => proposals?.[0]?.material === true && proposals[1]?.material === false,
  );
  const more = topics.filter(
    ({ proposals }) => proposals?.[0]?.material === false && proposals[1]?.material === true,
  );
  return [
    ...retired.map(
      ({ name, provider, model }) =>
        `${provider} no longer serves the model ${model}; set CSRD_LLM_${name.toUpperCase().replaceAll("-", "_")}_MODEL to one that it does.`,
    ),
    ...others.map(
      ({ name, provider, because }) =>
        `The language model ${name} (${provider}) could not be used: ${because}.`,
    ),
    ...reasons(assessor),
    ...(assessor.withheld_texts.length === 0
      ? []
      : [
          `${assessor.withheld_texts.join(" and ")} in company.json look like instructions to a language model and were not sent.`,
        ]),
    ...(more.length === 0
      ? []
      : [`A language model proposes ${standards(more)}, which the offline rules would not.`]),
    ...(less.length === 0
      ? []
      : [`A language model would leave out ${standards(less)}; the offline rules' proposal stands.`]),
  ];
}

/** The topics for which no answer was taken, once per reason. */
function reasons({ not_taken }: Assessor): readonly string[] {
  const by = new Map<string, string[]>();
  for (const { standard, because } of not_taken) by.set(because, [...(by.get(because) ?? []), standard]);
  return [...by].map(
    ([because, list]) =>
      `No language model's answer is taken for ${list.join(", ")}: ${because}; the offline rules propose there.`,
  );
}
