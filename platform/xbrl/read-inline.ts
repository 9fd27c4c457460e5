import { SaxesParser } from "saxes";
import { CsrdError } from "../errors.ts";
import { Names } from "./names.ts";
import { HeaderReader } from "./read-header.ts";
import { assembleFacts, type RawFact, type Span } from "./read-facts.ts";
import type { ReadFault, ReadReport } from "./read-report.ts";

const uris = {
  ix: "http://www.xbrl.org/2013/inlineXBRL",
  link: "http://www.xbrl.org/2003/linkbase",
  xhtml: "http://www.w3.org/1999/xhtml",
} as const;
const xsi = "http://www.w3.org/2001/XMLSchema-instance";
/** A document larger or deeper than any statement is not read. */
const limits = { characters: 128 * 1024 * 1024, depth: 512, factDepth: 32, facts: 1_000_000 } as const;
const selfClosing = new Set(["area", "base", "br", "col", "hr", "img", "input", "link", "meta", "param"]);
const runs = new Set(["script", "iframe", "object", "embed", "form", "applet", "audio", "video", "canvas"]);

/** An element that is being read: what it is, and where its text and markup began. */
type Open = {
  readonly kind: string;
  readonly closing: string;
  readonly declared: boolean;
  readonly language: string;
  readonly span: { text: number; markup: number };
  readonly attributes: Readonly<Record<string, string>>;
  readonly fact: RawFact | undefined;
};

/** The taxonomy's namespaces, by which names in the document become canonical. */
export type Vocabulary = { readonly namespace: string; readonly country_namespace: string };

/**
 * Reads an inline XBRL 1.1 document back into facts without trusting it: entities are not expanded, and size and depth are bounded.
 * What cannot be read as it stands is listed in `faults`. Throws `artifact-broken` when it is not well-formed XML or is refused.
 */
export function readInline(content: string, vocabulary: Vocabulary): ReadReport {
  if (content.length > limits.characters) throw refused(`it has ${content.length} characters`);
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  const names = new Names(vocabulary);
  const stack: Open[] = [];
  const facts: RawFact[] = [];
  const continuations = new Map<string, { span: Span; next: string }>();
  const excluded: Span[] = [];
  const footnotes = new Map<string, { language: string; span: Span; next: string }>();
  const relations: { from: readonly string[]; to: readonly string[] }[] = [];
  const faults: ReadFault[] = [];
  const header = new HeaderReader(names, faults);
  const ids = new Set<string>();
  const hiddenShown = new Set<string>();
  const active = new Set<string>();
  let [text, markup, openFacts, capturing, hidden, resources] = ["", "", 0, 0, 0, 0];
  // What the innermost element of the header says; taken from here, so that the long text is put together only once.
  let said = "";
  let [hasDoctype, encoding] = [false, ""];
  let root: ReadReport["root"] | undefined;

  parser.on("error", (cause) => {
    throw new CsrdError("artifact-broken", {
      summary: "report.xhtml is not well-formed XML.",
      hint: "Run the reporting stage again.",
      details: cause.message,
      cause,
    });
  });
  parser.on("xmldecl", (declared) => {
    encoding = declared.encoding ?? "";
  });
  parser.on("doctype", (doctype) => {
    hasDoctype = true;
    if (/<!ENTITY|\[/i.test(doctype)) throw refused("it declares entities of its own");
  });
  parser.on("opentag", ({ name, attributes }) => opened(name, attributes));
  parser.on("text", heard);
  parser.on("cdata", heard);
  parser.on("closetag", closed);
  parser.write(content).close();

  const { contexts, units, schemaRefs } = header;
  const { read, notes } = assembleFacts({
    facts,
    contexts,
    units,
    continuations,
    excluded,
    footnotes,
    relations,
    text,
    markup,
    names,
    faults,
  });
  const all = [...contexts.values()];
  const first = all[0];
  return {
    facts: read,
    entity: first && { scheme: first.scheme, identifier: first.identifier },
    entities: [...new Set(all.map(({ scheme, identifier }) => `${scheme} ${identifier}`))],
    contexts,
    units,
    periods: [
      ...new Map(
        all.flatMap(({ period }) =>
          period === undefined ? [] : [[JSON.stringify(period), period] as const],
        ),
      ).values(),
    ],
    schemaRefs,
    footnotes: notes,
    namespaces: names.ofRoot,
    root: root ?? { name: "", language: "" },
    hiddenShown,
    active: [...active],
    faults,
    hasDoctype,
    encoding,
    characters: content.length,
  };

  function opened(name: string, attributes: Readonly<Record<string, string>>): void {
    if (stack.length >= limits.depth) throw refused(`its elements are nested deeper than ${limits.depth}`);
    const declared = names.enter(attributes);
    const { uri, local } = names.element(name);
    const language = attributes["xml:lang"] ?? stack.at(-1)?.language ?? "";
    root ??= { name: uri === uris.xhtml ? local : name, language };
    const id = attributes["id"];
    if (id !== undefined && id !== "") {
      if (ids.has(id)) faults.push({ code: "id-duplicate", id, sentence: `The id ${id} is given twice.` });
      ids.add(id);
    }
    const span = { text: text.length, markup: markup.length };
    let [kind, closing] = ["", ""];
    let fact: RawFact | undefined;
    if (uri === uris.ix) {
      kind = `ix:${local}`;
      if (local === "hidden") hidden += 1;
      if (local === "resources") resources += 1;
      if (local === "continuation" || local === "footnote") capturing += 1;
      if (local === "nonFraction" || local === "nonNumeric") {
        openFacts += 1;
        capturing += 1;
        if (openFacts > limits.factDepth)
          throw refused(`its facts are nested deeper than ${limits.factDepth}`);
        if (facts.length >= limits.facts) throw refused(`it holds more than ${limits.facts} facts`);
        fact = {
          numeric: local === "nonFraction",
          attributes,
          language,
          hidden: hidden > 0,
          span: { ...span, textEnd: 0, markupEnd: 0 },
          concept: names.canonical(attributes["name"] ?? ""),
          rule: attributes["format"] === undefined ? undefined : names.resolve(attributes["format"]),
          nil: /^(true|1)$/.test(names.attribute(attributes, xsi, "nil") ?? ""),
        };
        facts.push(fact);
      }
      if (local === "relationship")
        relations.push({
          from: words(attributes["fromRefs"]),
          to: words(attributes["toRefs"]),
        });
      if (local === "fraction" || local === "tuple")
        faults.push({
          code: "construct-unsupported",
          id: id ?? "",
          sentence: `ix:${local} is not used in sustainability statements and was not read.`,
        });
    } else if (resources > 0 || uri === uris.link) {
      said = "";
      kind = header.opened(uri, local, attributes);
    } else if (uri === uris.xhtml || uri === "") {
      look(local, attributes);
      if (capturing > 0) {
        const written = attributesOf(attributes);
        const empty = selfClosing.has(local);
        markup += `<${local}${written}${empty ? "/" : ""}>`;
        closing = empty ? "" : local;
      }
    }
    stack.push({ kind, closing, declared, language, span, attributes, fact });
  }

  function heard(piece: string): void {
    if (resources > 0) said += piece;
    text += piece;
    if (capturing > 0) markup += escaped(piece);
  }

  function closed(): void {
    const open = stack.pop();
    if (open === undefined) return;
    const { kind, closing, span, attributes, fact } = open;
    const whole: Span = { ...span, textEnd: text.length, markupEnd: markup.length };
    if (fact !== undefined) {
      openFacts -= 1;
      fact.span = whole;
      capturing -= 1;
    } else if (closing !== "") {
      markup += `</${closing}>`;
    } else if (kind !== "") ended(kind, attributes, whole, open.language);
    if (open.declared) names.leave();
  }

  function ended(
    kind: string,
    attributes: Readonly<Record<string, string>>,
    span: Span,
    language: string,
  ): void {
    switch (kind) {
      case "ix:hidden":
        hidden -= 1;
        break;
      case "ix:resources":
        resources -= 1;
        break;
      case "ix:exclude":
        excluded.push(span);
        break;
      case "ix:continuation":
        capturing -= 1;
        continuations.set(attributes["id"] ?? "", { span, next: attributes["continuedAt"] ?? "" });
        break;
      case "ix:footnote":
        capturing -= 1;
        footnotes.set(attributes["id"] ?? "", { language, span, next: attributes["continuedAt"] ?? "" });
        break;
      default:
        header.ended(kind, attributes, said.trim());
    }
  }

  function look(local: string, attributes: Readonly<Record<string, string>>): void {
    if (runs.has(local)) active.add(local);
    for (const key in attributes) {
      const value = attributes[key] ?? "";
      if (key.startsWith("on")) active.add(`${local} ${key}`);
      else if (key === "style") {
        if (value.includes("ix-hidden"))
          for (const [, id = ""] of value.matchAll(/-(?:\w+-)?ix-hidden\s*:\s*([^\s;]+)/g))
            hiddenShown.add(id);
        if (/url\(|expression\(/i.test(value)) active.add(`${local} style`);
      } else if (key === "src" && !/^data:image\/(svg\+xml|png|jpeg|gif)[;,]/.test(value))
        active.add(`${local} src`);
      else if (key === "href" && (local === "link" || /^\s*(javascript|data|vbscript):/i.test(value)))
        active.add(`${local} href`);
    }
  }
}

/** An element's attributes as they are kept in a text block: sorted, without declarations of namespaces. */
function attributesOf(attributes: Readonly<Record<string, string>>): string {
  let keys: string[] | undefined;
  for (const key in attributes)
    if (key !== "xmlns" && !key.startsWith("xmlns:")) {
      keys ??= [];
      keys.push(key);
    }
  if (keys === undefined) return "";
  let written = "";
  for (const key of keys.toSorted())
    written += ` ${key}="${escaped(attributes[key] ?? "").replaceAll('"', "&quot;")}"`;
  return written;
}

const words = (list: string | undefined): readonly string[] =>
  (list ?? "").split(/\s+/).filter((word) => word !== "");

function escaped(piece: string): string {
  return /[&<>]/.test(piece)
    ? piece.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    : piece;
}

function refused(why: string): CsrdError {
  return new CsrdError("artifact-broken", {
    summary: `report.xhtml is not read: ${why}.`,
    hint: "Run the reporting stage again; a statement of this platform is never like that.",
  });
}
