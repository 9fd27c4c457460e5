import { grouped } from "../../xbrl/inline.ts";
import { element as h, type Markup, together } from "../../xbrl/markup.ts";
import { type Page, row } from "./page.ts";

/** GHG intensity and the net revenue behind it (ESRS E1 paragraphs 53 to 55). */
export function intensity({ one, writer, intake: { company }, wanting }: Page): Markup | undefined {
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

/** Shares and kinds of contractual instruments in Scope 2 (ESRS E1 AR 45 d). */
export function contracts({ one, writer, metrics: { instruments } }: Page): Markup | undefined {
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

/** Biogenic CO2, which stands beside the scopes (ESRS E1 AR 43 c, AR 45 e, AR 46 j). */
export function biogenic({ one, writer }: Page): Markup | undefined {
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
