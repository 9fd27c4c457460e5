import type { DomainTrees } from "./read-linkbases.ts";

/** What the extracts of the taxonomy and of IG 3 hold, as far as the derivation reads them. */
export type ExtractedReference = Readonly<Record<string, string | undefined>>;
export type ExtractedConcept = {
  readonly name: string;
  readonly type: string;
  readonly period: "duration" | "instant";
  readonly abstract: boolean;
  readonly isDimension: boolean;
  readonly isHypercube: boolean;
  readonly enumDomain: string | null;
  readonly enumLinkrole: string | null;
  readonly enumHeadUsable: boolean | null;
  readonly references: readonly ExtractedReference[];
};
type ExtractedAxis = {
  readonly axis: string;
  readonly typed: boolean;
  readonly default: string | null;
  readonly domain: readonly string[];
  readonly members: readonly string[];
  /** May be larger than the list, which the extract leaves out for the longest domains. */
  readonly memberCount: number;
};
export type ExtractedHypercube = {
  readonly role: string;
  readonly hypercube: string;
  readonly closed: boolean;
  readonly axes: readonly ExtractedAxis[];
  readonly primaryItems: readonly string[];
};
export type ExtractedArc = {
  readonly role: string;
  readonly total: string;
  readonly item: string;
  readonly weight: number;
};
type ExtractedEnumeration = {
  readonly domain: string;
  readonly linkrole: string;
  readonly memberCount: number;
  readonly members: readonly { readonly m: string; readonly usable: boolean }[];
};
export type ExtractedDatapoint = {
  readonly id: string;
  readonly sheet: string;
  readonly dr: string | null;
  readonly paragraph: string | null;
  readonly relatedAR: string | null;
  /** Read for matching only; its wording goes nowhere. */
  readonly name: string | null;
  readonly dataType: string | null;
  readonly conditionalOrAlternative: string | null;
  readonly voluntary: boolean;
  readonly appendixB: string | null;
  readonly phaseIn750?: string | null;
  readonly phaseInDisclose?: string | null;
  readonly phaseInAll: string | null;
};
type LawRow = Readonly<Record<string, string>>;
type RegistryUnit = {
  readonly unitId: string;
  readonly itemType: string;
  readonly status: string;
  readonly numeratorItemType?: string;
};

/** Everything that data/esrs_data_points.json is derived from. */
export type TaxonomyFacts = {
  readonly concepts: readonly ExtractedConcept[];
  readonly hypercubes: readonly ExtractedHypercube[];
  readonly roles: Readonly<Record<string, string>>;
  readonly enumerations: Readonly<Record<string, ExtractedEnumeration>>;
  readonly arcs: readonly ExtractedArc[];
  readonly euLaw: readonly LawRow[];
  readonly ig3: readonly ExtractedDatapoint[];
  readonly units: readonly RegistryUnit[];
  readonly domainTrees: DomainTrees;
  readonly countries: readonly string[];
  readonly packageSha256: string;
};

/** A name without its prefix. */
export function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** The concepts that can be tagged: neither abstract nor an axis nor a table. */
export function reportable(concepts: readonly ExtractedConcept[]): readonly ExtractedConcept[] {
  return concepts.filter(
    ({ abstract, isDimension, isHypercube }) => !abstract && !isDimension && !isHypercube,
  );
}

/** A disclosure requirement as people cite it: `E1-6`, `SBM-1`, `E1.IRO-1`, `MDR-P`; chapters of ESRS 1 and 2 without a code as empty text. */
export function disclosureOf(standard: string, section: string): string {
  const topical = /^[ESG]\d$/.test(standard);
  if (topical) return section === "" || section.startsWith(standard) ? section : `${standard}.${section}`;
  if (/^(BP|GOV|SBM|IRO|MDR)-/.test(section)) return section;
  return /minimum disclosure requirements/i.test(section) ? "MDR" : "";
}

/** A phase-in in our words: a number of years, with where it holds or until when. */
export function phaseInOf(text: string | null | undefined): string {
  if (text === null || text === undefined) return "";
  const years = /^(\d years?)( for non-EEA countries)?$/.exec(text);
  if (years !== null) return `${years[1]}${years[2] === undefined ? "" : " for non-EEA countries"}`;
  if (/sectors/i.test(text)) return "until sector standards";
  throw new Error(`No words for the phase-in ${text}.`);
}
