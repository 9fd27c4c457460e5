import { element as h, type Markup, together } from "../../xbrl/markup.ts";
import { headingOf } from "./names.ts";
import type { Page } from "./page.ts";
import { table } from "./table.ts";
import { standards } from "./titles.ts";
import { dateText } from "./ink.ts";
import { stated } from "./page.ts";

/** Which topics are material, how that was found, and that a person has to confirm it (ESRS 1 chapter 3, ESRS 2 IRO-1 and IRO-2). */
export function materialityPart(page: Page): Markup {
  const { materiality, intake } = page;
  const own = intake.company.material_topics ?? {};
  const from = (side: "impact" | "financial"): string => {
    const thresholds = [...new Set(materiality.topics.map((topic) => topic[side].threshold))];
    return thresholds.length === 1 ? ` (from ${thresholds[0]})` : "";
  };
  const not = materiality.topics.filter(({ material }) => !material);
  return h(
    "div",
    { class: "part" },
    h("h2", { id: "materiality" }, "Materiality"),
    h("p", {}, materiality.notice),
    table({
      caption: "Topics with their scores from 0 to 10; from the number in brackets on a topic is material",
      head: ["Topic", "Conclusion", "By", `Impact${from("impact")}`, `Financial${from("financial")}`],
      numbersFrom: 3,
      rows: materiality.topics.map(({ standard, topic, impact, financial, material, by }) => ({
        names: [together(h("b", {}, standard), ` ${topic}`)],
        cells: [
          h("span", { class: material ? "yes" : "no" }, material ? "material" : "not material"),
          standard in own
            ? "the company"
            : `${by === "language model" ? "language model" : "offline rules"}, to be confirmed`,
          String(impact.score),
          String(financial.score),
        ],
      })),
    }),
    h(
      "ul",
      {},
      materiality.topics.map(({ standard, impact, financial }) => {
        const because =
          own[standard]?.because ?? [...impact.reasons, ...financial.reasons].slice(0, 3).join("; ");
        return because === "" ? undefined : h("li", {}, h("b", {}, `${standard}: `), because);
      }),
    ),
    not.length === 0
      ? undefined
      : notMaterial(
          page,
          not.map(({ standard }) => standard),
        ),
    materiality.not_assessed.length === 0
      ? undefined
      : h("p", {}, `Not assessed: ${materiality.not_assessed.join("; ")}.`),
  );
}

function notMaterial(page: Page, codes: readonly string[]): Markup {
  const topics = standards.filter(({ code }) => codes.includes(code));
  const shown = `Topics that are not material, and are therefore not reported on: ${topics.map(({ code, title }) => `${code} ${title}`).join("; ")}.`;
  if (topics.length === 0 || page.find("ListOfNotMaterialTopics") !== undefined) return h("p", {}, shown);
  const { id } = page.ink.writer.hidden(
    stated(
      page,
      "ListOfNotMaterialTopics",
      topics
        .map(({ member }) => `esrs:${member}`)
        .toSorted()
        .join(" "),
    ),
  );
  return h("p", { style: `-esef-ix-hidden:${id}` }, shown);
}

/** What the statement rests on: the data and their quality, other laws that ask for the same, notes, and attributions. */
export function basis(page: Page): Markup {
  const { intake, metrics, aggregated, catalogue } = page;
  const { quality, counts } = intake;
  const named = (concept: string): string => page.concepts.get(concept)?.label ?? concept;
  return h(
    "div",
    { class: "part" },
    h("h2", { id: "basis" }, "What this statement rests on"),
    h(
      "p",
      {},
      `${counts.total} rows of data were read, ${counts.valid} of them used${counts.rejected > 0 ? ` and ${counts.rejected} set aside` : ""}. Their quality is ${quality.score} of 100 (threshold ${quality.threshold}).`,
    ),
    table({
      caption: "Quality of the data",
      head: ["Dimension", "Because", "Weight", "Score"],
      numbersFrom: 2,
      rows: quality.dimensions.map(({ name, weight, score, because }) => ({
        names: [name],
        cells: [because, `${Math.round(weight * 100)} %`, String(score)],
      })),
    }),
    aggregated.frameworks.length === 0
      ? undefined
      : table({
          caption: "Figures and statements that other EU laws ask for as well",
          head: ["Part", "What"],
          numbersFrom: 9,
          rows: aggregated.frameworks.flatMap(({ law, name, entries }) => [
            { names: [`Regulation (EU) ${law}: ${name}`], cells: [], group: true },
            ...[...Map.groupBy(entries, ({ part }) => part)].map(([part, of]) => ({
              names: [part],
              cells: [listed([...new Set(of.map(({ concept }) => headingOf(named(concept))))])],
            })),
          ]),
        }),
    notesPart(page),
    h(
      "div",
      { class: "footer" },
      metrics.sources.some(({ id }) => id.startsWith("desnz"))
        ? h("p", {}, "Contains public sector information licensed under the Open Government Licence v3.0.")
        : undefined,
      h(
        "p",
        {},
        `Concepts: ${catalogue.taxonomy.name} XBRL taxonomy, version ${catalogue.taxonomy.version}. Reporting period ends on ${dateText(intake.company.period.end)}.`,
      ),
    ),
  );
}

/** The first eight of a list, and how many more there are. */
const listed = (all: readonly string[]): string =>
  all.slice(0, 8).join("; ") + (all.length > 8 ? `; and ${all.length - 8} more` : "");

function notesPart(page: Page): Markup | undefined {
  const notes = page.ink.writer.notes();
  return notes.length === 0
    ? undefined
    : h(
        "div",
        {},
        h("h3", { id: "notes" }, "Notes"),
        h(
          "ol",
          { class: "notes" },
          notes.map(({ number, markup }) => h("li", { id: `note-${number}` }, markup)),
        ),
      );
}
