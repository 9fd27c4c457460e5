import { loadCatalogue } from "#platform/catalogue/load.ts";
import { indexed } from "#rules/compliance-facts.ts";
import {
  type AuditSubject,
  conceptsByDisclosure,
  statingByDisclosure,
  topicsOfSet1,
  type WrittenDocument,
  type WrittenFact,
} from "#rules/compliance-subject.ts";
import type { Fact } from "#rules/fact.ts";
import type { LawProfile } from "#rules/law.ts";
import { factOf, type Known } from "./assertion-cases.ts";

const catalogue = await loadCatalogue();
const concepts = new Map(catalogue.concepts.map((concept) => [concept.concept, concept]));
const defaults = new Map(
  catalogue.tables.flatMap(({ axes }) =>
    axes.flatMap((axis) => (axis.default === "" ? [] : [[axis.axis, axis.default] as const])),
  ),
);
const asked = conceptsByDisclosure(concepts);
const types = new Map(catalogue.concepts.map(({ concept, type }) => [concept, type]));

/** What cases are built from. */
export const known: Omit<Known, "concepts"> & { readonly concepts: typeof concepts } = { concepts, defaults };
/** An index of facts as the audit makes it. */
export const indexOf = (facts: readonly Fact[]) => indexed(facts, { types, defaults });

/** A state of the law under which nothing is phased in but what Appendix C says. */
const plainLaw: LawProfile = {
  id: "set-1-2023",
  title: "Set 1",
  act: "Delegated Regulation (EU) 2023/2772",
  status: "in force",
  published: "2023-12-22",
  source: "",
  periods: {},
  scope: [{ who: "everybody large", act: "an act", from: "2024-01-01", employees_over: 500 }],
  frozen: false,
  relief_for_all: [],
  judges_set_1: true,
};

const year = 2026;
/** A fact of the reporting year. */
export const said = (
  concept: string,
  value: string,
  dimensions: Readonly<Record<string, string>> = {},
  typed: Readonly<Record<string, string>> = {},
): Fact => ({ ...factOf(known, concept, year, value, dimensions, typed), value });
/** A fact that says something fitting its type. */
export const some = (concept: string): Fact => {
  const list = catalogue.enumerations[concepts.get(concept)?.enumeration ?? ""];
  return { ...factOf(known, concept, year, "1"), ...(list?.[0] === undefined ? {} : { value: list[0] }) };
};

/** A fact as it stands in a document, written as it should be. */
function writtenFact(fact: Fact, at: number): WrittenFact {
  return {
    ...fact,
    id: `f${at}`,
    name: `esrs:${fact.concept}`,
    numeric: fact.unit !== "",
    format: "",
    decimalsGiven: fact.unit === "" ? "" : String(fact.decimals ?? "INF"),
    hidden: false,
    escape: concepts.get(fact.concept)?.type === "textBlock",
    language: "en",
  };
}

/** A report in which everything around its facts is as it should be. */
export function subjectWith(
  facts: readonly Fact[],
  more: Partial<Omit<AuditSubject, "document" | "company" | "made">> & {
    readonly document?: Partial<WrittenDocument>;
    readonly company?: Partial<AuditSubject["company"]>;
    readonly made?: Partial<AuditSubject["made"]>;
  } = {},
): AuditSubject {
  const index = indexOf(facts);
  const { document, company, made, ...rest } = more;
  const lei = "99990000NORTHLIGHT67";
  return {
    index,
    document: {
      facts: facts.map(writtenFact),
      entities: [`http://standards.iso.org/iso/17442 ${lei}`],
      contexts: [{ id: "c1", inSegment: false }],
      schemaRefs: [catalogue.taxonomy.entry_point],
      units: [],
      namespaces: { esrs: catalogue.taxonomy.namespace },
      root: { name: "html", language: "en" },
      hiddenShown: new Set(),
      active: [],
      faults: [],
      footnotes: [{ text: "a note", facts: ["f0"] }],
      hasDoctype: false,
      encoding: "UTF-8",
      ...document,
    },
    package: {
      paths: ["report/META-INF/reportPackage.json", "report/reports/report.xhtml"],
      texts: {
        "report/META-INF/reportPackage.json":
          '{"documentInfo":{"documentType":"https://xbrl.org/report-package/2023/xbri"}}',
      },
      sameReport: true,
    },
    json: "same",
    concepts,
    asked,
    stating: statingByDisclosure(index, asked),
    tables: catalogue.tables,
    enumerations: catalogue.enumerations,
    countries: new Set(catalogue.countries),
    taxonomy: { namespace: catalogue.taxonomy.namespace, entryPoint: catalogue.taxonomy.entry_point },
    law: plainLaw,
    wholeStandards: { E4: 2, S1: 1, S2: 2, S3: 2, S4: 2 },
    company: {
      lei,
      name: "Northlight",
      country: "DE",
      nace: "C25.6",
      employees: 1240,
      netTurnoverEur: 500_000_000,
      listed: true,
      firstYear: 2024,
      periodStart: `${year}-01-01`,
      periodEnd: `${year}-12-31`,
      ...company,
    },
    topics: new Map(topicsOfSet1.map((topic) => [topic, { material: true, by: "company" }])),
    made: {
      figures: facts
        .filter(({ unit }) => unit !== "")
        .map((fact) => ({ ...fact, hash: "0".repeat(64), formula: "as-reported", rows: 1 })),
      quality: { score: 90, threshold: 80 },
      rows: { valid: 3, rejected: 0 },
      lineage: { entries: 3, traced: 3, sha256: "0".repeat(64) },
      statements: { draft: 0, approved: 1 },
      origins: { verified: 2 },
      warnings: [],
      inputs: [{ name: "data.csv", sha256: "0".repeat(64) }],
      ...made,
    },
    ...rest,
  };
}
