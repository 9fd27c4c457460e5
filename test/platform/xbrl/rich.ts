import type { Metric, Statement } from "#platform/agents/documents.ts";
import { files } from "#platform/agents/documents.ts";
import { reporting } from "#platform/agents/reporting.ts";
import type { Artifacts } from "#platform/agent.ts";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { type Catalogue, type Concept, isNumeric, type Table } from "#platform/catalogue/model.ts";
import { type Fact, placeOf } from "#rules/fact.ts";
import { memoryArtifacts } from "../agents/sample.ts";

const year = { start: "2024-01-01", end: "2024-12-31" };
const before = { start: "2023-01-01", end: "2023-12-31" };

/** How rich a generated statement is: one fact in so many concepts, and whether every table is filled as well. */
export type Richness = { readonly every: number; readonly tables: boolean };

/** Facts of every concept type, of every table, nil, typed, of two years; sums that the taxonomy knows add up at each place. */
export function richFacts(catalogue: Catalogue, { every, tables }: Richness): readonly Fact[] {
  const concepts = new Map(catalogue.concepts.map((concept) => [concept.concept, concept]));
  const facts = new Map<string, Fact>();
  const put = (fact: Fact): void => {
    const place = placeOf(fact);
    if (!facts.has(place)) facts.set(place, fact);
  };
  catalogue.concepts.forEach((concept, at) => {
    if (at % every !== 0 && !concept.concept.startsWith("ReportingPeriod")) return;
    put(factOf(concept, at, year, {}, {}, catalogue));
    if (isNumeric(concept.type) && at % 3 === 0) put(factOf(concept, at + 1, before, {}, {}, catalogue));
  });
  if (tables)
    for (const [at, table] of catalogue.tables.entries())
      for (const place of placesOf(table, catalogue))
        for (const name of chosen(table, concepts)) {
          const concept = concepts.get(name);
          if (concept !== undefined) put(factOf(concept, at, year, place.dimensions, place.typed, catalogue));
        }
  return added(
    catalogue,
    [...facts.values()].filter(({ concept }) => !doublyCounted(catalogue).has(concept)),
  );
}

/** Parts of a total that the taxonomy works out in several ways, all but the first way: one value cannot be the sum of each. */
function doublyCounted({ totals }: Catalogue): ReadonlySet<string> {
  return new Set(
    totals.flatMap(({ total, items }, at) =>
      totals.findIndex((one) => one.total === total) === at ? [] : items.map(({ concept }) => concept),
    ),
  );
}

/** Two figures and one other thing of a table. */
function chosen({ concepts }: Table, all: ReadonlyMap<string, Concept>): readonly string[] {
  const numeric = (name: string): boolean => isNumeric(all.get(name)?.type ?? "string");
  return [...concepts.filter(numeric).slice(0, 2), ...concepts.filter((name) => !numeric(name)).slice(0, 1)];
}

type Breakdown = Pick<Fact, "dimensions" | "typed">;

/** Up to a dozen breakdowns that a table allows: typed axes always, explicit ones by their first members. */
function placesOf(table: Table, { countries }: Catalogue): readonly Breakdown[] {
  let places: Breakdown[] = [{ dimensions: {}, typed: {} }];
  for (const { axis, typed, default: preset, members } of table.axes) {
    if (typed) {
      const names = axis.startsWith("IdentifierOf") ? ["T1", "T2"] : ["Site North & Süd", "Site <B>"];
      places = places.flatMap((place) =>
        names.map((name) => ({ ...place, typed: { ...place.typed, [axis]: name } })),
      );
      continue;
    }
    const country = countries[0] ?? "DE";
    const usable = members
      .slice(0, 3)
      .map((member) =>
        member === "country:*" ? (country.includes(":") ? country : `country:${country}`) : member,
      );
    places = places.flatMap((place) => [
      ...(preset === "" ? [] : [place]),
      ...usable.map((member) => ({ ...place, dimensions: { ...place.dimensions, [axis]: member } })),
    ]);
    places = places.slice(0, 12);
  }
  return places;
}

function factOf(
  concept: Concept,
  at: number,
  during: typeof year,
  dimensions: Fact["dimensions"],
  typed: Fact["typed"],
  catalogue: Catalogue,
): Fact {
  const isNil = at % 19 === 7;
  const number = isNumeric(concept.type);
  return {
    concept: concept.concept,
    value: isNil ? undefined : valueOf(concept, at, catalogue),
    unit: number ? concept.unit.replaceAll("iso4217", "iso4217:EUR") : "",
    decimals: number && !isNil ? decimalsOf(concept) : undefined,
    period: concept.period === "instant" ? { instant: during.end } : during,
    dimensions,
    typed,
  };
}

function decimalsOf({ type }: Concept): number {
  if (type === "percent") return 4;
  if (type === "integer") return 0;
  if (type === "monetary") return -3;
  return type.endsWith("PerMonetary") ? 9 : 2;
}

function valueOf({ type, concept, enumeration }: Concept, at: number, catalogue: Catalogue): string {
  const members = (catalogue.enumerations[enumeration] ?? []).map((member) =>
    member === "country:*" ? "country:DE" : member,
  );
  switch (type) {
    case "boolean":
      return at % 2 === 0 ? "true" : "false";
    case "date":
      return "2024-12-31";
    case "gYear":
      return "2030";
    case "enumeration":
      return members[0] ?? "";
    case "enumerationSet":
      return members.slice(0, 1 + (at % 5)).join(" ");
    case "linkIdentifiers":
      return "T1, T2";
    case "string":
      return `Name of something ${at} – “quoted” & <bracketed>`;
    case "textBlock":
      return `<p>Text of our own on <b>${at}</b> &amp; more, with m<sup>3</sup>.</p>${at % 5 === 0 ? "<ul><li>one</li><li>two<br/>three</li></ul>" : ""}${at % 11 === 0 ? '<table><tbody><tr><th scope="row">Row</th><td colspan="2">Cell</td></tr></tbody></table>' : ""}`;
    case "percent":
      return `0.${String(1000 + (at % 8999))}`;
    case "integer":
      return String(10 + at);
    case "monetary":
      return String((at + 1) * 125_000);
    case "ghgEmissionsPerMonetary":
    case "energyPerMonetary":
    case "volumePerMonetary":
      return `0.0000${1000 + at}`;
    case "decimal":
    case "mass":
    case "energy":
    case "volume":
    case "area":
    case "ghgEmissions":
      return concept.includes("Intensity") ? "1.25" : `${at * 3 + 1}.5`;
  }
}

/** Makes every sum of the calculation linkbase the sum of its parts, place by place; a sum without parts stays. */
function added(catalogue: Catalogue, facts: readonly Fact[]): readonly Fact[] {
  const totals = new Map(catalogue.totals.toReversed().map((total) => [total.total, total]));
  const byPlace = new Map(facts.map((fact) => [placeOf(fact), fact]));
  const worked = new Map<string, string | undefined>();
  const work = (fact: Fact, depth = 0): string | undefined => {
    const place = placeOf(fact);
    if (worked.has(place)) return worked.get(place);
    const total = totals.get(fact.concept);
    const parts = (total?.items ?? []).flatMap(({ concept, weight }) => {
      const part = byPlace.get(placeOf({ ...fact, concept }));
      return part === undefined || depth > 5 ? [] : [{ weight, value: work(part, depth + 1) }];
    });
    const stated = parts.filter(({ value }) => value !== undefined);
    const value =
      stated.length === 0
        ? fact.value
        : stated
            .reduce((sum, part) => sum + part.weight * Number(part.value), 0)
            .toFixed(2)
            .replace(/\.?0+$/, "");
    worked.set(place, value);
    return value;
  };
  return facts.map((fact) => {
    const value = work(fact);
    return value === undefined || fact.value !== undefined
      ? { ...fact, value }
      : { ...fact, value, decimals: totals.has(fact.concept) ? 2 : undefined };
  });
}

/** The files from which the reporting stage works, made of these facts. */
export async function inputsOf(
  facts: readonly Fact[],
  company: object = {},
): Promise<Record<string, string>> {
  const { concepts } = await loadCatalogue();
  const known = new Map(concepts.map((concept) => [concept.concept, concept]));
  const metrics: Metric[] = [];
  const statements: Statement[] = [];
  facts.forEach((fact, at) => {
    const concept = known.get(fact.concept);
    const place = { period: fact.period, dimensions: { ...fact.dimensions }, typed: { ...fact.typed } };
    const value = fact.value === undefined ? {} : { value: fact.value };
    if (concept !== undefined && isNumeric(concept.type))
      metrics.push({
        id: `${fact.concept}#${at}`,
        concept: fact.concept,
        label: concept.label,
        ...place,
        ...value,
        unit: fact.unit,
        decimals: fact.decimals ?? 0,
        formula: at % 9 === 0 ? "sum-of-parts" : "as-reported",
        formula_version: 1,
        from: at % 9 === 0 ? [{ id: "other", value: "1" }] : [],
        rows: 1,
        hash: "0".repeat(64),
      });
    else
      statements.push({
        input: "data.csv",
        row: at + 2,
        code: fact.concept,
        concept: fact.concept,
        ...value,
        ...place,
        status: at % 4 === 0 ? "draft" : "approved",
        source_document: "",
      });
  });
  const topics = ["E1", "E2", "E3", "E4", "E5", "S1", "S2", "S3", "S4", "G1"];
  const score = (value: number) => ({ score: value, threshold: 5, reasons: ["A reason of the example."] });
  return {
    [files.intake]: JSON.stringify({
      report_id: "R-1",
      company: {
        legal_name: "Example & Söhne <SE>",
        lei: "549300ABC123DEF45606",
        country: "DE",
        nace: "C25",
        employees: 1200,
        first_year: 2024,
        period: year,
        net_revenue: { amount: "1000000", currency: "EUR", reference: "note 4" },
        scope_3_exclusions: {},
        significant_changes: "",
        value_chain_events: "",
        boundaries: "",
        ...company,
      },
      inputs: [],
      counts: { total: 1, valid: 1, rejected: 0, datapoints: 1, statements: 0, activities: 0 },
      quality: {
        score: 90,
        threshold: 80,
        passed: true,
        dimensions: [{ name: "completeness", weight: 0.3, score: 90, because: "most cells are filled" }],
      },
      remark_counts: {},
      rejected: [],
      warnings: [],
    }),
    [files.statements]: statements.map((one) => `${JSON.stringify(one)}\n`).join(""),
    [files.materiality]: JSON.stringify({
      report_id: "R-1",
      provider: "offline-rules",
      requires_human_review: true,
      notice: "Proposed by offline rules; a person has to confirm it.",
      topics: topics.map((standard, at) => ({
        standard,
        topic: `Topic ${standard}`,
        impact: score(at === 8 ? 3 : 7),
        financial: score(at === 8 ? 2 : 6),
        material: at !== 8,
        review_status: "pending",
        citations: [],
      })),
      not_assessed: [],
    }),
    [files.metrics]: JSON.stringify({
      report_id: "R-1",
      instruments: [],
      sources: [],
      warnings: [],
      metrics,
      lineage: { entries: 0, traced: 0, sha256: "0".repeat(64) },
    }),
    [files.aggregated]: JSON.stringify({ report_id: "R-1", frameworks: [], without_other_law: [] }),
  };
}

/** Runs the reporting stage over these files at a fixed time. */
export async function reported(
  inputs: Readonly<Record<string, string>>,
): Promise<{ readonly artifacts: Artifacts; readonly text: (name: string) => Promise<string> }> {
  const artifacts = memoryArtifacts(inputs);
  await reporting.run({
    reportId: "R-1",
    artifacts,
    now: () => new Date("2025-03-01T09:00:00Z"),
    log: () => undefined,
  });
  return { artifacts, text: async (name) => new TextDecoder().decode(await artifacts.read(name)) };
}
