import { type Fact, type FactPeriod, periodText } from "#rules/fact.ts";
import { type Child, element, type Markup, together } from "./markup.ts";

const namespaces = {
  xmlns: "http://www.w3.org/1999/xhtml",
  "xmlns:ix": "http://www.xbrl.org/2013/inlineXBRL",
  "xmlns:ixt": "http://www.xbrl.org/inlineXBRL/transformation/2020-02-12",
  "xmlns:link": "http://www.xbrl.org/2003/linkbase",
  "xmlns:xlink": "http://www.w3.org/1999/xlink",
  "xmlns:xbrli": "http://www.xbrl.org/2003/instance",
  "xmlns:xbrldi": "http://xbrl.org/2006/xbrldi",
  "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
  "xmlns:iso4217": "http://www.xbrl.org/2003/iso4217",
  "xmlns:utr": "http://www.xbrl.org/2009/utr",
} as const;
const leiScheme = "http://standards.iso.org/iso/17442";

type Place = Pick<Fact, "period" | "dimensions" | "typed">;
type About = {
  readonly lei: string;
  readonly start: string;
  readonly end: string;
  readonly entryPoint: string;
  readonly namespace: string;
  readonly countryNamespace: string;
  readonly language: string;
};

/** Contexts, units and everything else that a document says before its first word. Ids are made of what they stand for, in the order of first use. */
export class Header {
  readonly #about: About;
  readonly #contexts = new Map<string, { readonly id: string; readonly place: Place }>();
  readonly #units = new Map<string, string>();
  readonly #ids = new Set<string>();

  constructor(about: About) {
    this.#about = about;
  }

  /** The id of the context of this period and breakdown. */
  context(place: Place): string {
    const { period, dimensions, typed } = place;
    const parts: string[] = [];
    for (const axis of Object.keys(dimensions).toSorted()) parts.push(`${axis}=${dimensions[axis] ?? ""}`);
    for (const axis of Object.keys(typed).toSorted()) parts.push(`${axis}~${typed[axis] ?? ""}`);
    const key = JSON.stringify([periodText(period), ...parts]);
    const known = this.#contexts.get(key);
    if (known !== undefined) return known.id;
    const words = [...Object.keys(dimensions).toSorted(), ...Object.keys(typed).toSorted()].map((axis) =>
      (dimensions[axis] ?? typed[axis] ?? "").replace(/^esrs:/, "").replaceAll(/[^A-Za-z0-9]+/g, "-"),
    );
    const id = this.#free([this.#periodName(period), ...words].join("-").slice(0, 120));
    this.#contexts.set(key, { id, place: { period, dimensions, typed } });
    return id;
  }

  /** The id of a unit such as `utr:MWh` or `utr:MWh/iso4217:EUR`. */
  unit(measure: string): string {
    const known = this.#units.get(measure);
    if (known !== undefined) return known;
    const id = this.#free(`u-${measure.replaceAll(/[^A-Za-z0-9]+/g, "-")}`);
    this.#units.set(measure, id);
    return id;
  }

  /** The whole document: header, hidden facts, contexts, units, then the body. */
  document({
    head,
    hidden,
    relationships,
    body,
  }: {
    readonly head: Child;
    readonly hidden: readonly Markup[];
    readonly relationships: readonly Markup[];
    readonly body: Child;
  }): string {
    const { entryPoint, namespace, countryNamespace, language } = this.#about;
    const header = element(
      "ix:header",
      {},
      hidden.length === 0 ? undefined : element("ix:hidden", {}, together(hidden)),
      element(
        "ix:references",
        { "xml:lang": language },
        element("link:schemaRef", { "xlink:type": "simple", "xlink:href": entryPoint }),
      ),
      element(
        "ix:resources",
        {},
        relationships,
        [...this.#contexts.values()].map(({ id, place }) => this.#written(id, place)),
        [...this.#units].map(([measure, id]) => element("xbrli:unit", { id }, unitContent(measure))),
      ),
    );
    const root = element(
      "html",
      {
        ...namespaces,
        "xmlns:esrs": namespace,
        "xmlns:country": countryNamespace,
        "xml:lang": language,
      },
      "\n",
      element("head", {}, head),
      "\n",
      element("body", {}, element("div", { style: "display:none" }, header), "\n", body),
      "\n",
    );
    return `<?xml version="1.0" encoding="UTF-8"?>\n${root.text}\n`;
  }

  #written(id: string, { period, dimensions, typed }: Place): Markup {
    const explicit = Object.keys(dimensions)
      .toSorted()
      .map((axis) => element("xbrldi:explicitMember", { dimension: `esrs:${axis}` }, dimensions[axis]));
    const free = Object.keys(typed)
      .toSorted()
      .map((axis) =>
        element(
          "xbrldi:typedMember",
          { dimension: `esrs:${axis}` },
          element(`esrs:${axis.startsWith("IdentifierOf") ? "LIT" : "TYP"}`, {}, typed[axis]),
        ),
      );
    return element(
      "xbrli:context",
      { id },
      element("xbrli:entity", {}, element("xbrli:identifier", { scheme: leiScheme }, this.#about.lei)),
      element(
        "xbrli:period",
        {},
        "instant" in period
          ? element("xbrli:instant", {}, period.instant)
          : [element("xbrli:startDate", {}, period.start), element("xbrli:endDate", {}, period.end)],
      ),
      explicit.length + free.length === 0 ? undefined : element("xbrli:scenario", {}, explicit, free),
    );
  }

  /** `year` and `end` for the reporting year and its last day, dated names for others. */
  #periodName(period: FactPeriod): string {
    const { start, end } = this.#about;
    if ("instant" in period) return period.instant === end ? "end" : `on-${period.instant}`;
    if (period.start === start && period.end === end) return "year";
    const calendarYear = period.start.slice(0, 4);
    return period.start === `${calendarYear}-01-01` && period.end === `${calendarYear}-12-31`
      ? `year-${calendarYear}`
      : `from-${period.start}-to-${period.end}`;
  }

  #free(wanted: string): string {
    let id = wanted;
    for (let at = 2; this.#ids.has(id); at += 1) id = `${wanted}-${at}`;
    this.#ids.add(id);
    return id;
  }
}

function unitContent(measure: string): Markup {
  const [over = "", under] = measure.split("/");
  const product = (of: string): readonly Markup[] =>
    of.split("*").map((one) => element("xbrli:measure", {}, one));
  return under === undefined
    ? together(product(over))
    : element(
        "xbrli:divide",
        {},
        element("xbrli:unitNumerator", {}, product(over)),
        element("xbrli:unitDenominator", {}, product(under)),
      );
}
