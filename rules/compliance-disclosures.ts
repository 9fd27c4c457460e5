import { factsOf, saidOf } from "#rules/compliance-facts.ts";
import {
  type CheckOf,
  fail,
  notApplicable,
  notEvaluated,
  pass,
  type Verdict,
  warn,
} from "#rules/compliance-rule.ts";
import {
  type AuditSubject,
  isMaterial,
  type KnownConcept,
  reasonFor,
  topicOf,
} from "#rules/compliance-subject.ts";
import { phasedIn } from "#rules/law.ts";

const count = (of: readonly unknown[]): string => `${of.length} ${of.length === 1 ? "fact" : "facts"} tagged`;

/** Why a concept may be left out for now; undefined when it may not. */
export function phaseInOf(
  known: KnownConcept,
  { law, wholeStandards, company }: AuditSubject,
): string | undefined {
  return phasedIn(known.phase_in, topicOf(known.disclosure), { profile: law, wholeStandards }, company);
}

/** Why a whole disclosure requirement may be left out for now: everything that is asked for there first of all, or at all, is phased in. */
function phasedInWhole(disclosure: string, subject: AuditSubject): string | undefined {
  const asked = (subject.asked.get(disclosure) ?? []).filter(([, { voluntary }]) => !voluntary);
  const own = asked.filter(([, known]) => known.disclosure === disclosure);
  let reason: string | undefined;
  for (const [, known] of own.length > 0 ? own : asked) {
    reason = phaseInOf(known, subject);
    if (reason === undefined) return undefined;
  }
  return reason;
}

/** Something of a disclosure requirement is stated, unless its topic is not material or it is phased in. */
export function disclosed(
  { disclosure, when_missing }: CheckOf<"disclosed">,
  subject: AuditSubject,
): Verdict {
  const facts = subject.stating.get(disclosure) ?? [];
  if (facts.length > 0) return pass(count(facts));
  const topic = topicOf(disclosure);
  if (!isMaterial(subject, topic)) return notApplicable(`${topic} was concluded to be not material`);
  const later = phasedInWhole(disclosure, subject);
  if (later !== undefined) return notApplicable(later);
  const evidence = `nothing of ${disclosure} is stated`;
  return when_missing === "fail" ? fail(evidence) : warn(evidence);
}

/** What is phased in is stated, or left out no longer than it may be. */
export function phaseIn(check: CheckOf<"phase-in">, subject: AuditSubject): Verdict {
  const { disclosure, standard, concepts } = check;
  const among =
    disclosure === undefined
      ? [...subject.concepts].filter(([, known]) => known.standard === standard)
      : (subject.asked.get(disclosure) ?? []);
  const concerned = among.filter(
    ([name, known]) => concepts.includes(name) || (concepts.length === 0 && known.phase_in.length > 0),
  );
  if (concerned.length === 0) return notEvaluated("the catalogue names nothing that is phased in here");
  const topic = standard ?? topicOf(disclosure ?? concerned[0]?.[1].disclosure ?? "");
  if (!isMaterial(subject, topic)) return notApplicable(`${topic} was concluded to be not material`);
  const left = concerned.filter(
    ([name, known]) => !known.voluntary && factsOf(subject.index, name).length === 0,
  );
  if (left.length === 0) return pass(`all ${concerned.length} are stated; no phase-in is used`);
  if (subject.company.firstYear === undefined)
    return notEvaluated(
      `the first year of reporting is not known, so whether ${left.length} may be left out cannot be told`,
    );
  const late = left.filter(([, known]) => phaseInOf(known, subject) === undefined);
  if (late.length === 0)
    return pass(
      `${left.length} of ${concerned.length} are left out: ${left[0] === undefined ? "" : (phaseInOf(left[0][1], subject) ?? "")}`,
    );
  const required = late.filter(([, { references }]) => !references.every(({ conditional }) => conditional));
  return required.length === 0
    ? notApplicable(`what is left out is asked for under a condition only (${late.length})`)
    : warn(
        `${required.length} of ${concerned.length} are neither stated nor phased in any more: ${required
          .slice(0, 3)
          .map(([name]) => name)
          .join(", ")}`,
      );
}

/** ESRS 2 paragraph 17: who leaves a whole material topic out says so, with the least that is asked for. */
export function leftOutTopic({ topic, concepts }: CheckOf<"left-out-topic">, subject: AuditSubject): Verdict {
  if (!isMaterial(subject, topic)) return notApplicable(`${topic} was concluded to be not material`);
  const stated = [...subject.stating].filter(([disclosure]) => topicOf(disclosure) === topic);
  if (stated.length > 0) return notApplicable(`${topic} is reported`);
  const later = [...subject.concepts.values()].some(
    (known) => topicOf(known.disclosure) === topic && phaseInOf(known, subject) !== undefined,
  );
  if (!later) return notApplicable(`no phase-in lets ${topic} be left out`);
  const missing = concepts.filter((concept) => saidOf(subject.index, concept).length === 0);
  return missing.length === 0
    ? pass(`${topic} is left out and named with all ${concepts.length} items`)
    : fail(
        `${topic} is left out and ${missing.length} of ${concepts.length} items are missing: ${missing[0] ?? ""}`,
      );
}

/** Each topic's materiality is the company's own conclusion. */
export function concluded({ topic }: CheckOf<"concluded">, { topics }: AuditSubject): Verdict {
  const conclusion = topics.get(topic);
  if (conclusion === undefined) return notEvaluated(`nothing says whether ${topic} is material`);
  const said = conclusion.material ? "material" : "not material";
  return conclusion.by === "company"
    ? pass(`the company concluded that ${topic} is ${said}`)
    : warn(
        `${conclusion.by === "language model" ? "a language model proposes" : "offline rules propose"} that ${topic} is ${said}; a person has to conclude`,
      );
}

/** A topic that is not material is said to be so, in detail for climate change. */
export function explained(check: CheckOf<"explained">, subject: AuditSubject): Verdict {
  if (isMaterial(subject, check.topic)) return notApplicable(`${check.topic} is material`);
  const facts = saidOf(subject.index, check.concept);
  if (facts.length > 0) return pass(count(facts));
  const listed = saidOf(subject.index, "ListOfNotMaterialTopics").length > 0;
  const evidence = `${check.topic} is not material, and no explanation is tagged`;
  if (check.when_missing === "fail") return fail(evidence);
  return listed ? pass(`${check.topic} stands for a list of topics that are not material`) : warn(evidence);
}

/** Where each datapoint that another EU law asks for is stated, said to be not material, or missing. */
export function euLaw({ law, list, alternatives }: CheckOf<"eu-law">, subject: AuditSubject): Verdict {
  const asked = [...subject.concepts].filter(([, { eu_law }]) => eu_law.some((one) => one.law === law));
  if (asked.length === 0) return notEvaluated(`the catalogue knows of no datapoint that ${law} asks for`);
  const stated = asked.filter(([name]) => factsOf(subject.index, name).length > 0);
  const missing = (name: string): boolean => factsOf(subject.index, name).length === 0;
  const open = asked.filter(
    ([name, known]) =>
      missing(name) &&
      !alternatives.some((group) => group.includes(name) && !group.every(missing)) &&
      isMaterial(subject, topicOf(known.disclosure)) &&
      !known.voluntary &&
      !known.references.every(({ conditional }) => conditional) &&
      phaseInOf(known, subject) === undefined,
  );
  const table = saidOf(subject.index, list).length > 0;
  const said = `${stated.length} of ${asked.length} stated`;
  if (open.length > 0)
    return warn(
      `${said}; ${open.length} of material topics are neither stated nor said to be not material, for instance ${open[0]?.[0] ?? ""}`,
    );
  if (stated.length === asked.length) return pass(said);
  return table
    ? pass(
        `${said}; the others stand for topics or conditions that do not apply, and the list of ESRS 2 paragraph 56 is there`,
      )
    : fail(`${said}; the list that says where the others are, or that they are not material, is missing`);
}

/** All of them are stated. */
export function stated(check: CheckOf<"stated">, subject: AuditSubject): Verdict {
  const topic = check.topic ?? "";
  if (!isMaterial(subject, topic)) return notApplicable(`${topic} was concluded to be not material`);
  const missing = check.concepts.filter((concept) => factsOf(subject.index, concept).length === 0);
  if (missing.length === 0) return pass(`${check.concepts.length} of ${check.concepts.length} stated`);
  const later = missing.map((concept) => {
    const known = subject.concepts.get(concept);
    return known === undefined ? undefined : phaseInOf(known, subject);
  });
  if (later.every((reason) => reason !== undefined)) return notApplicable(later[0] ?? "");
  const evidence = `not stated: ${missing.join(", ")}`;
  return check.when_missing === "fail" ? fail(evidence) : warn(evidence);
}

/** Where one is stated, the others are too. */
export function together({ concepts }: CheckOf<"together">, { index }: AuditSubject): Verdict {
  const missing = concepts.filter((concept) => factsOf(index, concept).length === 0);
  if (missing.length === concepts.length) return notApplicable("none of them is stated");
  return missing.length === 0
    ? pass(`${concepts.length} of ${concepts.length} stated`)
    : fail(`stated without ${missing.join(", ")}`);
}

/** Where the first is true or stated, so is what follows from it. */
export function follows({ from, concepts }: CheckOf<"follows">, subject: AuditSubject): Verdict {
  const facts = saidOf(subject.index, from);
  const says =
    subject.concepts.get(from)?.type === "boolean" ? facts.filter(({ value }) => value === "true") : facts;
  if (says.length === 0)
    return notApplicable(facts.length === 0 ? `${from} is not stated` : `${from} is false`);
  const missing = concepts.filter((concept) => factsOf(subject.index, concept).length === 0);
  return missing.length === 0
    ? pass(`${from} is stated, and so ${concepts.length === 1 ? "is" : "are"} ${concepts.join(", ")}`)
    : fail(`${from} is stated without ${missing.join(", ")}`);
}

/** Whether some fact of a concept says that it is not material, or left out, and why. */
export function reasonOf({ index }: AuditSubject, concept: string): string | undefined {
  for (const fact of factsOf(index, concept)) {
    const reason = reasonFor(fact);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
