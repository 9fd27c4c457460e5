import { element, Markup, together } from "../../xbrl/markup.ts";
import { files } from "../documents.ts";
import { bar, ring } from "./page-charts.ts";
import { openRules, ruleTable } from "./page-rules.ts";
import { pageStyle } from "./page-style.ts";
import { explained, grouped, type Status, statuses, titles } from "./page-words.ts";
import type { AuditDocument, RuleResult } from "./result.ts";

/** The audit as a standalone page that works without scripts: verdict and figures, failures first, then every rule by family. */
export function renderPage(document: AuditDocument): string {
  const { company, compliance_report: counts, rule_results: results, needs_a_person: needs } = document;
  const by = (status: Status): readonly RuleResult[] => results.filter((one) => one.status === status);
  const number = new Map<Status, number>(statuses.map((status) => [status, by(status).length]));
  const period = `${company.period.start} to ${company.period.end}`;
  const page = element(
    "html",
    { lang: "en" },
    element(
      "head",
      {},
      new Markup(
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>',
      ),
      element("title", {}, `Compliance audit: ${company.legal_name}, ${period}`),
      new Markup(`<style>${pageStyle}</style>`),
    ),
    element(
      "body",
      {},
      element(
        "main",
        {},
        element("p", { class: "kicker" }, "Compliance audit"),
        element("h1", {}, company.legal_name),
        element(
          "p",
          { class: "meta" },
          span(period),
          span(`LEI ${company.lei}`),
          span(`report ${document.report_id}`),
        ),
        verdict(document),
        element(
          "div",
          { class: "overview" },
          ring(number, counts.total_rules),
          element(
            "ul",
            { class: "legend" },
            statuses.map((status) =>
              element(
                "li",
                {},
                element(
                  "a",
                  { href: `#${status}`, class: `tone-${status}` },
                  element("b", {}, grouped(number.get(status) ?? 0)),
                  span(`${titles[status].toLowerCase()}: ${explained[status]}`),
                ),
              ),
            ),
          ),
        ),
        element("h2", { id: "families" }, "By family"),
        familyTable(document),
        element("h2", { id: "law" }, "Where the law stands"),
        lawPanel(document),
        element("h2", { id: "person" }, "What needs a person"),
        element(
          "ul",
          {},
          needs.map((need) => element("li", {}, need)),
        ),
        ...(["fail", "not_evaluated", "warning"] as const).map((status) => openRules(status, by(status))),
        element("h2", { id: "all" }, "Every rule"),
        element("p", { class: "filters" }, "Open a family or a verdict to see its rules."),
        element(
          "p",
          { class: "printed" },
          `All ${grouped(counts.total_rules)} rules with their evidence stand on the page itself and in ${files.audit}; on paper are those that were opened before printing.`,
        ),
        ...document.families.map(({ family, title, rules }) =>
          ruleTable(
            `family-${family}`,
            `${family}. ${title}`,
            `${grouped(rules)} rules`,
            results.filter((one) => one.family === family),
          ),
        ),
        ...(["pass", "not_applicable"] as const).map((status) =>
          ruleTable(status, titles[status], `${grouped(number.get(status) ?? 0)} rules`, by(status)),
        ),
        element(
          "footer",
          {},
          `Taxonomy ${document.metadata.taxonomy}. Judged from the finished document, SHA-256 `,
          element("code", {}, document.metadata.report_sha256),
          `. The same results as data: ${files.audit}. Rules whose id begins with csrd_ or calc_ are named by this platform, the others by the taxonomy; its own raw verdict stands beside ours.`,
        ),
      ),
    ),
  );
  return `<!doctype html>\n${page.text}\n`;
}

const span = (text: string): Markup => element("span", {}, text);

function verdict({ compliance_report: counts, law_status: law }: AuditDocument): Markup {
  const tone = { PASS: "pass", WARNING: "warning", FAIL: "fail" }[counts.compliance_status];
  return element(
    "div",
    { class: `verdict tone-${tone}` },
    element("b", {}, counts.compliance_status),
    element(
      "p",
      {},
      `${grouped(counts.rules_passed)} of ${grouped(counts.total_rules_checked)} rules that could be judged passed, against ${grouped(counts.facts)} tagged facts. ${counts.critical_failures} critical, ${counts.major_failures} major and ${counts.minor_failures} minor failures. Judged by ${law.act}.`,
    ),
  );
}

function familyTable({ families }: AuditDocument): Markup {
  const cell = (amount: number): Markup =>
    element("td", amount === 0 ? { class: "zero" } : {}, amount === 0 ? "·" : grouped(amount));
  return element(
    "div",
    { class: "scroll" },
    element(
      "table",
      { class: "families" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ["", "Family", "", "Failed", "Not evaluated", "Warned", "Passed", "Not applicable"].map((head) =>
            element("th", { scope: "col" }, head),
          ),
        ),
      ),
      element(
        "tbody",
        {},
        families.map((one) =>
          element(
            "tr",
            {},
            element("td", {}, one.family),
            element("td", {}, element("a", { href: `#family-${one.family}` }, one.title)),
            element(
              "td",
              {},
              bar([
                ["fail", one.failed],
                ["not_evaluated", one.not_evaluated],
                ["warning", one.warned],
                ["pass", one.passed],
                ["not_applicable", one.not_applicable],
              ]),
            ),
            cell(one.failed),
            cell(one.not_evaluated),
            cell(one.warned),
            cell(one.passed),
            cell(one.not_applicable),
          ),
        ),
      ),
    ),
  );
}

function lawPanel({ law_status: law }: AuditDocument): Markup {
  const entry = (term: string, ...said: readonly (string | Markup)[]): Markup =>
    together(element("dt", {}, term), element("dd", {}, said));
  return together(
    element(
      "dl",
      { class: "law" },
      entry("Judged by", `${law.act}: ${law.title} (${law.profile}), chosen ${law.chosen}`),
      entry("Its status", `${law.status}; published ${law.published}; as known on ${law.as_of}`),
      entry("Source", element("code", {}, law.source)),
      entry("Who must report", law.must_report),
      entry(
        "Other states",
        law.other_profiles.map(({ id, act, status }) => `${act} (${id}): ${status}`).join(". "),
      ),
    ),
    element("p", { class: "notice" }, `${law.tagging} (${law.tagging_source})`),
  );
}
