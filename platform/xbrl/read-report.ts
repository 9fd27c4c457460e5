import type { Fact, FactPeriod } from "#rules/fact.ts";

/** A fact as it was found in a report, with how it was written. Values are in the canonical form of `Fact`. */
export type ReadFact = Fact & {
  readonly id: string;
  /** The concept as written, with the document's prefix. */
  readonly name: string;
  readonly numeric: boolean;
  readonly contextRef: string;
  readonly unitRef: string;
  /** The transformation as written (`ixt:num-dot-decimal`), or empty. */
  readonly format: string;
  readonly scale: number;
  /** The attribute as written: a whole number, `INF`, or empty. */
  readonly decimalsGiven: string;
  /** What a reader of the page sees in its place. */
  readonly shown: string;
  readonly escape: boolean;
  readonly hidden: boolean;
  /** Of how many pieces the text consists: 1, or more where it is continued. */
  readonly pieces: number;
  /** `xml:lang` in force. */
  readonly language: string;
  /** Ids of its footnotes. */
  readonly footnotes: readonly string[];
};

/** A context: who, when, and broken down how. */
export type ReadContext = {
  readonly id: string;
  readonly scheme: string;
  readonly identifier: string;
  readonly period: FactPeriod | undefined;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly typed: Readonly<Record<string, string>>;
  /** Whether the breakdown stands in the segment instead of the scenario. */
  readonly inSegment: boolean;
};

/** A footnote's text, and the facts that point to it. */
export type ReadFootnote = {
  readonly id: string;
  readonly language: string;
  readonly text: string;
  readonly facts: readonly string[];
};

/** Something in the document that cannot be read as it stands. */
export type ReadFault = {
  readonly code:
    | "context-missing"
    | "context-incomplete"
    | "unit-missing"
    | "format-unknown"
    | "number-unreadable"
    | "value-unreadable"
    | "decimals-unreadable"
    | "continuation-broken"
    | "nil-with-content"
    | "footnote-broken"
    | "id-duplicate"
    | "construct-unsupported";
  /** The id of the fact, context or element, or empty. */
  readonly id: string;
  readonly sentence: string;
};

/** What a report says to a machine. */
export type ReadReport = {
  readonly facts: readonly ReadFact[];
  /** Who reports, from the first context; `entities` holds every distinct one as `scheme identifier`. */
  readonly entity: { readonly scheme: string; readonly identifier: string } | undefined;
  readonly entities: readonly string[];
  readonly contexts: ReadonlyMap<string, ReadContext>;
  /** Unit id to canonical measure, such as `utr:MWh/iso4217:EUR`. */
  readonly units: ReadonlyMap<string, string>;
  /** Distinct periods of the contexts, as written. */
  readonly periods: readonly FactPeriod[];
  readonly schemaRefs: readonly string[];
  readonly footnotes: readonly ReadFootnote[];
  /** Prefix to namespace of the root element. */
  readonly namespaces: Readonly<Record<string, string>>;
  readonly root: { readonly name: string; readonly language: string };
  /** Ids that a style of the page points to (`-ix-hidden`, `-esef-ix-hidden`). */
  readonly hiddenShown: ReadonlySet<string>;
  /** What would run or be fetched: names of elements and handlers, and addresses. */
  readonly active: readonly string[];
  readonly faults: readonly ReadFault[];
  readonly hasDoctype: boolean;
  readonly encoding: string;
  readonly characters: number;
};
