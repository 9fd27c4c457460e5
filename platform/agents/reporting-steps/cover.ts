import { element as h, type Markup } from "../../xbrl/markup.ts";
import type { Item } from "./items.ts";
import { dateText } from "./ink.ts";
import { unitName } from "./names.ts";
import { type Page, stated } from "./page.ts";
import { anchorOf } from "./titles.ts";

/** Why tags are there although no law asks for them yet; shown in the document and in the audit. */
export const taggingNotice =
  "The XBRL tags in this document are preparatory: no technical standard that makes tagging of ESRS statements mandatory has been adopted.";

/** Figures that a reader wants to see first, in this order; as many are shown as there are, up to eight. */
const key: readonly { readonly concept: string; readonly name: string }[] = [
  { concept: "MarketBasedGreenhouseGasEmissions", name: "greenhouse gas emissions, market-based" },
  { concept: "GrossScope1GreenhouseGasEmissions", name: "direct emissions (Scope 1)" },
  { concept: "EnergyConsumptionRelatedToOwnOperations", name: "energy consumed" },
  {
    concept: "PercentageOfRenewableSourcesInTotalEnergyConsumption",
    name: "of energy from renewable sources",
  },
  { concept: "WaterConsumption", name: "water consumed" },
  { concept: "TotalWasteGenerated", name: "waste generated" },
  { concept: "WasteGenerated", name: "waste generated" },
  { concept: "NumberOfEmployeesHeadcountAtEndOfPeriod", name: "employees at year end" },
  { concept: "NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod", name: "employees at year end" },
  { concept: "GenderPayGap", name: "gender pay gap" },
  { concept: "NumberOfRecordableWorkrelatedAccidents", name: "recordable accidents at work" },
  { concept: "LocationBasedGreenhouseGasEmissions", name: "greenhouse gas emissions, location-based" },
  { concept: "GrossScope3GreenhouseGasEmissions", name: "emissions of the value chain (Scope 3)" },
  {
    concept: "NumberOfConfirmedIncidentsOfCorruptionOrBribery",
    name: "confirmed incidents of corruption or bribery",
  },
];

/** Who reports, about which year, what the statement's standing is, and its key figures. */
export function cover(page: Page): Markup {
  const { company } = page.intake;
  return h(
    "div",
    { class: "cover" },
    h("p", { class: "kicker" }, "Sustainability statement"),
    h("h1", {}, company.legal_name),
    h(
      "p",
      { class: "meta" },
      h(
        "span",
        {},
        date(page, "ReportingPeriodStartDate", company.period.start),
        " to ",
        date(page, "ReportingPeriodEndDate", company.period.end),
      ),
      h("span", {}, `LEI ${company.lei}`),
      company.country === "" ? undefined : h("span", {}, company.country),
      company.nace === "" ? undefined : h("span", {}, `NACE ${company.nace}`),
      h("span", {}, "European Sustainability Reporting Standards, Set 1"),
    ),
    h(
      "div",
      { class: "notice" },
      h(
        "p",
        {},
        h("b", {}, "Draft for review. "),
        "Figures are computed from the data given; judgements are a person's. Boxes with a dashed border name what is still to be written; texts with a line at their side are not yet approved.",
      ),
      h("p", {}, taggingNotice),
    ),
    cards(page),
  );
}

function date(page: Page, concept: string, iso: string): Markup {
  const given = page.find(concept);
  if (given !== undefined) return page.ink.field(given);
  return page.ink.writer.text(stated(page, concept, iso), dateText(iso), "ixt:date-day-monthname-year-en")
    .markup;
}

function cards(page: Page): Markup | undefined {
  const named = new Set<string>();
  const found = key.flatMap(({ concept, name }) => {
    const item = page.find(concept);
    if (item?.fact.value === undefined || named.has(name)) return [];
    named.add(name);
    return [{ item, name }];
  });
  if (found.length === 0) return undefined;
  return h(
    "div",
    { class: "cards" },
    found.slice(0, 8).map(({ item, name }) => card(item, name, page)),
  );
}

function card(item: Item, name: string, page: Page): Markup {
  const before = [...page.items]
    .filter(
      ({ fact, kind }) =>
        kind === "number" &&
        fact.concept === item.fact.concept &&
        fact.unit === item.fact.unit &&
        Object.keys(fact.dimensions).length + Object.keys(fact.typed).length === 0,
    )
    .map((one) => ({ one, column: page.ink.columnOf(one.fact.period) }))
    .filter(({ column }) => /^\d{4}$/.test(column) && Number(column) === Number(page.year) - 1)[0];
  const unit = unitName(item.fact.unit, page.ink.scaleOf(item));
  return h(
    "a",
    { class: "card", href: `#${anchorOf(item.section)}` },
    h(
      "b",
      {},
      page.ink.plain(item, Math.abs(Number(item.fact.value)) >= 1000 ? 0 : 1),
      unit === "" ? undefined : h("small", {}, `\u00a0${unit}`),
    ),
    h("span", {}, name),
    before === undefined ? undefined : h("em", {}, change(item, before.one, before.column)),
  );
}

function change(now: Item, before: Item, column: string): string {
  const [a, b] = [Number(now.fact.value), Number(before.fact.value)];
  if (before.fact.value === undefined || b === 0) return "";
  const isShare = now.concept.type === "percent";
  const difference = isShare ? (a - b) * 100 : ((a - b) / Math.abs(b)) * 100;
  const sign = difference > 0 ? "+" : difference < 0 ? "\u2212" : "\u00b1";
  return `${sign}${Math.abs(difference).toFixed(1)} ${isShare ? "points" : "%"} on ${column}`;
}

/** Where everything stands. */
export function contents(
  parts: readonly {
    readonly code: string;
    readonly title: string;
    readonly sections: readonly { readonly code: string; readonly title: string; readonly open: boolean }[];
    readonly note: string;
  }[],
): Markup {
  return h(
    "div",
    { class: "contents" },
    h("h2", { id: "contents" }, "Contents"),
    h(
      "ul",
      { class: "parts" },
      h("li", {}, h("a", { href: "#materiality" }, h("b", {}, "Materiality"))),
      parts.map(({ code, title, sections, note }) =>
        h(
          "li",
          {},
          h("a", { href: `#${anchorOf(code)}` }, h("b", {}, `${code} ${title}`)),
          note === "" ? undefined : h("span", { class: "cite" }, ` ${note}`),
          sections.length === 0
            ? undefined
            : h(
                "ul",
                {},
                sections.map((one) =>
                  h(
                    "li",
                    {},
                    h(
                      "a",
                      { href: `#${anchorOf(one.code)}` },
                      one.code === "" ? one.title : `${one.code} ${one.title}`,
                    ),
                    one.open ? h("span", { class: "open" }, " to be written") : undefined,
                  ),
                ),
              ),
        ),
      ),
      h("li", {}, h("a", { href: "#basis" }, h("b", {}, "What this statement rests on"))),
    ),
  );
}
