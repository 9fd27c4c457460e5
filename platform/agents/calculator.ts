import { Decimal } from "decimal.js";
import type { Agent } from "../agent.ts";
import { type Factors, loadCatalogue, loadFactors, loadFormulas } from "../catalogue/load.ts";
import { CsrdError } from "../errors.ts";
import { biogenicOf, contributionsOf } from "./calculator-steps/emissions.ts";
import { metricsFrom } from "./calculator-steps/metrics.ts";
import {
  type ActivityRecord,
  files,
  IntakeDocument,
  type Lineage,
  type MetricsDocument,
  readDocument,
  writeDocument,
} from "./documents.ts";
import { instruments } from "./intake-steps/columns.ts";

/** How many tonnes of CO2 equivalent follow from each activity, by scope, category and method? Decimal arithmetic, with the lineage of every number. */
export const calculator: Agent = {
  name: "calculator",
  purpose: "How many tonnes of CO2 equivalent follow from each activity, by scope, category and method?",
  reads: [files.intake],
  writes: [files.metrics],
  async run({ artifacts, reportId, log, progress, signal }) {
    const [catalogue, factors, { formulas }] = [
      await loadCatalogue(),
      await loadFactors(),
      await loadFormulas(),
    ];
    const { company, records } = await readDocument(artifacts, files.intake, IntakeDocument);
    const activity = formulas.find(({ id }) => id === "activity-emissions");
    if (activity === undefined)
      throw new CsrdError("catalogue-broken", {
        summary: "The formula activity-emissions is missing.",
        hint: "Restore rules/esrs_formulas.yaml.",
      });
    const byId = new Map(factors.factors.map((factor) => [factor.id, factor]));
    const lineage: Lineage[] = [];
    for (const [index, record] of records.entries()) {
      lineage.push(...contributionsOf(record, byId, factors.gwp_sets, activity));
      if (index % 5000 === 4999) {
        signal?.throwIfAborted();
        progress?.(index + 1, records.length, "records calculated");
      }
    }
    progress?.(records.length, records.length, "records calculated");
    const labels = new Map(catalogue.datapoints.map(({ concept, label }) => [concept, label]));
    const metrics = metricsFrom({
      company,
      records,
      lineage,
      formulas,
      labelOf: (concept) => labels.get(concept) ?? concept,
      biogenic: biogenicByScope(records, byId, factors),
    });
    if (metrics.length === 0)
      throw new CsrdError("no-metrics", {
        summary: "Not one figure follows from the records.",
        hint: "Check the scopes and amounts of the input rows.",
      });
    const warnings = remarks(records, lineage, company.net_revenue !== undefined);
    const document: MetricsDocument = {
      report_id: reportId,
      gwp: gwpComparison(lineage, factors),
      instruments: contracts(records, lineage),
      sources: sourcesUsed(records, lineage, factors),
      warnings: [...warnings],
      metrics: [...metrics],
      lineage,
    };
    await writeDocument(artifacts, files.metrics, document);
    const value = (id: string): string => metrics.find((metric) => metric.id === id)?.value ?? "none";
    log("INFO", "Calculation completed", {
      metrics: metrics.length,
      records: records.length,
      total_location_tco2e: value("total-location"),
      total_market_tco2e: value("total-market"),
    });
    return {
      status: warnings.length > 0 ? "warnings" : "ok",
      summary: `${metrics.length} figures from ${records.length.toLocaleString("en")} records: ${value("total-location")} tCO2e location-based, ${value("total-market")} tCO2e market-based`,
      figures: {
        metrics: metrics.length,
        records: records.length,
        scope_1: value("scope-1"),
        scope_2_location: value("scope-2-location"),
        scope_2_market: value("scope-2-market"),
        scope_3: value("scope-3"),
        total_location: value("total-location"),
        total_market: value("total-market"),
      },
      warnings,
      wrote: [files.metrics],
    };
  },
  async health() {
    const [{ formulas }, { factors }] = [await loadFormulas(), await loadFactors()];
    return { formulas_loaded: formulas.length, emission_factors_loaded: factors.length };
  },
};

function biogenicByScope(
  records: readonly ActivityRecord[],
  byId: ReadonlyMap<string, Factors["factors"][number]>,
  { gwp_sets }: Factors,
) {
  const found = new Map<1 | 2 | 3, { tonnes: Decimal; from: string[] }>();
  for (const record of records) {
    const tonnes = biogenicOf(record, byId, gwp_sets);
    if (tonnes === undefined) continue;
    const held = found.get(record.scope) ?? { tonnes: new Decimal(0), from: [] };
    found.set(record.scope, { tonnes: held.tonnes.plus(tonnes), from: [...held.from, record.record_id] });
  }
  return new Map([...found].toSorted(([a], [b]) => a - b));
}

function gwpComparison(lineage: readonly Lineage[], { gwp_sets }: Factors): MetricsDocument["gwp"] {
  const groups: Readonly<Record<string, (entry: Lineage) => boolean>> = {
    scope_1: ({ scope }) => scope === 1,
    scope_2_location: ({ method }) => method === "location-based",
    scope_2_market: ({ method }) => method === "market-based",
    scope_3: ({ scope }) => scope === 3,
    total_location: ({ method }) => method !== "market-based",
    total_market: ({ method }) => method !== "location-based",
  };
  const each = (field: "tonnes" | "tonnes_as_published"): Record<string, string> =>
    Object.fromEntries(
      Object.entries(groups).map(([name, holds]) => [name, total(lineage.filter(holds), field).toFixed(3)]),
    );
  const located = lineage.filter(({ method }) => method !== "market-based");
  const whole = total(located, "tonnes");
  const translated = total(
    located.filter(({ factor }) => factor.translated),
    "tonnes",
  );
  return {
    headline: "AR6",
    as_published: each("tonnes_as_published"),
    ar6: each("tonnes"),
    share_translated: whole.isZero() ? "0.0000" : translated.dividedBy(whole).toFixed(4),
    citation: gwp_sets.AR6.citation,
  };
}

function contracts(
  records: readonly ActivityRecord[],
  lineage: readonly Lineage[],
): MetricsDocument["instruments"] {
  const located = new Map(
    lineage.flatMap((entry) =>
      entry.method === "location-based" ? [[entry.record_id, entry.tonnes] as const] : [],
    ),
  );
  return Object.entries(instruments).flatMap(([instrument, { bundled }]) => {
    const under = records.filter((record) => record.instrument === instrument);
    if (under.length === 0) return [];
    const tonnes = under.reduce(
      (sum, { record_id }) => sum.plus(located.get(record_id) ?? "0"),
      new Decimal(0),
    );
    return [{ instrument, bundled, records: under.length, location_tonnes: tonnes.toFixed(3) }];
  });
}

function sourcesUsed(
  records: readonly ActivityRecord[],
  lineage: readonly Lineage[],
  { sources }: Factors,
): MetricsDocument["sources"] {
  const used = Map.groupBy(
    lineage.filter(({ factor }) => !factor.id.startsWith("contract:")),
    ({ factor }) => factor.source,
  );
  const isOwn = new Set(records.flatMap(({ factor }) => (factor.kind === "own" ? [factor.source] : [])));
  return [...used].map(([id, entries]) => {
    const known = sources.find((source) => source.id === id);
    return {
      id,
      title: known?.title ?? id,
      licence: known?.licence ?? (isOwn.has(id) ? "as given by the company" : ""),
      records: new Set(entries.map(({ record_id }) => record_id)).size,
    };
  });
}

function remarks(
  records: readonly ActivityRecord[],
  lineage: readonly Lineage[],
  hasRevenue: boolean,
): readonly string[] {
  const found: string[] = [];
  for (const scope of [1, 2, 3] as const)
    if (!records.some((record) => record.scope === scope))
      found.push(`No records of scope ${scope}: its figure and the totals are left out, not set to zero.`);
  const uncontracted = records.filter(
    ({ scope, market_factor }) => scope === 2 && market_factor === undefined,
  );
  if (uncontracted.length > 0)
    found.push(
      `${uncontracted.length} scope 2 records have no contract; the market-based method uses the grid average for them, since no residual mix is at hand.`,
    );
  const abroad = lineage.filter(
    ({ factor, country, scope }) => factor.source === "desnz-2024" && country !== "GB" && scope !== 2,
  );
  if (abroad.length > 0)
    found.push(
      `${new Set(abroad.map(({ record_id }) => record_id)).size} records outside the UK use UK factors as the nearest at hand.`,
    );
  const bio = records.filter(
    ({ factor, biogenic_co2_tonnes }) =>
      factor.kind === "catalogue" && factor.id.startsWith("desnz-2024:") && biogenic_co2_tonnes === undefined,
  );
  const blended = lineage.filter(
    ({ activity, record_id }) =>
      /biofuel|bioenergy|biomass|biogas|wood|bioethanol|biodiesel/i.test(activity) &&
      bio.some((record) => record.record_id === record_id),
  );
  if (blended.length > 0)
    found.push(
      `${blended.length} records burn biofuel without a stated biogenic CO2; fill biogenic_co2_tonnes (ESRS E1 AR 43 c).`,
    );
  if (!hasRevenue)
    found.push("No net revenue is given, so GHG intensity cannot be reported (ESRS E1 paragraph 53).");
  return found;
}

function total(entries: readonly Lineage[], field: "tonnes" | "tonnes_as_published"): Decimal {
  return entries.reduce((sum, entry) => sum.plus(entry[field]), new Decimal(0));
}
