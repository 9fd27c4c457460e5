import { element, Markup, together } from "../../xbrl/markup.ts";
import { files } from "../documents.ts";
import { pageStyle } from "./page-style.ts";
import type { AuditDocument, RuleResult } from "./result.ts";

const statuses = ["fail", "not_evaluated", "warning", "pass", "not_applicable"] as const;
type Status = (typeof statuses)[number];
const titles: Readonly<Record<Status, string>> = {
  fail: "Failed",
  not_evaluated: "Not evaluated",
  warning: "Warnings",
  pass: "Passed",
  not_applicable: "Not applicable",
};
const explained: Readonly<Record<Status, string>> = {
  fail: "broken; correct it",
  not_evaluated: "something the rule needs is missing; never counted as passed",
  warning: "a person should look",
  pass: "held against facts, and they hold",
  not_applicable: "nothing to say about this report",
};
const colours: Readonly<Record<Status, string>> = {
  fail: "var(--fail)",
  not_evaluated: "var(--none)",
  warning: "var(--warn)",
  pass: "var(--pass)",
  not_applicable: "var(--idle)",
};

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
        ...(["fail", "not_evaluated", "warning"] as const).map((status) => open(status, by(status))),
        element("h2", { id: "all" }, "Every rule"),
        element("p", { class: "filters" }, "Open a family or a verdict to see its rules."),
        element(
          "p",
          { class: "printed" },
          `All ${grouped(counts.total_rules)} rules with their evidence stand on the page itself and in ${files.audit}; on paper are those that were opened before printing.`,
        ),
        ...document.families.map(({ family, title, rules }) =>
          group(
            `family-${family}`,
            `${family}. ${title}`,
            `${grouped(rules)} rules`,
            results.filter((one) => one.family === family),
          ),
        ),
        ...(["pass", "not_applicable"] as const).map((status) =>
          group(status, titles[status], `${grouped(number.get(status) ?? 0)} rules`, by(status)),
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
const grouped = (amount: number): string => String(amount).replaceAll(/\B(?=(\d{3})+$)/g, ",");

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

/** A ring whose arcs are the shares of the verdicts. */
function ring(number: ReadonlyMap<Status, number>, total: number): Markup {
  const round = 2 * Math.PI * 44;
  let turned = 0;
  const arcs = statuses.map((status) => {
    const share = ((number.get(status) ?? 0) / Math.max(1, total)) * round;
    const arc = element("circle", {
      cx: 60,
      cy: 60,
      r: 44,
      fill: "none",
      stroke: colours[status],
      "stroke-width": 15,
      "stroke-dasharray": `${share.toFixed(2)} ${(round - share).toFixed(2)}`,
      "stroke-dashoffset": (-turned).toFixed(2),
      transform: "rotate(-90 60 60)",
    });
    turned += share;
    return share === 0 ? undefined : arc;
  });
  const words = statuses
    .map((status) => `${number.get(status) ?? 0} ${titles[status].toLowerCase()}`)
    .join(", ");
  return element(
    "svg",
    { viewBox: "0 0 120 120", role: "img", "aria-label": words },
    arcs,
    text(60, 62, 18, "var(--ink)", grouped(total)),
    text(60, 75, 9, "var(--soft)", "rules"),
  );
}

const text = (x: number, y: number, size: number, fill: string, words: string): Markup =>
  element("text", { x, y, "font-size": size, fill, "text-anchor": "middle", "font-weight": 600 }, words);

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

/** One bar of a hundred units, divided as the verdicts are. */
function bar(parts: readonly (readonly [Status, number])[]): Markup {
  const total = Math.max(
    1,
    parts.reduce((sum, [, amount]) => sum + amount, 0),
  );
  let x = 0;
  return element(
    "svg",
    { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
    parts.map(([status, amount]) => {
      const width = (amount / total) * 100;
      const drawn = element("rect", {
        x: x.toFixed(2),
        y: 0,
        width: width.toFixed(2),
        height: 4,
        fill: colours[status],
      });
      x += width;
      return amount === 0 ? undefined : drawn;
    }),
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

/** Up to this many open rules are written out; further ones stand in the tables below. */
const most = 120;

function open(status: Status, list: readonly RuleResult[]): Markup | undefined {
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

function group(id: string, title: string, note: string, list: readonly RuleResult[]): Markup {
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
