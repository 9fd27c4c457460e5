import { Decimal } from "decimal.js";
import { InlineWriter } from "../../xbrl/inline.ts";
import { element as h, type Markup, together } from "../../xbrl/markup.ts";
import { scope3Categories } from "../intake-steps/columns.ts";
import { barChart } from "./chart.ts";
import { categories, countries, scopes } from "./emission-tables.ts";
import { type Page, type StatementSources, whole } from "./page.ts";
import { biogenic, contracts, intensity } from "./revenue-and-contracts.ts";
import { style } from "./style.ts";
import { changes, footer, methods, otherLaws, quality } from "./texts.ts";

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

function cards({ one, intake: { company } }: Page): Markup {
  const intensityOf = one.get("intensity-market");
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

const card = (value: string, name: string): Markup =>
  h("div", { class: "card" }, h("b", {}, value), h("span", {}, name));

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
