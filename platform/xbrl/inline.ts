import type { Fact } from "#rules/fact.ts";
import { grouped, rounded, shifted } from "./decimal-text.ts";
import { Header } from "./header.ts";
import { type Child, element, Markup, together } from "./markup.ts";

export { grouped } from "./decimal-text.ts";

/** Who reports, about which period, under which taxonomy. */
export type Reporter = {
  readonly lei: string;
  readonly start: string;
  readonly end: string;
  readonly entryPoint: string;
  readonly namespace: string;
  readonly countryNamespace: string;
  readonly language: string;
};

/** A fact that has been tagged: its id in the document and what stands on the page for it. */
export type Tagged = { readonly id: string; readonly markup: Markup };

/** How an amount is shown: shifted by powers of ten (-2 for per cent, 6 for millions). */
export type Shown = { readonly scale?: number };

/** Tags facts while a document is being written: collects contexts, units, hidden facts and footnotes, and writes them into its header. */
export class InlineWriter {
  readonly #reporter: Reporter;
  readonly #header: Header;
  readonly #hidden: Markup[] = [];
  readonly #notes = new Map<
    string,
    { readonly id: string; readonly text: string; readonly facts: string[] }
  >();
  readonly #concepts = new Set<string>();
  #count = 0;
  #continuations = 0;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
    this.#header = new Header(reporter);
  }

  /** Whether any fact of this concept has been tagged. */
  wrote(concept: string): boolean {
    return this.#concepts.has(concept);
  }

  /** How many facts have been tagged. */
  get count(): number {
    return this.#count;
  }

  /** The reporting year as a period. */
  get year(): { readonly start: string; readonly end: string } {
    return { start: this.#reporter.start, end: this.#reporter.end };
  }

  /** Tags a number. What is shown times ten to the scale is the value, rounded to the decimals that the fact states. */
  number(fact: Fact, { scale = 0 }: Shown = {}): Tagged {
    const { value, unit, decimals } = fact;
    const id = this.#next(fact);
    const common = {
      name: `esrs:${fact.concept}`,
      contextRef: this.#header.context(fact),
      unitRef: this.#header.unit(unit),
    };
    if (value === undefined)
      return { id, markup: element("ix:nonFraction", { ...common, "xsi:nil": "true", id }, "") };
    const exact = decimals === undefined ? shifted(value, 0) : rounded(value, decimals);
    const negative = exact.startsWith("-");
    const shown = shifted(exact.replace("-", ""), -scale);
    const places = decimals === undefined ? 0 : Math.max(0, decimals + scale);
    const tag = element(
      "ix:nonFraction",
      {
        ...common,
        decimals: decimals ?? "INF",
        scale: scale === 0 ? undefined : scale,
        sign: negative ? "-" : undefined,
        format: "ixt:num-dot-decimal",
        id,
      },
      grouped(padded(shown, places)),
    );
    return { id, markup: negative ? together("\u2212", tag) : tag };
  }

  /** Tags what is no number and shown as it is, or through a transformation (`ixt:fixed-true`) whose outcome is the fact's value. */
  text(fact: Fact, shown: Child, format?: string): Tagged {
    const id = this.#next(fact);
    const attributes = { name: `esrs:${fact.concept}`, contextRef: this.#header.context(fact), format, id };
    return {
      id,
      markup:
        fact.value === undefined
          ? element("ix:nonNumeric", { ...attributes, format: undefined, "xsi:nil": "true" }, "")
          : element("ix:nonNumeric", attributes, shown),
    };
  }

  /** Tags a text block over one or more stretches of the page; each stretch comes back with its tag around it. */
  block(
    fact: Fact,
    stretches: readonly Child[],
  ): { readonly id: string; readonly stretches: readonly Markup[] } {
    const id = this.#next(fact);
    const ids = stretches.slice(1).map(() => {
      this.#continuations += 1;
      return `c${this.#continuations}`;
    });
    const attributes = {
      name: `esrs:${fact.concept}`,
      contextRef: this.#header.context(fact),
      escape: "true",
    };
    return {
      id,
      stretches: stretches.map((stretch, at) =>
        at === 0
          ? element("ix:nonNumeric", { ...attributes, id, continuedAt: ids[0] }, stretch)
          : element("ix:continuation", { id: ids[at - 1], continuedAt: ids[at] }, stretch),
      ),
    };
  }

  /** Tags members, which no reader could read, out of sight; what is shown for them stands beside `linked(id)`. Sets are sorted as Extensible Enumerations 2.0 asks. */
  hidden(fact: Fact): Tagged {
    const id = this.#next(fact);
    const { namespace, countryNamespace } = this.#reporter;
    const names = (fact.value ?? "").split(" ").map((member) => {
      const at = member.indexOf(":");
      return `${member.slice(0, at) === "country" ? countryNamespace : namespace}#${member.slice(at + 1)}`;
    });
    const attributes = { name: `esrs:${fact.concept}`, contextRef: this.#header.context(fact), id };
    this.#hidden.push(
      fact.value === undefined
        ? element("ix:nonNumeric", { ...attributes, "xsi:nil": "true" }, "")
        : element("ix:nonNumeric", attributes, names.toSorted().join(" ")),
    );
    return { id, markup: new Markup("") };
  }

  /** Adds a footnote to facts; the same text is one footnote. Returns its number on the page, from 1. */
  note(text: string, ids: readonly string[]): number {
    let note = this.#notes.get(text);
    if (note === undefined) {
      note = { id: `n${this.#notes.size + 1}`, text, facts: [] };
      this.#notes.set(text, note);
    }
    note.facts.push(...ids);
    return Number(note.id.slice(1));
  }

  /** The footnotes that were added so far, to be shown once; each is tagged. */
  notes(): readonly { readonly number: number; readonly markup: Markup }[] {
    return [...this.#notes.values()].map(({ id, text }) => ({
      number: Number(id.slice(1)),
      markup: element("ix:footnote", { id, "xml:lang": this.#reporter.language }, text),
    }));
  }

  /** The whole document around a body that was written with this writer. */
  document({
    title,
    style,
    body,
  }: {
    readonly title: string;
    readonly style: string;
    readonly body: Child;
  }): string {
    const relationships = [...this.#notes.values()].map(({ id, facts }) =>
      element("ix:relationship", {
        fromRefs: facts.join(" "),
        toRefs: id,
      }),
    );
    return this.#header.document({
      head: together(
        element("meta", { "http-equiv": "Content-Type", content: "text/html; charset=UTF-8" }),
        element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
        element("title", {}, title),
        element("style", { type: "text/css" }, style),
      ),
      hidden: this.#hidden,
      relationships,
      body,
    });
  }

  #next({ concept }: Fact): string {
    this.#concepts.add(concept);
    this.#count += 1;
    return `f${this.#count}`;
  }
}

/** The style that leads from what is shown to the hidden fact behind it (inline XBRL convention of the European filing manuals). */
export const linked = (id: string): { readonly style: string } => ({ style: `-esef-ix-hidden:${id}` });

function padded(plain: string, places: number): string {
  const [whole = "", fraction = ""] = plain.split(".");
  return places === 0 && fraction === "" ? whole : `${whole}.${fraction.padEnd(places, "0")}`;
}
