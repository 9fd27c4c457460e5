import { Decimal } from "decimal.js";
import { grouped } from "../../xbrl/inline.ts";
import { element as h, type Markup, together } from "../../xbrl/markup.ts";
import { type Page, row } from "./page.ts";

/** Methods, factor sources, limits, and the inventory on both GWP bases (ESRS E1 AR 39). */
export function methods({ writer, metrics: { gwp, sources, warnings }, intake }: Page): Markup {
  const { rejected } = intake.counts;
  const limits = [
    ...(rejected === 0 ? [] : [`${rejected} rows of activity data could not be used and are in no figure.`]),
    ...warnings,
  ];
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
    limits.length === 0
      ? undefined
      : together(
          h("p", {}, "Limits of this inventory:"),
          h(
            "ul",
            {},
            limits.map((limit) => h("li", {}, limit)),
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

/** What only the company can say: boundaries, changes, later events (ESRS E1 paragraph 47, AR 42, AR 46 h). */
export function changes({ writer, intake: { company }, wanting }: Page): Markup {
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

/** The figures that other EU laws ask for. */
export function otherLaws({ aggregated: { frameworks }, one }: Page): Markup | undefined {
  if (frameworks.length === 0) return undefined;
  const nameOf = new Map(
    [...one.values()].flatMap(({ id, concept }) => (id in shortNames ? [[concept, shortNames[id]]] : [])),
  );
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

/** Data quality and the materiality proposal. */
export function quality({ intake: { quality: judged, counts }, materiality }: Page): Markup {
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

/** Attributions. */
export function footer({ metrics: { sources } }: Page): Markup {
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

const shortNames: Readonly<Record<string, string>> = {
  "scope-1": "Scope 1",
  "scope-2-location": "Scope 2, location-based",
  "scope-2-market": "Scope 2, market-based",
  "scope-3": "Scope 3",
  "total-location": "total, location-based",
  "total-market": "total, market-based",
  "intensity-location": "intensity, location-based",
  "intensity-market": "intensity, market-based",
};
