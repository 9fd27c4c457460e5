import { type Fact, type FactPeriod, lastDay } from "#rules/fact.ts";
import type { Catalogue } from "../../catalogue/model.ts";
import { rounded, shifted } from "../../xbrl/decimal-text.ts";
import { grouped, type InlineWriter, linked } from "../../xbrl/inline.ts";
import { type Child, element as h, type Markup, together, trusted } from "../../xbrl/markup.ts";
import type { Item } from "./items.ts";
import { memberName } from "./names.ts";

const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** An ISO date for people: 31 December 2024. */
export function dateText(iso: string): string {
  const [year = "", month = "1", day = "1"] = iso.split("-");
  return `${Number(day)} ${monthNames[Number(month) - 1] ?? ""} ${year}`;
}

const statedFor = "CurrentlyStatedBaselineMilestonesOrTargetYearsAxis";
const asStated = "ReportingScopeAxis";
/** Axes that say for when or in which version a figure is stated; they head columns and break nothing down. */
export const columnAxes: ReadonlySet<string> = new Set([statedFor, asStated]);

/** Names in the order of the alphabet, numbers in them by their size. */
const byName = new Intl.Collator("en", { numeric: true }).compare;

/** Notes that the statement gives to facts. */
const notes = {
  draft: "Draft: not yet approved by a person.",
  computed: (formula: string): string =>
    `Computed by this platform from other stated figures (formula ${formula}); csrd explain shows the inputs.`,
  activities:
    "Computed by this platform from activity data and emission factors; csrd explain shows each record.",
} as const;

/** Writes facts into the page, each once: tagged, in a form that people read, with its notes. */
export class Ink {
  readonly writer: InlineWriter;
  /** The heading of the reporting year's columns. */
  readonly year: string;
  readonly #written = new Set<string>();
  readonly #entry: string;
  readonly #types: ReadonlyMap<string, string>;

  constructor(writer: InlineWriter, { concepts }: Pick<Catalogue, "concepts">, end: string) {
    this.writer = writer;
    this.#entry = end;
    this.year = this.columnOf(writer.year);
    this.#types = new Map(concepts.map(({ concept, type }) => [concept, type]));
  }

  has(item: Item): boolean {
    return this.#written.has(item.place);
  }

  /** The power of ten in which amounts of this fact are shown: per cent, per million, thousands and millions where the fact itself is no finer. */
  scaleOf({ fact, concept }: Item): number {
    if (concept.type === "percent") return -2;
    if (fact.unit.includes("/")) return -6;
    if (concept.type !== "monetary" || fact.decimals === undefined) return 0;
    return fact.decimals <= -6 ? 6 : fact.decimals <= -3 ? 3 : 0;
  }

  /** A number, tagged, with what is to stand behind it and then its notes. */
  number(item: Item, scale = this.scaleOf(item), behind = ""): Markup {
    this.#written.add(item.place);
    const { id, markup } = this.writer.number(item.fact, { scale });
    const shown =
      item.fact.value === undefined
        ? together(markup, h("span", { class: "nil" }, "not stated"))
        : together(markup, behind);
    return together(shown, this.#noted(item, id));
  }

  /** A number as it is shown, without a tag: for what stands in tables and is repeated elsewhere, there perhaps with fewer digits. */
  plain(item: Item, most = Number.POSITIVE_INFINITY): string {
    const scale = this.scaleOf(item);
    const { value, decimals } = item.fact;
    if (value === undefined) return "not stated";
    const exact = rounded(value, Math.min(decimals ?? 12, most - scale));
    return grouped(shifted(exact, -scale)).replace("-", "\u2212");
  }

  /** What is no number and no text block: a yes or no, a date, members, a name. */
  field(item: Item): Markup {
    this.#written.add(item.place);
    const { fact } = item;
    const type = this.#types.get(fact.concept) ?? "string";
    const isMembers = type === "enumeration" || type === "enumerationSet";
    if (isMembers) {
      const { id } = this.writer.hidden(fact);
      const names = (fact.value ?? "")
        .split(" ")
        .filter((one) => one !== "")
        .map(memberName)
        .toSorted(byName);
      const shown =
        fact.value === undefined
          ? h("span", { class: "nil", ...linked(id) }, "not stated")
          : names.length > 3
            ? h(
                "ul",
                { class: "members", ...linked(id) },
                names.map((one) => h("li", {}, one)),
              )
            : h("span", linked(id), names.join("; ") || "none");
      return together(shown, this.#noted(item, id));
    }
    const { id, markup } = this.#worded(item, type);
    const shown =
      fact.value === undefined ? together(markup, h("span", { class: "nil" }, "not stated")) : markup;
    return together(shown, this.#noted(item, id));
  }

  /** A text block under its heading; that it is a draft is said beside the heading. */
  block(item: Item, level: "h4" | "h5", heading: Child): Markup {
    this.#written.add(item.place);
    const { fact } = item;
    const { id, markup } =
      fact.value === undefined ? this.#missing(fact) : this.stretch(fact, trusted(fact.value));
    return together(
      h(level, {}, heading, item.draft ? this.draftMark(id) : undefined),
      h("div", { class: item.draft ? "text draft" : "text" }, markup),
    );
  }

  /** A text block made of one stretch. */
  stretch(fact: Fact, content: Child): { readonly id: string; readonly markup: Markup } {
    const { id, stretches } = this.writer.block(fact, [content]);
    return { id, markup: together(stretches) };
  }

  /** Says that a fact is a draft, for readers and, as a footnote, for machines. */
  draftMark(id: string): Markup {
    return h(
      "span",
      { class: "badge" },
      "draft",
      h("sup", { class: "note-ref" }, this.raised(notes.draft, [id])),
    );
  }

  #missing(fact: Fact): { readonly id: string; readonly markup: Markup } {
    const { id, markup } = this.writer.text(fact, "");
    return { id, markup: together(markup, h("p", { class: "nil" }, "Not stated.")) };
  }

  /** Notes that an item has, as raised numbers that lead to them. */
  #noted(item: Item, id: string): Markup | undefined {
    const texts = [
      ...(item.draft ? [notes.draft] : []),
      ...(item.formula === "" ? [] : [notes.computed(item.formula)]),
    ];
    return texts.length === 0
      ? undefined
      : h(
          "sup",
          { class: "note-ref" },
          texts.map((text) => this.raised(text, [id])),
        );
  }

  /** A raised number for a note on these facts. */
  raised(text: string, ids: readonly string[]): Markup {
    const number = this.writer.note(text, ids);
    return h("a", { href: `#note-${number}` }, String(number));
  }

  #worded({ fact }: Item, type: string): { readonly id: string; readonly markup: Markup } {
    const { value = "" } = fact;
    if (type === "boolean")
      return value === "true"
        ? this.writer.text(fact, "Yes", "ixt:fixed-true")
        : this.writer.text(fact, "No", "ixt:fixed-false");
    if (type === "date") return this.writer.text(fact, dateText(value), "ixt:date-day-monthname-year-en");
    return this.writer.text(fact, value);
  }

  /** Under which heading a fact stands: its year, the base year or milestone for which it is stated, and whether it is an earlier statement. */
  column({ fact }: Item): string {
    const year = this.columnOf(fact.period);
    const target = fact.dimensions[statedFor];
    const scope = fact.dimensions[asStated];
    const own =
      target === undefined ? year : `${memberName(target)}${year === this.year ? "" : ` (${year})`}`;
    return scope === undefined ? own : `${own}, ${memberName(scope).toLowerCase()}`;
  }

  /** The year of a period as a column's heading; other dates in full. */
  columnOf(period: FactPeriod): string {
    const last = lastDay(period);
    if ("instant" in period)
      return last.slice(4) === this.#entry.slice(4) ? last.slice(0, 4) : dateText(last);
    const { start } = this.writer.year;
    const isOurs = last === this.#entry && period.start === start;
    return isOurs || (last.slice(4) === this.#entry.slice(4) && isWholeYear(period.start, last))
      ? last.slice(0, 4)
      : `${dateText(period.start)} to ${dateText(last)}`;
  }
}

/** Whether these days, both included, are exactly twelve months. */
function isWholeYear(start: string, end: string): boolean {
  const after = new Date(Date.parse(`${end}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  return start.slice(4) === after.slice(4) && Number(after.slice(0, 4)) - Number(start.slice(0, 4)) === 1;
}
