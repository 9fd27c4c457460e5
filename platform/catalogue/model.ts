import { z } from "zod";

/**
 * What the platform knows of the standard: the shape of data/esrs_data_points.json.
 * Names are local names of the taxonomy; labels are derived from them, never taken over.
 */

/** A concept's data type, after the taxonomy's own, without prefix and the ending ItemType. */
export const conceptTypes = [
  "textBlock",
  "string",
  "boolean",
  "date",
  "gYear",
  "enumeration",
  "enumerationSet",
  "linkIdentifiers",
  "percent",
  "monetary",
  "integer",
  "decimal",
  "mass",
  "energy",
  "volume",
  "area",
  "ghgEmissions",
  "ghgEmissionsPerMonetary",
  "energyPerMonetary",
  "volumePerMonetary",
] as const;
/** One of the data types of `conceptTypes`. */
export type ConceptType = (typeof conceptTypes)[number];

const notNumeric: ReadonlySet<ConceptType> = new Set([
  "textBlock",
  "string",
  "boolean",
  "date",
  "gYear",
  "enumeration",
  "enumerationSet",
  "linkIdentifiers",
]);
/** Whether facts of this type are numbers with a unit. */
export const isNumeric = (type: ConceptType): boolean => !notNumeric.has(type);

/** Where in the standard a concept comes from. `obligation`: `always` (ESRS 1 paragraph 29), `if material` (paragraph 31) or `may`. */
export const Reference = z.object({
  standard: z.string(),
  disclosure: z.string(),
  paragraph: z.string(),
  related_ar: z.string(),
  obligation: z.string(),
  conditional: z.boolean(),
  datapoint_id: z.string(),
});
export type Reference = z.infer<typeof Reference>;

/** Another EU law that asks for the same (ESRS 2 Appendix B and the reference linkbase). */
export const EuLaw = z.object({ law: z.string(), part: z.string(), uri: z.string() });
export type EuLaw = z.infer<typeof EuLaw>;

/** A reportable concept: what can be tagged. `standard` and `disclosure` are those of its first main reference, for instance `E1` and `E1-6`. */
export const Concept = z.object({
  concept: z.string(),
  label: z.string(),
  type: z.enum(conceptTypes),
  /** Canonical unit measure (`utr:MWh`); `iso4217` for money in whatever currency, `iso4217`-denominated ratios as `utr:tCO2e/iso4217`; empty for no number. */
  unit: z.string(),
  period: z.enum(["duration", "instant"]),
  standard: z.string(),
  disclosure: z.string(),
  datapoint_ids: z.array(z.string()),
  references: z.array(Reference),
  voluntary: z.boolean(),
  phase_in: z.array(z.string()),
  eu_law: z.array(EuLaw),
  /** Name of its list of values in `enumerations`; empty when it is no enumeration. */
  enumeration: z.string(),
});
export type Concept = z.infer<typeof Concept>;

/** A datapoint of IG 3, by EFRAG's id; `concepts` are those that name it, or that its paragraph leads to (`matched`). */
export const Datapoint = z.object({
  id: z.string(),
  standard: z.string(),
  disclosure: z.string(),
  paragraph: z.string(),
  related_ar: z.string(),
  data_type: z.string(),
  voluntary: z.boolean(),
  /** `conditional`, `alternative` or empty. */
  conditional: z.string(),
  /** In ESRS 2 Appendix B: asked for by other EU law. */
  appendix_b: z.string(),
  /** Phase-in for everybody, and for undertakings of up to 750 employees; empty where there is none. */
  phase_in: z.string(),
  phase_in_up_to_750: z.string(),
  concepts: z.array(z.string()),
  matched: z.enum(["by id", "by paragraph", "none"]),
});
export type Datapoint = z.infer<typeof Datapoint>;

/** An axis of a table: explicit with its usable members and default (which is said by leaving the axis out), or typed. Members are qualified names; `country:*` stands for every country. */
export const Axis = z.object({
  axis: z.string(),
  typed: z.boolean(),
  default: z.string(),
  members: z.array(z.string()),
});
export type Axis = z.infer<typeof Axis>;

/** A hypercube: which concepts may be broken down by which axes. Roles 900000 to 900004 are open, so a validator of dimensions lets anything pass there. */
export const Table = z.object({
  role: z.string(),
  name: z.string(),
  disclosure: z.string(),
  closed: z.boolean(),
  axes: z.array(Axis),
  concepts: z.array(z.string()),
});
export type Table = z.infer<typeof Table>;

/** A sum of the calculation linkbase (Calculations 1.1): total = Σ weight × item, per period and dimensions. */
export const Total = z.object({
  role: z.string(),
  total: z.string(),
  items: z.array(z.object({ concept: z.string(), weight: z.number() })),
});
export type Total = z.infer<typeof Total>;

/** data/esrs_data_points.json, whole. */
export const Catalogue = z.object({
  taxonomy: z.object({
    name: z.string(),
    version: z.string(),
    namespace: z.string(),
    entry_point: z.string(),
    country_namespace: z.string(),
    package_sha256: z.string(),
    provenance: z.string(),
  }),
  concepts: z.array(Concept).min(1),
  datapoints: z.array(Datapoint).min(1),
  tables: z.array(Table),
  totals: z.array(Total),
  /** List name to its usable members, qualified; beside the enumerations' lists also the long ones that only axes have. */
  enumerations: z.record(z.string(), z.array(z.string())),
  countries: z.array(z.string()).min(1),
});
export type Catalogue = z.infer<typeof Catalogue>;
