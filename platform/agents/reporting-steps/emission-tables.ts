import { Decimal } from "decimal.js";
import { grouped } from "../../xbrl/inline.ts";
import { element as h, type Markup, together } from "../../xbrl/markup.ts";
import { scope3Categories } from "../intake-steps/columns.ts";
import { type Page, row } from "./page.ts";

/** Emissions by scope with their shares and totals (ESRS E1 AR 48). */
export function scopes({ one, writer }: Page): Markup {
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
  return together(
    h("h2", {}, "Emissions by scope"),
    h(
      "table",
      {},
      h(
        "caption",
        {},
        "Tonnes of CO2 equivalent, on the IPCC's Sixth Assessment Report wherever the factor states its gases (ESRS E1 AR 39 d, AR 48)",
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

/** Scope 3 by category, and why the other categories are left out (ESRS E1 AR 46 d, i). */
export function categories({ one, writer, intake: { company }, wanting }: Page): Markup | undefined {
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

/** Totals by country (ESRS E1 AR 41, AR 49). */
export function countries({ one, writer }: Page): Markup | undefined {
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

const group = (name: string): Markup =>
  h("tr", { class: "group" }, h("th", { colspan: 2, scope: "colgroup" }, name));
