import { Decimal } from "decimal.js";
import { grouped } from "../../xbrl/inline.ts";
import { type Child, element as h, together } from "../../xbrl/markup.ts";
import type { Stretch } from "./greenhouse.ts";
import { draftBox, type Page, stated } from "./page.ts";
import { table } from "./table.ts";

const instrumentNames: Readonly<Record<string, string>> = {
  ppa: "power purchase agreements",
  "green-tariff": "green tariffs",
  "supplier-rate": "supplier-specific rates",
  "guarantee-of-origin": "guarantees of origin",
  rego: "renewable energy guarantees of origin (UK)",
  rec: "renewable energy certificates",
};

/** What the figures rest on, made from the activity data, and what only the company can say (ESRS E1 paragraphs 47 and 55, AR 39 to AR 46). A text that the company has written itself is never replaced. */
export function greenhouseTexts(page: Page): readonly Stretch[] {
  return [
    ...reconciliation(page),
    ...contracts(page),
    ...methods(page),
    ...said(
      page,
      "DisclosureOfReportingBoundariesConsideredAndCalculationMethodsForEstimatingScope3GHGEmissionsCategoryAndIfRelevantCalculationToolsAppliedExplanatory",
      "Reporting boundaries",
      page.intake.company.boundaries,
      "boundaries",
      "ESRS E1 AR 46 h",
    ),
    ...said(
      page,
      "DisclosureOfSignificantChangesInDefinitionOfWhatConstitutesReportingUndertakingAndItsUpstreamAndDownstreamValueChainAndExplanationOfTheirEffectOnYeartoyearComparabilityOfReportedGHGEmissionsExplanatory",
      "Significant changes",
      page.intake.company.significant_changes,
      "significant_changes",
      "ESRS E1 paragraph 47",
    ),
    ...said(
      page,
      "DisclosureOfEffectsOfSignificantEventsAndChangesInCircumstancesRelevantToGHGEmissionsThatOccurBetweenReportingDatesOfEntitiesInValueChainAndDateOfUndertakingSGeneralPurposeFinancialStatementsExplanatory",
      "Events in the value chain after its reporting dates",
      page.intake.company.value_chain_events,
      "value_chain_events",
      "ESRS E1 AR 42 c",
    ),
  ];
}

/** A text made here, marked as a draft; nothing when the company has written its own. */
function made(page: Page, concept: string, title: string, content: Child): readonly Stretch[] {
  if (page.find(concept) !== undefined) return [];
  const { id, markup } = page.ink.stretch(stated(page, concept, ""), content);
  return [
    {
      tagged: true,
      markup: together(h("h4", {}, title, page.ink.draftMark(id)), h("div", { class: "text draft" }, markup)),
    },
  ];
}

function said(
  page: Page,
  concept: string,
  title: string,
  text: string,
  field: string,
  paragraph: string,
): readonly Stretch[] {
  if (page.find(concept) !== undefined) return [];
  if (text !== "") {
    const { markup } = page.ink.stretch(stated(page, concept, ""), h("p", {}, text));
    return [{ tagged: true, markup: together(h("h4", {}, title), h("div", { class: "text" }, markup)) }];
  }
  page.wanting.add(`Write e1_6.${field} in company.json (${paragraph}).`);
  return [
    {
      tagged: false,
      markup: draftBox(`To be written: ${title.toLowerCase()}`, h("p", {}, `Asked for by ${paragraph}.`)),
    },
  ];
}

/** Net revenue behind the intensities, and where the financial statements show it (ESRS E1 paragraph 55). */
function reconciliation(page: Page): readonly Stretch[] {
  const given = page.intake.company.net_revenue;
  const revenue = page.find("Revenue");
  if (given === undefined && revenue === undefined) {
    page.wanting.add(
      "Give the net revenue in company.json (e1_6.net_revenue), so that GHG intensity can be reported (ESRS E1 paragraph 53).",
    );
    return [];
  }
  if (given === undefined) return [];
  if (given.reference === "") {
    page.wanting.add(
      "Name the line or note of the financial statements that shows the net revenue (e1_6.net_revenue.reference; ESRS E1 paragraph 55).",
    );
    return [];
  }
  return made(
    page,
    "DisclosureOfReconciliationToFinancialStatementsOfNetRevenueUsedForCalculationOfGHGEmissionsIntensityExplanatory",
    "Net revenue behind the intensities",
    h(
      "p",
      {},
      `The intensities rest on net revenue of ${given.currency} ${grouped(given.amount)}, which the financial statements show in: ${given.reference}.`,
    ),
  );
}

/** Kinds of contractual instruments in Scope 2 (ESRS E1 AR 45 d). */
function contracts(page: Page): readonly Stretch[] {
  const { instruments } = page.metrics;
  if (instruments.length === 0) return [];
  const kinds = (isBundled: boolean): string =>
    instruments
      .filter(({ bundled }) => bundled === isBundled)
      .map(
        ({ instrument, location_tonnes }) =>
          `${instrumentNames[instrument] ?? instrument} (${grouped(location_tonnes)} t CO2e location-based)`,
      )
      .join("; ") || "none";
  return [
    ...made(
      page,
      "DisclosureOfTypesOfContractualInstrumentsScope2GHGEmissionsExplanatory",
      "Contractual instruments in Scope 2",
      h("p", {}, `Instruments in use: bundled: ${kinds(true)}; unbundled: ${kinds(false)}.`),
    ),
    ...made(
      page,
      "DisclosureOfTypesOfContractualInstrumentsUsedForSaleAndPurchaseOfEnergyBundledWithAttributesAboutEnergyGenerationOrForUnbundledEnergyAttributeClaimsExplanatory",
      "Energy bought with and without its attributes",
      h(
        "p",
        {},
        `Energy bought together with its attributes: ${kinds(true)}. Attributes bought on their own: ${kinds(false)}.`,
      ),
    ),
  ];
}

/** Methods, factor sources, limits, and the inventory on both GWP bases (ESRS E1 AR 39). */
function methods(page: Page): readonly Stretch[] {
  const { gwp, sources, warnings } = page.metrics;
  const primary = page.find(
    "PercentageOfGrossScope3GreenhouseGasEmissionsCalculatedUsingPrimaryDataObtainedFromSuppliersOrOtherValueChainPartners",
  );
  if (gwp === undefined) return [];
  const names: Readonly<Record<string, string>> = {
    scope_1: "Scope 1",
    scope_2_location: "Scope 2, location-based",
    scope_2_market: "Scope 2, market-based",
    scope_3: "Scope 3",
    total_location: "Total, location-based",
    total_market: "Total, market-based",
  };
  const limits = warnings.slice(0, 20);
  const text = together(
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
    sources.length === 0
      ? undefined
      : together(
          h("p", {}, "Factor sources:"),
          h(
            "ul",
            {},
            sources.map(({ title, licence, records }) =>
              h("li", {}, `${title} (${licence}): ${records} records`),
            ),
          ),
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
  const bases = table({
    caption: "The same inventory on both bases, in tonnes of CO2 equivalent",
    head: ["Figure", "AR6, as reported", "Factors as published (AR5)"],
    numbersFrom: 1,
    rows: Object.entries(names).map(([key, name]) => ({
      names: [name],
      cells: [grouped(gwp.ar6[key] ?? ""), grouped(gwp.as_published[key] ?? "")],
      total: key.startsWith("total"),
    })),
  });
  return [
    ...made(
      page,
      "DisclosureOfMethodologiesSignificantAssumptionsAndEmissionsFactorsUsedToCalculateOrMeasureGHGEmissionsExplanatory",
      "Methods, assumptions and emission factors",
      text,
    ),
    { tagged: true, markup: bases },
    ...(primary?.fact.value === undefined
      ? []
      : made(
          page,
          "DisclosureOfExtentToWhichScope3GHGEmissionsAreMeasuredUsingInputsFromSpecificActivitiesWithinUpstreamAndDownstreamValueChainExplanatory",
          "Data from the value chain",
          h(
            "p",
            {},
            `${new Decimal(primary.fact.value).times(100).toFixed(1)} % of Scope 3 rests on data obtained from value chain partners; the rest applies published factors to the company's own activity data.`,
          ),
        )),
  ];
}
