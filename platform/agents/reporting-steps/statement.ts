import { InlineWriter } from "../../xbrl/inline.ts";
import { element as h, type Markup } from "../../xbrl/markup.ts";
import { basis, materialityPart } from "./closing.ts";
import { contents, cover } from "./cover.ts";
import { Ink } from "./ink.ts";
import type { Item } from "./items.ts";
import { askedTexts } from "./missing.ts";
import { readingOrder } from "./order.ts";
import { lookups, type Page, type StatementSources } from "./page.ts";
import { section } from "./section.ts";
import { style } from "./style.ts";
import { anchorOf, disclosureTitle, rankOf, standardOf, standards } from "./titles.ts";
import { Wanting } from "./wanting.ts";

export { taggingNotice } from "./cover.ts";

/** What was written: the document, how many facts it tags, and what a person still has to supply. */
export type WrittenStatement = {
  readonly xhtml: string;
  readonly facts: number;
  readonly wanting: readonly string[];
  /** Disclosure requirements on which something is stated, in order. */
  readonly disclosures: readonly string[];
};

type Part = {
  readonly code: string;
  readonly title: string;
  readonly area: string;
  readonly sections: readonly string[];
  readonly note: string;
};

/** Writes the whole statement as one inline XBRL document. */
export function writeStatement(sources: StatementSources): WrittenStatement {
  const { company } = sources.intake;
  const { taxonomy, concepts } = sources.catalogue;
  const writer = new InlineWriter({
    lei: company.lei,
    start: company.period.start,
    end: company.period.end,
    entryPoint: taxonomy.entry_point,
    namespace: taxonomy.namespace,
    countryNamespace: taxonomy.country_namespace,
    language: "en",
  });
  const ink = new Ink(writer, sources.catalogue, company.period.end);
  const { year } = ink;
  const page: Page = {
    ...sources,
    ink,
    year,
    wanting: new Wanting(),
    asked: askedTexts(concepts),
    concepts: new Map(concepts.map((concept) => [concept.concept, concept])),
    ...lookups(sources.items, ink, year),
  };
  const bySection = Map.groupBy(
    sources.items
      .filter(
        ({ fact }) =>
          fact.concept !== "ReportingPeriodStartDate" && fact.concept !== "ReportingPeriodEndDate",
      )
      .toSorted(readingOrder(sources)),
    ({ section: code }) => code,
  );
  const opening = cover(page);
  const material = materialityPart(page);
  const parts = partsOf(page, bySection).map((part) => ({
    ...part,
    sections: part.sections.flatMap((code) => {
      const items = bySection.get(code) ?? [];
      const markup = section(code, items, page);
      return markup === undefined
        ? []
        : [{ code, title: disclosureTitle(code), open: items.length === 0, markup }];
    }),
  }));
  const body = h(
    "div",
    { class: "page" },
    opening,
    contents(parts),
    material,
    parts.map(partBody),
    basis(page),
  );
  const title = `${company.legal_name}: sustainability statement ${company.period.end.slice(0, 4)}`;
  return {
    xhtml: writer.document({ title, style, body }),
    facts: writer.count,
    wanting: page.wanting.list(),
    disclosures: parts.flatMap(({ sections }) =>
      sections.flatMap(({ code, open }) => (open || code === "" ? [] : [code])),
    ),
  };
}

/** ESRS 2 and every topic: what is stated, what is asked for although nothing is stated yet, and why a topic is left out. */
function partsOf(page: Page, bySection: ReadonlyMap<string, readonly Item[]>): readonly Part[] {
  const material = new Map(page.materiality.topics.map((topic) => [topic.standard, topic.material]));
  const asked = [...page.asked.keys()];
  return standards.map(({ code, title, area }) => {
    const isMaterial = code === "ESRS 2" || material.get(code) === true;
    const stated = [...bySection.keys()].filter((one) => standardOf(one) === code);
    const sections = [
      ...new Set([...stated, ...(isMaterial ? asked.filter((one) => standardOf(one) === code) : [])]),
    ];
    return {
      code,
      title,
      area,
      sections: sections.toSorted((a, b) => rankOf(a) - rankOf(b)),
      note: isMaterial ? "" : material.has(code) ? "not material" : "not assessed",
    };
  });
}

function partBody({
  code,
  title,
  area,
  sections,
  note,
}: Omit<Part, "sections"> & { readonly sections: readonly { readonly markup: Markup }[] }): Markup {
  return h(
    "div",
    { class: `part ${area}` },
    h("h2", { id: anchorOf(code) }, h("span", { class: "code" }, code), ` ${title}`),
    note === ""
      ? undefined
      : h(
          "p",
          { class: "phase-in" },
          note === "not material"
            ? `${title} was found not to be material${sections.length > 0 ? "; what follows is stated all the same" : ", so nothing is reported here"} (ESRS 1 paragraph 32 to 35). The reasons stand under Materiality.`
            : `Whether ${title.toLowerCase()} is material has not been assessed; a person has to decide (ESRS 2 paragraph 53).`,
        ),
    sections.map(({ markup }) => markup),
  );
}
