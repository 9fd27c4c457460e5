import { Decimal } from "decimal.js";
import { element, type Child, type Markup, together } from "./markup.ts";

/** A number to be tagged; its value is exact decimal text in `unit`. */
export type NumericFact = {
  readonly concept: string;
  readonly axis: string;
  readonly member: string;
  readonly value: string;
  readonly unit: string;
  readonly decimals: number;
};

/** Who reports, about which period, under which taxonomy. */
export type Reporter = {
  readonly lei: string;
  readonly start: string;
  readonly end: string;
  readonly entryPoint: string;
  readonly namespace: string;
  readonly countryNamespace: string;
};

const namespaces = {
  xmlns: "http://www.w3.org/1999/xhtml",
  "xmlns:ix": "http://www.xbrl.org/2013/inlineXBRL",
  "xmlns:ixt": "http://www.xbrl.org/inlineXBRL/transformation/2020-02-12",
  "xmlns:link": "http://www.xbrl.org/2003/linkbase",
  "xmlns:xlink": "http://www.w3.org/1999/xlink",
  "xmlns:xbrli": "http://www.xbrl.org/2003/instance",
  "xmlns:xbrldi": "http://xbrl.org/2006/xbrldi",
  "xmlns:iso4217": "http://www.xbrl.org/2003/iso4217",
  "xmlns:utr": "http://www.xbrl.org/2009/utr",
} as const;

/** Collects contexts and units while a document is being written, and writes them into its header. */
export class InlineWriter {
  readonly #reporter: Reporter;
  readonly #contexts = new Map<string, { id: string; axis: string; member: string }>();
  readonly #units = new Map<string, string>();
  readonly #hidden: Markup[] = [];
  #count = 0;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** How many facts have been tagged. */
  get count(): number {
    return this.#count;
  }

  /** Tags a number, shown with thousands separators; `scale` shifts what is shown (-2 for per cent, -6 for a ratio per million). */
  number({ concept, axis, member, value, unit, decimals }: NumericFact, scale = 0): Markup {
    this.#count += 1;
    const shown = new Decimal(value).times(new Decimal(10).pow(-scale));
    return element(
      "ix:nonFraction",
      {
        name: `esrs:${concept}`,
        contextRef: this.#context(axis, member),
        unitRef: this.#unit(unit),
        decimals,
        scale: scale === 0 ? undefined : scale,
        format: "ixt:num-dot-decimal",
        id: this.#factId(),
      },
      grouped(shown.toFixed(Math.max(0, decimals + scale))),
    );
  }

  /** Tags a date, a code or a piece of text; a `block` may hold markup. */
  text(concept: string, content: Child, { block = false }: { readonly block?: boolean } = {}): Markup {
    this.#count += 1;
    const attributes = {
      name: `esrs:${concept}`,
      contextRef: this.#context("", ""),
      escape: block ? "true" : undefined,
      id: this.#factId(),
    };
    return element("ix:nonNumeric", attributes, content);
  }

  /** Tags a set of taxonomy members, which no reader could read: sorted as Extensible Enumerations 2.0 asks, hidden, with what is shown for it elsewhere. Returns the fact's id. */
  hiddenSet(concept: string, members: readonly string[]): string {
    this.#count += 1;
    const id = this.#factId();
    const value = members
      .map((member) => `${this.#reporter.namespace}#${member}`)
      .toSorted()
      .join(" ");
    this.#hidden.push(
      element("ix:nonNumeric", { name: `esrs:${concept}`, contextRef: this.#context("", ""), id }, value),
    );
    return id;
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
    const { namespace, countryNamespace } = this.#reporter;
    const root = element(
      "html",
      { ...namespaces, "xmlns:esrs": namespace, "xmlns:country": countryNamespace, "xml:lang": "en" },
      "\n",
      element(
        "head",
        {},
        element("meta", { "http-equiv": "Content-Type", content: "text/html; charset=UTF-8" }),
        element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
        element("title", {}, title),
        element("style", { type: "text/css" }, style),
      ),
      "\n",
      element("body", {}, element("div", { style: "display:none" }, this.#header()), body),
      "\n",
    );
    return `<?xml version="1.0" encoding="UTF-8"?>\n${root.text}\n`;
  }

  #header(): Markup {
    const { lei, start, end, entryPoint } = this.#reporter;
    const contexts = [...this.#contexts.values()].map(({ id, axis, member }) =>
      element(
        "xbrli:context",
        { id },
        element(
          "xbrli:entity",
          {},
          element("xbrli:identifier", { scheme: "http://standards.iso.org/iso/17442" }, lei),
        ),
        element("xbrli:period", {}, element("xbrli:startDate", {}, start), element("xbrli:endDate", {}, end)),
        axis === ""
          ? undefined
          : element(
              "xbrli:scenario",
              {},
              element("xbrldi:explicitMember", { dimension: `esrs:${axis}` }, member),
            ),
      ),
    );
    const units = [...this.#units].map(([unit, id]) => {
      const [numerator = "", denominator] = unit.split("/");
      const content =
        denominator === undefined
          ? measure(numerator)
          : element(
              "xbrli:divide",
              {},
              element("xbrli:unitNumerator", {}, measure(numerator)),
              element("xbrli:unitDenominator", {}, measure(denominator)),
            );
      return element("xbrli:unit", { id }, content);
    });
    return element(
      "ix:header",
      {},
      this.#hidden.length === 0 ? undefined : element("ix:hidden", {}, together(...this.#hidden)),
      element(
        "ix:references",
        {},
        element("link:schemaRef", { "xlink:type": "simple", "xlink:href": entryPoint }),
      ),
      element("ix:resources", {}, contexts, units),
    );
  }

  #context(axis: string, member: string): string {
    const key = `${axis}=${member}`;
    const known = this.#contexts.get(key);
    if (known !== undefined) return known.id;
    const id = axis === "" ? "year" : `year-${member.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
    this.#contexts.set(key, { id, axis, member });
    return id;
  }

  #unit(unit: string): string {
    const known = this.#units.get(unit);
    if (known !== undefined) return known;
    const id = `u-${unit.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
    this.#units.set(unit, id);
    return id;
  }

  #factId(): string {
    return `f${this.#count}`;
  }
}

/** 1234567.891 as 1,234,567.891. */
export function grouped(plain: string): string {
  const [whole = "", fraction] = plain.split(".");
  return `${whole.replaceAll(/\B(?=(\d{3})+$)/g, ",")}${fraction === undefined ? "" : `.${fraction}`}`;
}

function measure(name: string): Markup {
  return element("xbrli:measure", {}, name);
}
