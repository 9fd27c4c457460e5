import type { FactIndex } from "#rules/compliance-facts.ts";
import type { Fact, FactPeriod } from "#rules/fact.ts";
import type { LawProfile, Undertaking } from "#rules/law.ts";

/** What the rules know of a concept. */
export type KnownConcept = {
  readonly type: string;
  readonly period: "duration" | "instant";
  readonly label: string;
  readonly standard: string;
  readonly disclosure: string;
  readonly voluntary: boolean;
  readonly phase_in: readonly string[];
  readonly references: readonly {
    readonly standard: string;
    readonly disclosure: string;
    readonly paragraph: string;
    readonly obligation: string;
    readonly conditional: boolean;
  }[];
  readonly eu_law: readonly { readonly law: string }[];
  readonly enumeration: string;
};

/** A table of the taxonomy: which concepts may stand on which axes. */
export type KnownTable = {
  readonly closed: boolean;
  readonly concepts: readonly string[];
  readonly axes: readonly {
    readonly axis: string;
    readonly typed: boolean;
    readonly default: string;
    readonly members: readonly string[];
  }[];
};

/** Whether a topic is material, and whose word that is. */
export type TopicConclusion = {
  readonly material: boolean;
  readonly by: "company" | "offline rules" | "language model";
};

/** A fact as it stands in the document, with how it was written. */
export type WrittenFact = Fact & {
  readonly id: string;
  readonly name: string;
  readonly numeric: boolean;
  readonly format: string;
  readonly decimalsGiven: string;
  readonly hidden: boolean;
  readonly escape: boolean;
  readonly language: string;
};

/** The document that carries the facts. */
export type WrittenDocument = {
  readonly facts: readonly WrittenFact[];
  /** Every distinct `scheme identifier` of the contexts. */
  readonly entities: readonly string[];
  readonly contexts: readonly { readonly id: string; readonly inSegment: boolean }[];
  readonly schemaRefs: readonly string[];
  readonly units: readonly string[];
  readonly namespaces: Readonly<Record<string, string>>;
  readonly root: { readonly name: string; readonly language: string };
  readonly hiddenShown: ReadonlySet<string>;
  readonly active: readonly string[];
  readonly faults: readonly { readonly code: string; readonly sentence: string }[];
  readonly footnotes: readonly { readonly text: string; readonly facts: readonly string[] }[];
  readonly hasDoctype: boolean;
  readonly encoding: string;
};

/** What the report package holds, by path; texts of its small files. */
export type WrittenPackage = {
  readonly paths: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
  /** Whether the packed report is byte for byte the one that was judged. */
  readonly sameReport: boolean;
};

/** What the report is held against. */
export type AuditSubject = {
  readonly index: FactIndex;
  readonly document: WrittenDocument;
  readonly package: WrittenPackage | undefined;
  /** The xBRL-JSON file beside the document, held against what the document says. */
  readonly json: "same" | "different" | "missing";
  readonly concepts: ReadonlyMap<string, KnownConcept>;
  /** Disclosure requirement to the concepts that belong to it, and to the facts that state something of it. */
  readonly asked: ReadonlyMap<string, readonly NamedConcept[]>;
  readonly stating: ReadonlyMap<string, readonly Fact[]>;
  readonly tables: readonly KnownTable[];
  readonly enumerations: Readonly<Record<string, readonly string[]>>;
  readonly countries: ReadonlySet<string>;
  readonly taxonomy: { readonly namespace: string; readonly entryPoint: string };
  readonly law: LawProfile;
  /** Standards that small undertakings may leave out as a whole, and for how many years. */
  readonly wholeStandards: Readonly<Record<string, number>>;
  readonly company: Undertaking & {
    readonly lei: string;
    readonly name: string;
    readonly country: string;
    readonly nace: string;
  };
  /** Topic (`E1` … `G1`) to what was concluded. */
  readonly topics: ReadonlyMap<string, TopicConclusion>;
  /** What the stages before hand over to be compared with. */
  readonly made: {
    readonly figures: readonly {
      readonly concept: string;
      readonly value?: string | undefined;
      readonly unit: string;
      readonly period: FactPeriod;
      readonly dimensions: Readonly<Record<string, string>>;
      readonly typed: Readonly<Record<string, string>>;
      readonly hash: string;
      readonly formula: string;
      readonly rows: number;
    }[];
    readonly quality: { readonly score: number; readonly threshold: number };
    readonly rows: { readonly valid: number; readonly rejected: number };
    readonly lineage: { readonly entries: number; readonly traced: number; readonly sha256: string };
    readonly statements: { readonly draft: number; readonly approved: number };
    /** How many figures rest on rows of each quality or verification, where it was said. */
    readonly origins: Readonly<Record<string, number>>;
    readonly warnings: readonly string[];
    readonly inputs: readonly { readonly name: string; readonly sha256: string }[];
  };
};

/** The topics of the ten topical standards. */
export const topicsOfSet1 = ["E1", "E2", "E3", "E4", "E5", "S1", "S2", "S3", "S4", "G1"] as const;

/** The topic that a disclosure requirement belongs to, or empty for ESRS 2 and for what is asked for whatever is material (`E1.IRO-1`). */
export function topicOf(disclosure: string): string {
  const [topic = ""] = disclosure.split(/[-.]/);
  if (!topicsOfSet1.some((one) => one === topic)) return "";
  return disclosure.endsWith(".IRO-1") ? "" : topic;
}

/** Whether a topic is material; unknown topics are taken as material, so that nothing is waved through. */
export const isMaterial = ({ topics }: AuditSubject, topic: string): boolean =>
  topic === "" || topics.get(topic)?.material !== false;

/** A concept with its name. */
export type NamedConcept = readonly [name: string, known: KnownConcept];

/** Disclosure requirement to the concepts that belong to it. */
export function conceptsByDisclosure(
  concepts: ReadonlyMap<string, KnownConcept>,
): ReadonlyMap<string, readonly NamedConcept[]> {
  const found = new Map<string, NamedConcept[]>();
  for (const named of concepts)
    for (const disclosure of disclosuresOf(named[1])) {
      const kept = found.get(disclosure);
      if (kept === undefined) found.set(disclosure, [named]);
      else kept.push(named);
    }
  return found;
}

/** Disclosure requirement to the facts that state something of it. */
export function statingByDisclosure(
  index: FactIndex,
  asked: ReadonlyMap<string, readonly NamedConcept[]>,
): ReadonlyMap<string, readonly Fact[]> {
  const found = new Map<string, readonly Fact[]>();
  for (const [disclosure, concepts] of asked) {
    const facts = concepts.flatMap(
      ([name]) => index.byConcept.get(name)?.filter(({ value }) => value !== undefined) ?? [],
    );
    if (facts.length > 0) found.set(disclosure, facts);
  }
  return found;
}

/** Every disclosure requirement that a concept belongs to, those of topical standards within ESRS 2's named `E1.IRO-1`. */
export function disclosuresOf(concept: KnownConcept): readonly string[] {
  const named = concept.references.map(({ standard, disclosure }) =>
    /^[ESG]\d$/.test(standard) && !disclosure.startsWith(standard) ? `${standard}.${disclosure}` : disclosure,
  );
  return [...new Set([concept.disclosure, ...named])];
}

const reasons: Readonly<Record<string, string>> = {
  "esrs:NotMaterialBelowThresholdMember": "said to be not material (below the threshold)",
  "esrs:NotMaterialNotApplicableMember": "said to be not material (not applicable)",
  "esrs:NotStatedPhasinginMember": "said to be left out under a phase-in",
};
/** Why a fact is nil, where it says so on the taxonomy's axis of reasons. */
export const reasonFor = ({ dimensions }: Fact): string | undefined =>
  reasons[dimensions["ReasonsForNotDisclosingAxis"] ?? ""];
