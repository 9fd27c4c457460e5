import { Decimal } from "decimal.js";
import type { Catalogue } from "../../catalogue/load.ts";
import { element as h, type Child, type Markup, together } from "../../xbrl/markup.ts";
import { grouped, InlineWriter } from "../../xbrl/inline.ts";
import type {
  AggregatedDocument,
  IntakeDocument,
  MaterialityDocument,
  Metric,
  MetricsDocument,
} from "../documents.ts";
import { scope3Categories } from "../intake-steps/columns.ts";
import { barChart } from "./chart.ts";
import { style } from "./style.ts";

/** Everything the statement is written from. */
export type StatementSources = {
  readonly intake: IntakeDocument;
  readonly materiality: MaterialityDocument;
  readonly metrics: MetricsDocument;
  readonly aggregated: AggregatedDocument;
  readonly catalogue: Catalogue;
};

/** What was written: the document, how many facts it tags, and what a person still has to supply. */
export type Statement = {
  readonly xhtml: string;
  readonly facts: number;
  readonly wanting: readonly string[];
};

/** Why tags are there although no law asks for them yet; shown in the document and in the audit. */
export const taggingNotice =
  "The XBRL tags in this document are preparatory: no technical standard that makes tagging of ESRS statements mandatory has been adopted.";

/** Writes the E1-6 section as one inline XBRL document. */
export function writeStatement(sources: StatementSources): Statement {
  const { intake, catalogue, metrics } = sources;
  const { company } = intake;
  const writer = new InlineWriter({
    lei: company.lei,
    start: company.period.start,
    end: company.period.end,
    entryPoint: catalogue.taxonomy.entry_point,
    namespace: catalogue.taxonomy.namespace,
    countryNamespace: catalogue.taxonomy.country_namespace,
  });
  const wanting: string[] = [];
  const one = new Map(metrics.metrics.map((metric) => [metric.id, metric]));
  const page: Page = { ...sources, writer, one, wanting };
  const disclosure = together(
    scopes(page),
    categories(page),
    countries(page),
    intensity(page),
    contracts(page),
    biogenic(page),
    methods(page),
    changes(page),
  );
  const body = h(
    "div",
    { class: "page" },
    heading(page),
    cards(page),
    chart(page),
    writer.text("DisclosureOfGHGEmissionsExplanatory", h("div", {}, disclosure), { block: true }),
    otherLaws(page),
    quality(page),
    footer(page),
  );
  const title = `${company.legal_name}: greenhouse gas emissions ${company.period.start.slice(0, 4)} (ESRS E1-6)`;
  return { xhtml: writer.document({ title, style, body }), facts: writer.count, wanting };
}

type Page = StatementSources & {
  readonly writer: InlineWriter;
  readonly one: ReadonlyMap<string, Metric>;
  readonly wanting: string[];
};

function heading({ intake: { company }, writer }: Page): Markup {
  return h(
    "div",
    {},
    h("h1", {}, `Gross greenhouse gas emissions`),
    h(
      "p",
      { class: "meta" },
      h("span", {}, h("b", {}, company.legal_name)),
      h("span", {}, "ESRS E1, disclosure requirement E1-6"),
      h(
        "span",
        {},
        writer.text("ReportingPeriodStartDate", company.period.start),
        " to ",
        writer.text("ReportingPeriodEndDate", company.period.end),
      ),
      h("span", {}, `LEI ${company.lei}`),
    ),
    h(
      "div",
      { class: "notice" },
      h("p", {}, taggingNotice),
      h("p", {}, "Draft for review: figures are computed, judgements are a person's."),
    ),
  );
}

const whole = (value: string | undefined): string =>
  value === undefined ? "not reported" : grouped(new Decimal(value).toFixed(0));

function cards({ one, intake: { company } }: Page): Markup {
  const intensityOf = one.get("intensity-market");
  const card = (value: string, name: string): Markup =>
    h("div", { class: "card" }, h("b", {}, value), h("span", {}, name));
  return h(
    "div",
    { class: "cards" },
    card(whole(one.get("total-market")?.value), "tCO2e in total, market-based"),
    card(whole(one.get("total-location")?.value), "tCO2e in total, location-based"),
    card(whole(one.get("scope-1")?.value), "tCO2e of direct emissions (Scope 1)"),
    card(
      intensityOf === undefined ? "not reported" : new Decimal(intensityOf.value).times(1_000_000).toFixed(1),
      `tCO2e per million ${company.net_revenue?.currency ?? ""}, market-based`,
    ),
  );
}

function chart({ one }: Page): Markup | undefined {
  const bar = (id: string, name: string, group: "scope-1" | "scope-2" | "scope-3") => {
    const metric = one.get(id);
    return metric === undefined ? [] : [{ name, group, tonnes: Number(metric.value) }];
  };
  const bars = [
    ...bar("scope-1", "Scope 1", "scope-1"),
    ...bar("scope-2-market", "Scope 2, market-based", "scope-2"),
    ...bar("scope-2-location", "Scope 2, location-based", "scope-2"),
    ...scope3Categories.flatMap(({ number, name }) =>
      bar(`scope-3-${number}`, `3.${number} ${shortened(name)}`, "scope-3"),
    ),
  ];
  return bars.length === 0
    ? undefined
    : h("div", {}, barChart("Emissions by scope and Scope 3 category in tonnes of CO2 equivalent", bars));
}

const shortened = (name: string): string =>
  name
    .replace("transportation and distribution", "transport")
    .replace("Fuel and energy-related activities", "Fuel and energy related")
    .replace("Waste generated in operations", "Waste in operations")
    .replace("End-of-life treatment of sold products", "End of life of products");

function row(name: Child, cells: readonly Child[], kind?: "total"): Markup {
  return h(
    "tr",
    kind === undefined ? {} : { class: kind },
    h("th", { scope: "row" }, name),
    cells.map((cell) => h("td", { class: "n" }, cell)),
  );
}

function scopes({ one, writer }: Page): Markup {
  const line = (id: string, name: string, kind?: "total"): Markup | undefined => {
    const metric = one.get(id);
    return (
      metric &&
      row(
        name,
        [metric.unit === "xbrli:pure" ? together(writer.number(metric, -2), " %") : writer.number(metric)],
        kind,
      )
    );
  };
  const group = (name: string): Markup =>
    h("tr", { class: "group" }, h("th", { colspan: 2, scope: "colgroup" }, name));
  return together(
    h("h2", {}, "Emissions by scope"),
    h(
      "table",
      {},
      h(
        "caption",
        {},
        "Tonnes of CO2 equivalent, on the global warming potentials of the IPCC's Sixth Assessment Report (ESRS E1 AR 39 d, AR 48)",
      ),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Figure"),
          h("th", { scope: "col", class: "n" }, "Reporting year"),
        ),
      ),
      h(
        "tbody",
        {},
        group("Scope 1"),
        line("scope-1", "Gross Scope 1 emissions"),
        line("ets-share", "Share of Scope 1 under regulated emission trading schemes"),
        group("Scope 2"),
        line("scope-2-location", "Gross Scope 2 emissions, location-based"),
        line("scope-2-market", "Gross Scope 2 emissions, market-based"),
        group("Scope 3"),
        line("scope-3", "Gross Scope 3 emissions"),
        line("primary-data-share", "Share of Scope 3 computed from primary data of value chain partners"),
        group("Total"),
        line("total-location", "Total emissions, location-based", "total"),
        line("total-market", "Total emissions, market-based", "total"),
      ),
    ),
  );
}

function categories({ one, writer, intake: { company }, wanting }: Page): Markup | undefined {
  const total = one.get("scope-3");
  if (total === undefined) return undefined;
  const reported = scope3Categories.filter(({ number }) => one.has(`scope-3-${number}`));
  const excluded = scope3Categories.filter(({ number }) => !one.has(`scope-3-${number}`));
  const reasonOf = ({ number }: { number: string }): string => company.scope_3_exclusions[number] ?? "";
  const unexplained = excluded.filter((category) => reasonOf(category) === "");
  if (unexplained.length > 0)
    wanting.push(
      `Say in company.json (e1_6.scope_3_exclusions) why the Scope 3 categories ${unexplained.map(({ number }) => number).join(", ")} are left out (ESRS E1 AR 46 i).`,
    );
  const included = writer.hiddenSet(
    "ListOfScope3GHGEmissionsCategoriesIncludedInInventoryGHGProtocol",
    reported.map(({ member }) => member),
  );
  const left =
    excluded.length === 0
      ? undefined
      : writer.hiddenSet(
          "ListOfScope3GHGEmissionsCategoriesExcludedFromInventoryGHGProtocol",
          excluded.map(({ member }) => member),
        );
  return together(
    h("h2", {}, "Scope 3 by category"),
    h(
      "table",
      { style: `-ix-hidden:${included}` },
      h("caption", {}, "The categories of the GHG Protocol's Scope 3 standard that are in the inventory"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Category"),
          h("th", { scope: "col", class: "n" }, "tCO2e"),
          h("th", { scope: "col", class: "n" }, "Share"),
        ),
      ),
      h(
        "tbody",
        {},
        reported.map(({ number, name }) => {
          const metric = one.get(`scope-3-${number}`);
          return (
            metric &&
            row(`${number}. ${name}`, [
              writer.number(metric),
              `${new Decimal(metric.value).dividedBy(total.value).times(100).toFixed(1)} %`,
            ])
          );
        }),
        row("Sum of the categories", [grouped(total.value), "100.0 %"], "total"),
      ),
    ),
    left === undefined
      ? undefined
      : together(
          h("h3", {}, "Categories left out"),
          writer.text(
            "DisclosureOfWhyScope3GHGEmissionsCategoriesHaveBeenExcludedFromInventoryExplanatory",
            h(
              "ul",
              { style: `-ix-hidden:${left}` },
              excluded.map((category) =>
                h(
                  "li",
                  {},
                  `${category.number}. ${category.name}: ${reasonOf(category) || "no reason given yet."}`,
                ),
              ),
            ),
            { block: true },
          ),
        ),
  );
}

function countries({ one, writer }: Page): Markup | undefined {
  const found = [...one.values()].filter(({ id }) => /^total-location-[A-Z]{2}$/.test(id));
  if (found.length === 0) return undefined;
  return together(
    h("h2", {}, "Total emissions by country"),
    h(
      "table",
      {},
      h(
        "caption",
        {},
        "By the country of the site to which the activity belongs, in tCO2e (ESRS E1 AR 41, AR 49)",
      ),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Country"),
          h("th", { scope: "col", class: "n" }, "Location-based"),
          h("th", { scope: "col", class: "n" }, "Market-based"),
        ),
      ),
      h(
        "tbody",
        {},
        found.map((location) => {
          const code = location.id.slice(-2);
          const market = one.get(`total-market-${code}`);
          return row(countryName(code), [
            writer.number(location),
            market === undefined ? "" : writer.number(market),
          ]);
        }),
      ),
    ),
  );
}

function countryName(code: string): string {
  return new Intl.DisplayNames(["en"], { type: "region", fallback: "code" }).of(code) ?? code;
}

function intensity({ one, writer, intake: { company }, wanting }: Page): Markup | undefined {
  const given = company.net_revenue;
  const [net, other, revenue] = [one.get("net-revenue"), one.get("net-revenue-other"), one.get("revenue")];
  if (given === undefined || net === undefined || other === undefined || revenue === undefined) {
    wanting.push(
      "Give the net revenue in company.json (e1_6.net_revenue), so that GHG intensity can be reported (ESRS E1 paragraph 53).",
    );
    return undefined;
  }
  if (given.reference === "")
    wanting.push(
      "Name the line or note of the financial statements that shows the net revenue (e1_6.net_revenue.reference; ESRS E1 paragraph 55).",
    );
  const ratio = (id: string, name: string): Markup | undefined => {
    const metric = one.get(id);
    return metric && row(name, [writer.number(metric, -6)]);
  };
  return together(
    h("h2", {}, "Intensity per net revenue"),
    h(
      "table",
      {},
      h(
        "caption",
        {},
        `Tonnes of CO2 equivalent per million ${given.currency} of net revenue (ESRS E1 paragraph 53)`,
      ),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Figure"),
          h("th", { scope: "col", class: "n" }, `tCO2e per million ${given.currency}`),
        ),
      ),
      h(
        "tbody",
        {},
        ratio("intensity-location", "Total emissions, location-based, per net revenue"),
        ratio("intensity-market", "Total emissions, market-based, per net revenue"),
      ),
    ),
    given.reference === ""
      ? h("table", {}, h("tbody", {}, revenueRows()))
      : writer.text(
          "DisclosureOfReconciliationToFinancialStatementsOfNetRevenueUsedForCalculationOfGHGEmissionsIntensityExplanatory",
          h(
            "div",
            {},
            h(
              "table",
              {},
              h("caption", {}, `Net revenue in ${given.currency}`),
              h("tbody", {}, revenueRows()),
            ),
            h("p", { class: "source" }, `Financial statements: ${given.reference}.`),
          ),
          { block: true },
        ),
  );

  function revenueRows(): readonly Markup[] {
    if (net === undefined || other === undefined || revenue === undefined) return [];
    return [
      row("Net revenue used for the intensity", [writer.number(net)]),
      row("Other net revenue", [writer.number(other)]),
      row("Net revenue in the financial statements", [writer.number(revenue)], "total"),
    ];
  }
}

function contracts({ one, writer, metrics: { instruments } }: Page): Markup | undefined {
  const percent = (id: string, name: string): Markup | undefined => {
    const metric = one.get(id);
    return metric && row(name, [together(writer.number(metric, -2), " %")]);
  };
  if (one.get("instrument-share") === undefined) return undefined;
  const names: Readonly<Record<string, string>> = {
    ppa: "power purchase agreements",
    "green-tariff": "green tariffs",
    "supplier-rate": "supplier-specific rates",
    "guarantee-of-origin": "guarantees of origin",
    rego: "renewable energy guarantees of origin (UK)",
    rec: "renewable energy certificates",
  };
  const kinds = (bundled: boolean): string =>
    instruments
      .filter((one) => one.bundled === bundled)
      .map(
        ({ instrument, location_tonnes }) =>
          `${names[instrument] ?? instrument} (${grouped(location_tonnes)} tCO2e location-based)`,
      )
      .join("; ") || "none";
  return together(
    h("h2", {}, "Contractual instruments in Scope 2"),
    h(
      "table",
      {},
      h("caption", {}, "Shares of Scope 2 emissions by the kind of contract (ESRS E1 AR 45 d)"),
      h(
        "tbody",
        {},
        percent("instrument-share", "Under any contractual instrument, of location-based Scope 2"),
        percent("bundled-share", "Under energy bundled with its attributes, of location-based Scope 2"),
        percent("unbundled-share", "Under unbundled attribute claims, of location-based Scope 2"),
        percent("bundled-market-share", "From electricity bundled with instruments, of market-based Scope 2"),
      ),
    ),
    writer.text(
      "DisclosureOfTypesOfContractualInstrumentsScope2GHGEmissionsExplanatory",
      h("p", {}, `Instruments in use: bundled: ${kinds(true)}; unbundled: ${kinds(false)}.`),
      { block: true },
    ),
    writer.text(
      "DisclosureOfTypesOfContractualInstrumentsUsedForSaleAndPurchaseOfEnergyBundledWithAttributesAboutEnergyGenerationOrForUnbundledEnergyAttributeClaimsExplanatory",
      h(
        "p",
        {},
        `Energy bought together with its attributes: ${kinds(true)}. Attributes bought on their own: ${kinds(false)}.`,
      ),
      { block: true },
    ),
  );
}

function biogenic({ one, writer }: Page): Markup | undefined {
  const found = ([1, 2, 3] as const).flatMap((scope) => {
    const metric = one.get(`biogenic-${scope}`);
    return metric === undefined ? [] : [row(`Biogenic CO2 beside Scope ${scope}`, [writer.number(metric)])];
  });
  if (found.length === 0) return undefined;
  return together(
    h("h2", {}, "Biogenic CO2 outside the scopes"),
    h(
      "table",
      {},
      h(
        "caption",
        {},
        "tCO2 from burning or breaking down biomass, not contained in the figures above (ESRS E1 AR 43 c, AR 45 e, AR 46 j)",
      ),
      h("tbody", {}, found),
    ),
  );
}

function methods({ writer, metrics: { gwp, sources, warnings }, intake }: Page): Markup {
  const names: Readonly<Record<string, string>> = {
    scope_1: "Scope 1",
    scope_2_location: "Scope 2, location-based",
    scope_2_market: "Scope 2, market-based",
    scope_3: "Scope 3",
    total_location: "Total, location-based",
    total_market: "Total, market-based",
  };
  const text = h(
    "div",
    {},
    h(
      "p",
      {},
      "Each activity amount is converted to the factor's unit and multiplied by the factor; every record is rounded half up to the kilogram before it is added, so that all breakdowns add up to their totals. The GHG Protocol's Corporate, Scope 2 and Scope 3 standards are followed; removals, carbon credits and allowances are not deducted (ESRS E1 AR 39, AR 43 d, AR 45 f, AR 46 k).",
    ),
    h(
      "p",
      {},
      `Non-CO2 gases are weighted on AR6 wherever the factor states its gases or is a single gas: ${new Decimal(gwp.share_translated).times(100).toFixed(1)} % of the location-based total. Factors published only as one AR5 figure stay as published. ${gwp.citation}.`,
    ),
    h("p", {}, "Factor sources:"),
    h(
      "ul",
      {},
      sources.map(({ title, licence, records }) => h("li", {}, `${title} (${licence}): ${records} records`)),
    ),
    warnings.length === 0
      ? undefined
      : together(
          h("p", {}, "Limits of this inventory:"),
          h(
            "ul",
            {},
            warnings.map((warning) => h("li", {}, warning)),
          ),
        ),
  );
  return together(
    h("h2", {}, "Methods, assumptions and emission factors"),
    writer.text(
      "DisclosureOfMethodologiesSignificantAssumptionsAndEmissionsFactorsUsedToCalculateOrMeasureGHGEmissionsExplanatory",
      text,
      { block: true },
    ),
    h(
      "table",
      {},
      h("caption", {}, "The same inventory on both bases, in tCO2e"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Figure"),
          h("th", { scope: "col", class: "n" }, "AR6, as reported"),
          h("th", { scope: "col", class: "n" }, "Factors as published (AR5)"),
        ),
      ),
      h(
        "tbody",
        {},
        Object.entries(names).map(([key, name]) =>
          row(name, [grouped(gwp.ar6[key] ?? ""), grouped(gwp.as_published[key] ?? "")]),
        ),
      ),
    ),
    writer.text(
      "DisclosureOfExtentToWhichScope3GHGEmissionsAreMeasuredUsingInputsFromSpecificActivitiesWithinUpstreamAndDownstreamValueChainExplanatory",
      h(
        "p",
        {},
        `${intake.records.filter(({ scope, primary_data }) => scope === 3 && primary_data).length} of ${intake.records.filter(({ scope }) => scope === 3).length} Scope 3 records rest on data obtained from value chain partners; the others apply published factors to the company's own activity data.`,
      ),
      { block: true },
    ),
  );
}

function changes({ writer, intake: { company }, wanting }: Page): Markup {
  const block = (concept: string, title: string, text: string, field: string, paragraph: string): Markup => {
    if (text !== "")
      return together(h("h3", {}, title), writer.text(concept, h("p", {}, text), { block: true }));
    wanting.push(`Write e1_6.${field} in company.json (${paragraph}).`);
    return together(h("h3", {}, title), h("p", { class: "note" }, "Not stated yet."));
  };
  return together(
    h("h2", {}, "Boundaries and comparability"),
    block(
      "DisclosureOfReportingBoundariesConsideredAndCalculationMethodsForEstimatingScope3GHGEmissionsCategoryAndIfRelevantCalculationToolsAppliedExplanatory",
      "Reporting boundaries",
      company.boundaries,
      "boundaries",
      "ESRS E1 AR 46 h",
    ),
    block(
      "DisclosureOfSignificantChangesInDefinitionOfWhatConstitutesReportingUndertakingAndItsUpstreamAndDownstreamValueChainAndExplanationOfTheirEffectOnYeartoyearComparabilityOfReportedGHGEmissionsExplanatory",
      "Significant changes",
      company.significant_changes,
      "significant_changes",
      "ESRS E1 paragraph 47",
    ),
    block(
      "DisclosureOfEffectsOfSignificantEventsAndChangesInCircumstancesRelevantToGHGEmissionsThatOccurBetweenReportingDatesOfEntitiesInValueChainAndDateOfUndertakingSGeneralPurposeFinancialStatementsExplanatory",
      "Events in the value chain after its reporting dates",
      company.value_chain_events,
      "value_chain_events",
      "ESRS E1 AR 42 c",
    ),
  );
}

function otherLaws({ aggregated: { frameworks }, one }: Page): Markup | undefined {
  if (frameworks.length === 0) return undefined;
  const nameOf = new Map([...one.values()].map(({ concept, label }) => [concept, label]));
  return together(
    h("h2", {}, "The same figures in other EU law"),
    h(
      "table",
      {},
      h("caption", {}, "References that the taxonomy attaches to the figures above"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Regulation"),
          h("th", { scope: "col" }, "Part"),
          h("th", { scope: "col" }, "Figures"),
        ),
      ),
      h(
        "tbody",
        {},
        frameworks.flatMap(({ law, name, entries }) =>
          [...Map.groupBy(entries, ({ part }) => part)].map(([part, of]) =>
            h(
              "tr",
              {},
              h("td", {}, `(EU) ${law}: ${name}`),
              h("td", {}, part),
              h("td", {}, of.map(({ concept }) => nameOf.get(concept) ?? concept).join("; ")),
            ),
          ),
        ),
      ),
    ),
  );
}

function quality({ intake: { quality: judged, counts }, materiality }: Page): Markup {
  const topic = materiality.topics[0];
  return together(
    h("h2", {}, "What this rests on"),
    h(
      "p",
      {},
      `${counts.total} rows of activity data were read, ${counts.valid} of them used. Their quality is ${judged.score} of 100 (threshold ${judged.threshold}).`,
    ),
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Dimension"),
          h("th", { scope: "col" }, "Because"),
          h("th", { scope: "col", class: "n" }, "Score"),
        ),
      ),
      h(
        "tbody",
        {},
        judged.dimensions.map(({ name, weight, score, because }) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, `${name} (${Math.round(weight * 100)} %)`),
            h("td", {}, because),
            h("td", { class: "n" }, String(score)),
          ),
        ),
      ),
    ),
    topic === undefined
      ? undefined
      : h(
          "p",
          {},
          `Climate change is ${topic.material ? "" : "not "}material by the offline rules (impact ${topic.impact.score}, financial ${topic.financial.score}, threshold ${topic.impact.threshold}). ${materiality.notice}`,
        ),
  );
}

function footer({ metrics: { sources } }: Page): Markup {
  const uk = sources.some(({ id }) => id === "desnz-2024");
  return h(
    "div",
    { class: "footer" },
    uk
      ? h("p", {}, "Contains public sector information licensed under the Open Government Licence v3.0.")
      : undefined,
    h("p", {}, "Concepts: ESRS Set 1 XBRL taxonomy, version 2023-12-22."),
  );
}
