import { element, type Markup, together } from "../../xbrl/markup.ts";
import { grouped, type Status, titles } from "./page-words.ts";
import type { RuleResult } from "./result.ts";

/** Up to this many open rules are written out; further ones stand in the tables below. */
const most = 120;

/** The rules of one verdict written out, each with its evidence and its cure. */
export function openRules(status: Status, list: readonly RuleResult[]): Markup | undefined {
  if (list.length === 0) return undefined;
  return together(
    element("h2", { id: status }, `${titles[status]} (${grouped(list.length)})`),
    list.slice(0, most).map(card),
    list.length > most
      ? element("p", {}, `${grouped(list.length - most)} more stand in the tables of their families below.`)
      : undefined,
  );
}

function card(one: RuleResult): Markup {
  const raw = one.taxonomy_verdict;
  return element(
    "article",
    { class: `rule tone-${one.status}`, id: one.rule_id },
    element("h3", {}, one.rule_name),
    element(
      "p",
      { class: "id" },
      element("span", { class: "tag" }, one.severity),
      element("code", {}, one.rule_id),
      raw === undefined ? undefined : ` · the taxonomy's own verdict: ${raw.verdict} (${raw.severity})`,
    ),
    element("p", {}, sentence(one.evidence)),
    element("p", { class: "cure" }, one.remedy),
    element("p", { class: "cite" }, one.references.join(" · ")),
  );
}

const sentence = (evidence: string): string =>
  `${evidence.charAt(0).toUpperCase()}${evidence.slice(1)}${evidence.endsWith(".") ? "" : "."}`;

/** Rules in a table that opens and closes without a script. */
export function ruleTable(id: string, title: string, note: string, list: readonly RuleResult[]): Markup {
  return element(
    "details",
    { id },
    element("summary", {}, title, element("small", {}, note)),
    element(
      "div",
      { class: "scroll" },
      element(
        "table",
        { class: "list" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ["Verdict", "Rule", "Evidence"].map((head) => element("th", { scope: "col" }, head)),
          ),
        ),
        element(
          "tbody",
          {},
          list.map((one) =>
            element(
              "tr",
              {},
              element(
                "td",
                {},
                element("span", { class: `tag tone-${one.status}` }, titles[one.status].toLowerCase()),
              ),
              element(
                "td",
                {},
                one.rule_name,
                " ",
                element("span", { class: "who" }, element("code", {}, one.rule_id)),
              ),
              element("td", {}, one.evidence),
            ),
          ),
        ),
      ),
    ),
  );
}
