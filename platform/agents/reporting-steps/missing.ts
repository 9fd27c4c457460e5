import type { Concept } from "../../catalogue/model.ts";
import { element as h, type Markup } from "../../xbrl/markup.ts";
import { headingOf } from "./names.ts";
import { byParagraph } from "./order.ts";
import { draftBox, type Page, paragraphOf } from "./page.ts";
import { phaseIn } from "./phase-in.ts";
import { standardOf, standards } from "./titles.ts";

const shown = 12;

/** Texts that the standard asks for unconditionally, by disclosure requirement. */
export function askedTexts(concepts: readonly Concept[]): ReadonlyMap<string, readonly Concept[]> {
  return Map.groupBy(
    concepts.filter(
      ({ type, disclosure, voluntary, references }) =>
        type === "textBlock" &&
        disclosure !== "" &&
        !voluntary &&
        references.some(
          ({ disclosure: of, obligation, conditional }) =>
            of === disclosure && !conditional && (obligation === "always" || obligation === "if material"),
        ),
    ),
    ({ disclosure }) => disclosure,
  );
}

/** Whether a text is asked for whatever is material, by the requirement under which it stands. */
const isAlways = ({ references }: Concept, code: string): boolean =>
  references.some(({ disclosure, obligation }) => disclosure === code && obligation === "always");

/** A box that names the texts still to be written, with their paragraphs, and what may wait because it is phased in. */
export function missingTexts(code: string, page: Page): Markup | undefined {
  const topic = page.materiality.topics.find(({ standard }) => standard === standardOf(code));
  const missing = (page.asked.get(code) ?? [])
    .filter(
      (concept) =>
        (topic?.material !== false || isAlways(concept, code)) &&
        !page.states(concept.concept) &&
        !page.ink.writer.wrote(concept.concept),
    )
    .toSorted(byParagraph(code));
  if (missing.length === 0) return undefined;
  const waiting = missing.filter((concept) => phaseIn(concept, page) !== undefined);
  const due = missing.filter((concept) => !waiting.includes(concept));
  const until = [...new Set(waiting.flatMap((concept) => phaseIn(concept, page) ?? []))];
  if (due.length > 0) {
    const standard = standardOf(code);
    const title = standards.find((one) => one.code === standard)?.title ?? "";
    const paragraphs = [...new Set(due.map((concept) => paragraphOf(concept, code)))];
    const more = paragraphs.length > 3 ? ` and ${paragraphs.length - 3} more` : "";
    page.wanting.part(
      `Write, or have written and approve, texts of ${standard === "ESRS 2" ? "ESRS 2" : `ESRS ${standard}`} ${title}`,
      `${code} paragraph${paragraphs.length > 1 ? "s" : ""} ${paragraphs.slice(0, 3).join(", ")}${more}`,
    );
  }
  const listed = (of: readonly Concept[]): Markup =>
    h(
      "ul",
      {},
      of
        .slice(0, shown)
        .map((concept) =>
          h("li", {}, h("b", {}, `Paragraph ${paragraphOf(concept, code)}: `), headingOf(concept.label)),
        ),
      of.length > shown ? h("li", {}, `and ${of.length - shown} more.`) : undefined,
    );
  const boxes = [
    ...(due.length === 0
      ? []
      : [
          draftBox(
            `Draft: ${due.length === 1 ? "a text is" : `${due.length} texts are`} still to be written by a person`,
            listed(due),
          ),
        ]),
    ...(waiting.length === 0
      ? []
      : [
          h(
            "p",
            { class: "phase-in" },
            `Phased in: ${waiting.length} ${waiting.length === 1 ? "text" : "texts"} of ${code} may be left out in this year (${until.join("; ")}).`,
          ),
        ]),
  ];
  return h("div", {}, boxes);
}
