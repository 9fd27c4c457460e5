import { Decimal } from "decimal.js";
import { type Child, element as h, type Markup, together } from "../../xbrl/markup.ts";
import { scope3Categories } from "../intake-steps/columns.ts";
import { type Bar, barChart } from "./chart.ts";
import type { Item } from "./items.ts";
import { memberName } from "./names.ts";
import { draftBox, type Page, stated } from "./page.ts";
import { table } from "./table.ts";

const scope3Axis = "Scope3GHGEmissionsCategoryGHGProtocolAxis";
const concept = {
  scope1: "GrossScope1GreenhouseGasEmissions",
  ets: "PercentageOfScope1GreenhouseGasEmissionsFromRegulatedEmissionTradingSchemes",
  location: "GrossLocationBasedScope2GreenhouseGasEmissions",
  market: "GrossMarketBasedScope2GreenhouseGasEmissions",
  scope3: "GrossScope3GreenhouseGasEmissions",
  primary:
    "PercentageOfGrossScope3GreenhouseGasEmissionsCalculatedUsingPrimaryDataObtainedFromSuppliersOrOtherValueChainPartners",
  totalLocation: "LocationBasedGreenhouseGasEmissions",
  totalMarket: "MarketBasedGreenhouseGasEmissions",
} as const;

/** What a stretch of the section is: tagged as part of the whole disclosure, or a box for a person, which is no part of it. */
export type Stretch = { readonly tagged: boolean; readonly markup: Markup };

/** The emissions section in the order in which people ask: how much, in which scope, in which category, where, per revenue, and how it was found (ESRS E1 paragraphs 44 to 55). */
export function greenhouse(page: Page): readonly Stretch[] {
  const tagged = (markup: Markup | undefined): readonly Stretch[] =>
    markup === undefined ? [] : [{ tagged: true, markup }];
  return [...tagged(chart(page)), ...tagged(scopes(page)), ...categories(page), ...tagged(countries(page))];
}

/** Emissions by scope with their shares and totals, the years side by side (ESRS E1 AR 48). */
function scopes(page: Page): Markup {
  const { ink } = page;
  const years = [page.year, ...earlier(page)];
  const line = (name: string, of: string, total = false) => {
    const found = years.map((year) => page.find(of, {}, year));
    return found.every((one) => one === undefined)
      ? []
      : [{ names: [name], total, cells: found.map((item) => cell(item)) }];
  };
  const cell = (item: Item | undefined): Child => (item === undefined ? "" : amount(item));
  const amount = (item: Item): Markup =>
    ink.number(item, ink.scaleOf(item), item.concept.type === "percent" ? "\u00a0%" : "");
  const group = (name: string) => [{ names: [name], cells: [], group: true }];
  return table({
    caption: "Emissions by scope, in tonnes of CO2 equivalent (ESRS E1 AR 48)",
    head: ["Figure", ...years],
    numbersFrom: 1,
    rows: [
      ...group("Scope 1"),
      ...line("Gross Scope 1 emissions", concept.scope1),
      ...line("Share under regulated emission trading schemes", concept.ets),
      ...group("Scope 2"),
      ...line("Gross Scope 2 emissions, location-based", concept.location),
      ...line("Gross Scope 2 emissions, market-based", concept.market),
      ...group("Scope 3"),
      ...line("Gross Scope 3 emissions", concept.scope3),
      ...line("Share from primary data of value chain partners", concept.primary),
      ...group("Total"),
      ...line("Total emissions, location-based", concept.totalLocation, true),
      ...line("Total emissions, market-based", concept.totalMarket, true),
    ],
  });
}

/** Earlier years of which emissions are stated, the latest first. */
function earlier(page: Page): readonly string[] {
  const years = page.items.flatMap(({ fact, kind }) =>
    kind === "number" &&
    Object.keys(fact.dimensions).length === 0 &&
    Object.values(concept).some((one) => one === fact.concept)
      ? [page.ink.columnOf(fact.period)]
      : [],
  );
  return [...new Set(years)]
    .filter((year) => year !== page.year)
    .toSorted()
    .toReversed();
}

/** Scope 3 by category, and why the other categories are left out (ESRS E1 AR 46 d, i). */
function categories(page: Page): readonly Stretch[] {
  const { ink, wanting, intake } = page;
  const total = page.find(concept.scope3);
  const part = (member: string): Item | undefined =>
    page.find(concept.scope3, { [scope3Axis]: `esrs:${member}` });
  const reported = scope3Categories.flatMap((category) => {
    const item = part(category.member);
    return item?.fact.value === undefined ? [] : [{ ...category, item, value: item.fact.value }];
  });
  if (total?.fact.value === undefined || reported.length === 0) return [];
  const whole = new Decimal(total.fact.value);
  const share = (value: string): string =>
    whole.isZero() ? "" : `${new Decimal(value).dividedBy(whole).times(100).toFixed(1)} %`;
  const excluded = scope3Categories.filter(({ member }) => part(member) === undefined);
  const reasonOf = ({ number }: { readonly number: string }): string =>
    intake.company.scope_3_exclusions[number] ?? "";
  const unexplained = excluded.filter((category) => reasonOf(category) === "");
  const named = (of: readonly { readonly number: string; readonly name: string }[]): string =>
    of.map(({ number, name }) => `${number}. ${name}`).join("; ");
  if (unexplained.length > 0)
    wanting.add(
      `Say in company.json (e1_6.scope_3_exclusions) why the Scope 3 categories ${unexplained.map(({ number }) => number).join(", ")} are left out (ESRS E1 AR 46 i).`,
    );
  const list = (name: string, of: readonly { readonly member: string }[], shown: string): Child => {
    if (of.length === 0 || page.find(name) !== undefined) return undefined;
    const { id } = ink.writer.hidden(stated(page, name, of.map(({ member }) => `esrs:${member}`).join(" ")));
    return h("p", { style: `-esef-ix-hidden:${id}` }, shown);
  };
  const shown = table({
    caption: "Scope 3 by category of the GHG Protocol, in tonnes of CO2 equivalent",
    head: ["Category", "Emissions", "Share"],
    numbersFrom: 1,
    rows: [
      ...reported.map(({ number, name, item, value }) => ({
        names: [`${number}. ${name}`],
        cells: [ink.number(item), share(value)],
      })),
      { names: ["Sum of the categories"], total: true, cells: [ink.plain(total), "100.0 %"] },
    ],
  });
  const why = "DisclosureOfWhyScope3GHGEmissionsCategoriesHaveBeenExcludedFromInventoryExplanatory";
  const left =
    excluded.length === unexplained.length || page.find(why) !== undefined
      ? undefined
      : ink.writer.block(stated(page, why, ""), [
          h(
            "ul",
            {},
            excluded
              .filter((category) => reasonOf(category) !== "")
              .map((category) => h("li", {}, `${category.number}. ${category.name}: ${reasonOf(category)}`)),
          ),
        ]);
  const stretches: Stretch[] = [
    {
      tagged: true,
      markup: together(
        shown,
        list(
          "ListOfScope3GHGEmissionsCategoriesIncludedInInventoryGHGProtocol",
          reported,
          `In the inventory: categories ${reported.map(({ number }) => number).join(", ")}.`,
        ),
        list(
          "ListOfScope3GHGEmissionsCategoriesExcludedFromInventoryGHGProtocol",
          excluded,
          `Not in the inventory: categories ${excluded.map(({ number }) => number).join(", ")}.`,
        ),
        left === undefined ? undefined : h("div", { class: "text" }, left.stretches),
      ),
    },
  ];
  if (unexplained.length > 0)
    stretches.push({
      tagged: false,
      markup: draftBox(
        "To be written: why these Scope 3 categories are left out",
        h("p", {}, `${named(unexplained)} (ESRS E1 AR 46 i).`),
      ),
    });
  return stretches;
}

/** Totals by country, where there are several (ESRS E1 AR 41, AR 49). */
function countries(page: Page): Markup | undefined {
  const { ink } = page;
  const found = page.along(concept.totalLocation, "CountryAxis");
  if (found.length === 0) return undefined;
  return table({
    caption: "Total emissions by country of the site, in tonnes of CO2 equivalent (ESRS E1 AR 41, AR 49)",
    head: ["Country", "Location-based", "Market-based"],
    numbersFrom: 1,
    rows: found.map((location) => {
      const market = page.find(concept.totalMarket, location.fact.dimensions);
      return {
        names: [memberName(location.fact.dimensions["CountryAxis"] ?? "")],
        cells: [ink.number(location), market === undefined ? "" : ink.number(market)],
      };
    }),
  });
}

function chart(page: Page): Markup | undefined {
  const bar = (name: string, colour: number, item: Item | undefined): readonly Bar[] =>
    item?.fact.value === undefined ? [] : [{ name, colour, amount: Number(item.fact.value) }];
  const bars = [
    ...bar("Scope 1", 2, page.find(concept.scope1)),
    ...bar("Scope 2, market-based", 1, page.find(concept.market)),
    ...bar("Scope 2, location-based", 1, page.find(concept.location)),
    ...scope3Categories.flatMap(({ number, name, member }) =>
      bar(`3.${number} ${name}`, 0, page.find(concept.scope3, { [scope3Axis]: `esrs:${member}` })),
    ),
  ];
  return bars.length < 2
    ? undefined
    : barChart("Emissions by scope and Scope 3 category", bars, "t CO\u2082e");
}
