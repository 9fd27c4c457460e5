import { indexed } from "#rules/compliance-facts.ts";
import {
  type AuditSubject,
  conceptsByDisclosure,
  statingByDisclosure,
  type TopicConclusion,
  type WrittenPackage,
} from "#rules/compliance-subject.ts";
import type { LawProfile } from "#rules/law.ts";
import type { Artifacts } from "../../agent.ts";
import type { Catalogue } from "../../catalogue/load.ts";
import type { ReadReport } from "../../xbrl/read-report.ts";
import { xbrlJson } from "../../xbrl/xbrl-json.ts";
import { files, type IntakeDocument, type MaterialityDocument, type MetricsDocument } from "../documents.ts";

/** Everything that the audit looks at, as it was found. */
export type Gathered = {
  readonly report: ReadReport;
  readonly package: WrittenPackage | undefined;
  readonly json: AuditSubject["json"];
  readonly catalogue: Catalogue;
  readonly law: LawProfile;
  readonly wholeStandards: Readonly<Record<string, number>>;
  readonly intake: IntakeDocument;
  readonly materiality: MaterialityDocument;
  readonly metrics: MetricsDocument;
  readonly statements: { readonly draft: number; readonly approved: number };
  readonly origins: Readonly<Record<string, number>>;
};

/** Puts what was gathered into the shape that the rules judge. */
export function subjectOf(gathered: Gathered): AuditSubject {
  const { report, catalogue, law, intake, materiality, metrics, statements, origins } = gathered;
  const concepts = new Map(catalogue.concepts.map((concept) => [concept.concept, concept]));
  const index = indexed(report.facts, {
    types: new Map(catalogue.concepts.map(({ concept, type }) => [concept, type])),
    defaults: new Map(
      catalogue.tables.flatMap(({ axes }) =>
        axes.flatMap((axis) => (axis.default === "" ? [] : [[axis.axis, axis.default] as const])),
      ),
    ),
  });
  const asked = conceptsByDisclosure(concepts);
  const { company } = intake;
  return {
    index,
    document: { ...report, contexts: [...report.contexts.values()], units: [...report.units.values()] },
    package: gathered.package,
    json: gathered.json,
    concepts,
    asked,
    stating: statingByDisclosure(index, asked),
    tables: catalogue.tables,
    enumerations: catalogue.enumerations,
    countries: new Set(catalogue.countries),
    taxonomy: { namespace: catalogue.taxonomy.namespace, entryPoint: catalogue.taxonomy.entry_point },
    law,
    wholeStandards: gathered.wholeStandards,
    company: {
      lei: company.lei,
      name: company.legal_name,
      country: company.country,
      nace: company.nace,
      employees: company.employees,
      netTurnoverEur: company.net_turnover_eur === undefined ? undefined : Number(company.net_turnover_eur),
      listed: company.listed,
      firstYear: company.first_year,
      periodStart: company.period.start,
      periodEnd: company.period.end,
    },
    topics: new Map(
      materiality.topics.map(({ standard, material, by }): [string, TopicConclusion] => [
        standard,
        { material, by: by ?? "offline rules" },
      ]),
    ),
    made: {
      figures: metrics.metrics,
      quality: intake.quality,
      rows: { valid: intake.counts.valid, rejected: intake.counts.rejected },
      lineage: metrics.lineage,
      statements,
      origins,
      warnings: metrics.warnings,
      inputs: intake.inputs,
    },
  };
}

/** Holds the xBRL-JSON file against what follows from the document. */
export async function compareJson(
  artifacts: Artifacts,
  report: ReadReport,
  { taxonomy, concepts }: Catalogue,
): Promise<AuditSubject["json"]> {
  if (!(await artifacts.exists(files.facts))) return "missing";
  const types = new Map(concepts.map(({ concept, type }) => [concept, type]));
  const text = new TextDecoder().decode(await artifacts.read(files.facts));
  try {
    const found: unknown = JSON.parse(text);
    return JSON.stringify(found) === JSON.stringify(xbrlJson(report, taxonomy, types)) ? "same" : "different";
  } catch {
    return "different";
  }
}
