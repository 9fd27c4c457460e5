import { distance } from "fastest-levenshtein";
import type { LegacyCode } from "../../catalogue/legacy.ts";
import type { Catalogue, ConceptType } from "../../catalogue/model.ts";
import { isNumeric } from "../../catalogue/model.ts";
import { type Measure, measureOf } from "#rules/intake-measures.ts";
import type { DimensionPlan } from "./dimensions.ts";
import { quote, Rejection } from "./rejection.ts";

/** What a metric code means: a concept of the standard, or an auxiliary input of the formulas, with all that its rows are checked against. */
export type Target = {
  /** Counts up from 0, in the order in which targets were met. */
  readonly key: number;
  readonly name: string;
  readonly type: ConceptType;
  readonly unit: string;
  readonly numeric: boolean;
  readonly instant: boolean;
  /** A quantity that cannot be below nothing. */
  readonly neverNegative: boolean;
  readonly enumeration: readonly string[];
  /** Dimensions that the code itself stands for. */
  readonly members: Readonly<Record<string, string>>;
  /** Why a person should look at the code: it is one of the earlier implementation. */
  readonly doubt: string | undefined;
  readonly measures: Map<string, Measure | undefined>;
};

/** A metric code as rows write it, resolved; with what its rows' breakdowns were understood as. */
export type Resolved = {
  readonly code: string;
  readonly target: Target;
  /** Whether it took the row's metric_name to tell. */
  readonly byName: boolean;
  /** By the cells `dimensions` and `breakdown`. */
  readonly plans: Map<string, DimensionPlan | Rejection>;
};

/** An auxiliary input of the formulas: `aux:hours-worked`. */
export type Auxiliary = { readonly id: string; readonly unit: string; readonly instant: boolean };
/** Where codes are looked up. */
export type CodeBook = {
  readonly catalogue: Catalogue;
  readonly auxiliaries: ReadonlyMap<string, Auxiliary>;
  readonly legacy: ReadonlyMap<string, LegacyCode>;
};

// Differences and changes may be below nothing, whatever they are measured in.
const mayFall =
  /Gap|IncreaseDecrease|AdjustingItems|Change|Reduction|Reversals|Baseline|QuantitativeMetric|MeasurableTarget|AbsoluteValue|IntensityValue/;
const amounts: ReadonlySet<ConceptType> = new Set([
  "mass",
  "energy",
  "volume",
  "area",
  "integer",
  "percent",
  "ghgEmissions",
  "decimal",
  "ghgEmissionsPerMonetary",
  "energyPerMonetary",
  "volumePerMonetary",
]);
const codeShape = /^[A-Za-z0-9][A-Za-z0-9._:-]{1,400}$/;
const legacyShape = /^(?:E[1-5]|S[1-4]|G1|ESRS[12])-\d+$/;

/** Resolves metric codes, remembering each; throws a `Rejection` that names the candidates. */
export class Targets {
  readonly #book: CodeBook;
  readonly #concepts: ReadonlyMap<string, Catalogue["concepts"][number]>;
  readonly #datapoints: ReadonlyMap<string, readonly string[]>;
  readonly #known = new Map<string, Resolved | Rejection>();
  readonly #byName = new Map<string, Target>();
  readonly all: Target[] = [];

  constructor(book: CodeBook) {
    this.#book = book;
    this.#concepts = new Map(book.catalogue.concepts.map((concept) => [concept.concept, concept]));
    this.#datapoints = new Map(book.catalogue.datapoints.map(({ id, concepts }) => [id, concepts]));
  }

  /** What a code stands for; `name` (the row's metric_name) settles an id that several concepts share. */
  of(code: string, name: string): Resolved {
    const found = this.#known.get(code);
    return found === undefined || found instanceof Rejection ? this.#look(code, name) : found;
  }

  #look(code: string, name: string): Resolved {
    const key = `${code}\n${name}`;
    const found = this.#known.get(key);
    if (found instanceof Rejection) throw found;
    if (found !== undefined) return found;
    if (this.#known.size > 20_000) this.#known.clear();
    try {
      const { target, byName } = this.#resolve(code, name);
      const resolved: Resolved = { code: flat(code), target, byName, plans: new Map() };
      this.#known.set(flat(byName ? key : code), resolved);
      return resolved;
    } catch (error) {
      if (error instanceof Rejection) this.#known.set(flat(key), error);
      throw error;
    }
  }

  #resolve(code: string, name: string): { readonly target: Target; readonly byName: boolean } {
    if (!codeShape.test(code))
      throw new Rejection(
        "metric-code-malformed",
        "metric_code",
        `${quote(code)} is not a code.`,
        "Use a datapoint id such as E1-5_01, a concept's name, or aux: and an input of the formulas.",
      );
    const plain = code.replace(/^esrs[:_]/i, "");
    if (plain.startsWith("aux:")) return { target: this.#auxiliary(plain), byName: false };
    if (this.#concepts.has(plain)) return { target: this.#concept(plain), byName: false };
    const concepts = this.#datapoints.get(plain) ?? this.#datapoints.get(plain.toUpperCase());
    if (concepts !== undefined) return this.#datapoint(plain, concepts, name);
    const legacy = this.#book.legacy.get(plain.toUpperCase());
    if (legacy !== undefined) return { target: this.#legacy(plain, legacy), byName: false };
    const near = legacyShape.test(plain)
      ? "Write the datapoint's id, such as E1-5_01."
      : `Near to it: ${this.#nearest(plain).join(", ")}.`;
    throw new Rejection("metric-code-unknown", "metric_code", `${quote(code)} is not known.`, near);
  }

  #datapoint(
    id: string,
    concepts: readonly string[],
    name: string,
  ): { readonly target: Target; readonly byName: boolean } {
    const [only] = concepts;
    if (only === undefined)
      throw new Rejection(
        "metric-code-unknown",
        "metric_code",
        `the datapoint ${id} has no element of its own in the taxonomy.`,
        "Write the name of the concept that holds it.",
      );
    if (concepts.length === 1) return { target: this.#concept(only), byName: false };
    const wanted = name.trim().toLowerCase();
    const named = concepts.filter(
      (concept) =>
        concept.toLowerCase() === wanted || this.#concepts.get(concept)?.label.toLowerCase() === wanted,
    );
    if (named.length === 1 && named[0] !== undefined)
      return { target: this.#concept(named[0]), byName: true };
    throw new Rejection(
      "metric-code-ambiguous",
      "metric_code",
      `${id} is the id of ${concepts.length} concepts.`,
      `Write one of ${concepts.slice(0, 8).join(", ")}${concepts.length > 8 ? ", …" : ""}.`,
    );
  }

  #legacy(code: string, { concept, dimensions, note }: LegacyCode): Target {
    if (concept === "")
      throw new Rejection(
        "metric-code-unknown",
        "metric_code",
        `${code} of the earlier implementation has no equal in the standard.`,
        note === "" ? "Report it as an entity-specific disclosure." : note,
      );
    const key = `${concept} ${JSON.stringify(dimensions)} legacy ${code}`;
    return this.#once(key, () => ({
      ...this.#shape(concept),
      members: dimensions,
      doubt: `${code} is a code of the earlier implementation and was read as ${concept}.`,
    }));
  }

  #concept(name: string): Target {
    return this.#once(name, () => ({ ...this.#shape(name), members: {}, doubt: undefined }));
  }

  #shape(name: string): Omit<Target, "key" | "members" | "doubt" | "measures"> {
    const concept = this.#concepts.get(name);
    if (concept === undefined)
      throw new Rejection("metric-code-unknown", "metric_code", `${quote(name)} is not known.`, "");
    const { type, unit, period, enumeration } = concept;
    return {
      name,
      type,
      unit,
      numeric: isNumeric(type),
      instant: period === "instant",
      neverNegative: amounts.has(type) && !mayFall.test(name),
      enumeration: this.#book.catalogue.enumerations[enumeration] ?? [],
    };
  }

  #auxiliary(id: string): Target {
    const found = this.#book.auxiliaries.get(id);
    if (found === undefined)
      throw new Rejection(
        "metric-code-unknown",
        "metric_code",
        `${quote(id)} is not an input of the formulas.`,
        `The inputs are ${[...this.#book.auxiliaries.keys()].slice(0, 12).join(", ")}.`,
      );
    return this.#once(id, () => ({
      name: id,
      type: typeOf(found.unit),
      unit: found.unit,
      numeric: true,
      instant: found.instant,
      neverNegative: false,
      enumeration: [],
      members: {},
      doubt: undefined,
    }));
  }

  #once(name: string, make: () => Omit<Target, "key" | "measures">): Target {
    const before = this.#byName.get(name);
    if (before !== undefined) return before;
    const target: Target = { ...make(), key: this.all.length, measures: new Map() };
    this.#byName.set(name, target);
    this.all.push(target);
    return target;
  }

  #nearest(code: string): readonly string[] {
    const wanted = code.toLowerCase().slice(0, 120);
    return [...this.#concepts.keys(), ...this.#datapoints.keys()]
      .map((name) => ({ name, far: distance(wanted, name.toLowerCase().slice(0, 120)) }))
      .toSorted((a, b) => a.far - b.far)
      .slice(0, 3)
      .map(({ name }) => name);
  }
}

/** The measure of a written unit for a target, remembered; undefined when it does not measure it. */
export function measureFor(target: Target, written: string): Measure | undefined {
  const { measures } = target;
  const known = measures.get(written);
  if (known !== undefined || measures.has(written)) return known;
  if (measures.size > 500) measures.clear();
  const found = measureOf(written, target.unit, target.type);
  measures.set(flat(written), found);
  return found;
}

function typeOf(unit: string): ConceptType {
  if (unit.startsWith("iso4217")) return "monetary";
  return "decimal";
}

/** A text with characters of its own: what a parser hands out keeps the whole block alive from which it was cut. */
export function flat(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
