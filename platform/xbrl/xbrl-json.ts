import type { FactPeriod } from "#rules/fact.ts";
import type { ConceptType } from "../catalogue/model.ts";
import type { ReadFact, ReadReport } from "./read-report.ts";

/** Types whose facts are texts in a language (OIM 1.0: the language dimension belongs to text facts). */
const texts: ReadonlySet<ConceptType> = new Set(["textBlock", "string", "linkIdentifiers"]);
const footnoteArcrole = "http://www.xbrl.org/2003/arcrole/fact-footnote";
const prefixes: Readonly<Record<string, string>> = {
  iso4217: "http://www.xbrl.org/2003/iso4217",
  utr: "http://www.xbrl.org/2009/utr",
};

type JsonFact = {
  readonly value: string | null;
  readonly decimals?: number;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
};
/** An xBRL-JSON document (Open Information Model 1.0). */
export type XbrlJson = {
  readonly documentInfo: Readonly<Record<string, unknown>>;
  readonly facts: Readonly<Record<string, JsonFact>>;
};

/** What a processor derives from an inline document: the same facts under the same ids as xBRL-JSON, values in canonical form. */
export function xbrlJson(
  report: ReadReport,
  vocabulary: { readonly namespace: string; readonly country_namespace: string },
  types: ReadonlyMap<string, ConceptType>,
): XbrlJson {
  const facts: Record<string, JsonFact> = {};
  const used = new Set<string>();
  const entity = report.entity === undefined ? "" : `lei:${report.entity.identifier}`;
  for (const fact of report.facts) facts[fact.id] = written(fact);
  const notes = report.footnotes.filter(({ facts: pointing }) => pointing.length > 0);
  for (const { id, text, language } of notes)
    facts[id] = {
      value: text,
      dimensions: { concept: "xbrl:note", noteId: id, language: language.toLowerCase() },
    };
  const namespaces: Record<string, string> = {
    xbrl: "https://xbrl.org/2021",
    esrs: vocabulary.namespace,
    lei: report.entity?.scheme ?? "",
    ...(used.has("country") ? { country: vocabulary.country_namespace } : {}),
  };
  for (const [prefix, uri] of Object.entries(prefixes)) if (used.has(prefix)) namespaces[prefix] = uri;
  return {
    documentInfo: {
      documentType: "https://xbrl.org/2021/xbrl-json",
      features: { "xbrl:canonicalValues": true },
      namespaces,
      ...(notes.length === 0
        ? {}
        : {
            linkTypes: { footnote: footnoteArcrole },
            linkGroups: { _: "http://www.xbrl.org/2003/role/link" },
          }),
      taxonomy: report.schemaRefs,
    },
    facts,
  };

  function written(fact: ReadFact): JsonFact {
    const type = types.get(fact.concept);
    const dimensions: Record<string, string> = {
      concept: `esrs:${fact.concept}`,
      ...(type !== undefined && texts.has(type) && fact.language !== ""
        ? { language: fact.language.toLowerCase() }
        : {}),
      entity,
      period: periodOf(fact.period),
    };
    for (const axis of Object.keys(fact.dimensions).toSorted())
      dimensions[`esrs:${axis}`] = known(fact.dimensions[axis] ?? "");
    for (const axis of Object.keys(fact.typed).toSorted())
      dimensions[`esrs:${axis}`] = fact.typed[axis] ?? "";
    if (fact.unit !== "" && fact.unit !== "xbrli:pure")
      dimensions["unit"] = fact.unit
        .split("/")
        .map((side) => side.split("*").map(known).join("*"))
        .join("/");
    return {
      value: valueOf(fact, type),
      ...(fact.decimals === undefined || fact.value === undefined ? {} : { decimals: fact.decimals }),
      dimensions,
      ...(fact.footnotes.length === 0 ? {} : { links: { footnote: { _: fact.footnotes } } }),
    };
  }

  function valueOf({ value, numeric }: ReadFact, type: ConceptType | undefined): string | null {
    if (value === undefined) return null;
    if (type === "enumeration" || type === "enumerationSet") return value.split(" ").map(known).join(" ");
    return numeric && type !== "integer" && !value.includes(".") ? `${value}.0` : value;
  }

  /** A qualified name whose prefix is to be declared. */
  function known(name: string): string {
    used.add(name.slice(0, Math.max(0, name.indexOf(":"))));
    return name;
  }
}

/** A period as OIM writes it: from the first moment to the first moment after its end. */
function periodOf(period: FactPeriod): string {
  return "instant" in period
    ? `${dayAfter(period.instant)}T00:00:00`
    : `${period.start}T00:00:00/${dayAfter(period.end)}T00:00:00`;
}

function dayAfter(iso: string): string {
  const at = Date.parse(`${iso.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(at) ? iso : new Date(at + 86_400_000).toISOString().slice(0, 10);
}
