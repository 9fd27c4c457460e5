import type { Names } from "./names.ts";
import type { ReadContext, ReadFact, ReadFault, ReadFootnote } from "./read-report.ts";
import { transformationRegistries, transformed } from "./transformations.ts";
import { shifted } from "./decimal-text.ts";

/** From where to where an element reaches in the document's text and in its markup. */
export type Span = {
  readonly text: number;
  readonly markup: number;
  readonly textEnd: number;
  readonly markupEnd: number;
};

/** A fact's element as it was met. */
export type RawFact = {
  readonly numeric: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly language: string;
  readonly hidden: boolean;
  readonly concept: string;
  readonly nil: boolean;
  /** Its transformation: registry and rule; undefined when none is named. */
  readonly rule: { readonly uri: string; readonly local: string } | undefined;
  span: Span;
};

type Found = {
  readonly facts: readonly RawFact[];
  readonly contexts: ReadonlyMap<string, ReadContext>;
  readonly units: ReadonlyMap<string, string>;
  readonly continuations: ReadonlyMap<string, { readonly span: Span; readonly next: string }>;
  readonly excluded: readonly Span[];
  readonly footnotes: ReadonlyMap<
    string,
    { readonly language: string; readonly span: Span; readonly next: string }
  >;
  readonly relations: readonly { readonly from: readonly string[]; readonly to: readonly string[] }[];
  readonly text: string;
  readonly markup: string;
  readonly names: Names;
  readonly faults: ReadFault[];
};

/** Makes facts of the elements, contexts, units and pieces that were found; what does not fit goes to `faults`. */
export function assembleFacts(found: Found): {
  readonly read: readonly ReadFact[];
  readonly notes: readonly ReadFootnote[];
} {
  const { contexts, units, names, faults } = found;
  const toNotes = new Map<string, Set<string>>();
  for (const { from, to } of found.relations)
    for (const fact of from) {
      const kept = toNotes.get(fact) ?? new Set();
      for (const note of to) kept.add(note);
      toNotes.set(fact, kept);
    }
  const fault = (code: ReadFault["code"], id: string, sentence: string): void => {
    faults.push({ code, id, sentence });
  };
  const used = new Set<string>();
  const read: ReadFact[] = [];
  for (const raw of found.facts) {
    const { attributes, numeric, concept, nil } = raw;
    const id = attributes["id"] ?? "";
    const named = (): string => `${concept}${id === "" ? "" : ` (${id})`}`;
    const contextRef = attributes["contextRef"] ?? "";
    const context = contexts.get(contextRef);
    if (context?.period === undefined) {
      fault("context-missing", id, `${named()} points to a context that says no period: ${contextRef}.`);
      continue;
    }
    const unitRef = attributes["unitRef"] ?? "";
    const unit = units.get(unitRef) ?? "";
    if (numeric && unit === "")
      fault("unit-missing", id, `${named()} is a number and points to no unit: ${unitRef}.`);
    const escape = attributes["escape"] === "true" || attributes["escape"] === "1";
    const { content, pieces } = whole(raw.span, attributes["continuedAt"] ?? "", escape, named, id);
    if (nil && content.trim() !== "")
      fault("nil-with-content", id, `${named()} is said not to be there and yet shows a value.`);
    const decimalsGiven = attributes["decimals"] ?? "";
    const isWhole = /^[+-]?\d{1,4}$/.test(decimalsGiven);
    if (numeric && !nil && !isWhole && decimalsGiven !== "INF")
      fault("decimals-unreadable", id, `${named()} does not say its decimals: ${decimalsGiven || "none"}.`);
    const scaleGiven = attributes["scale"] ?? "0";
    const scale = /^[+-]?\d{1,3}$/.test(scaleGiven) ? Number(scaleGiven) : 0;
    const format = attributes["format"] ?? "";
    if (raw.rule !== undefined && !transformationRegistries.has(raw.rule.uri))
      fault("format-unknown", id, `${named()} names a transformation of no known registry: ${format}.`);
    const value = nil
      ? undefined
      : numeric
        ? numberOf(raw, content, scale, named)
        : textOf(raw, content, escape, named);
    read.push({
      concept,
      value,
      unit: numeric ? unit : "",
      decimals: numeric && isWhole ? Number(decimalsGiven) : undefined,
      period: context.period,
      dimensions: context.dimensions,
      typed: context.typed,
      id,
      name: attributes["name"] ?? "",
      numeric,
      contextRef,
      unitRef,
      format,
      scale,
      decimalsGiven,
      shown: escape ? "" : content,
      escape,
      hidden: raw.hidden,
      pieces,
      language: raw.language,
      footnotes: [...(toNotes.get(id) ?? [])],
    });
  }
  return { read, notes: notes(read) };

  function whole(
    span: Span,
    next: string,
    escape: boolean,
    named: () => string,
    id: string,
  ): { readonly content: string; readonly pieces: number } {
    let content = cut(span, escape);
    let [at, pieces] = [next, 1];
    while (at !== "") {
      const continued = found.continuations.get(at);
      if (continued === undefined || used.has(at)) {
        fault(
          "continuation-broken",
          id,
          `${named()} is continued at ${at}, which is ${used.has(at) ? "already a piece of a text" : "not there"}.`,
        );
        break;
      }
      used.add(at);
      content += cut(continued.span, escape);
      pieces += 1;
      at = continued.next;
    }
    return { content, pieces };
  }

  /** The span's text or markup without what is excluded in it. */
  function cut(span: Span, escape: boolean): string {
    const all = escape ? found.markup : found.text;
    const [start, end] = escape ? [span.markup, span.markupEnd] : [span.text, span.textEnd];
    let [content, from] = ["", start];
    for (const one of inside(found.excluded, start, end, escape)) {
      const [left, right] = escape ? [one.markup, one.markupEnd] : [one.text, one.textEnd];
      if (left < from) continue;
      content += all.slice(from, left);
      from = right;
    }
    return content + all.slice(from, end);
  }

  function numberOf(
    { rule, attributes }: RawFact,
    content: string,
    scale: number,
    named: () => string,
  ): string {
    const shown = content.trim();
    const isPlain = /^\d+(\.\d*)?$|^\.\d+$/.test(shown);
    const plain = rule === undefined ? (isPlain ? shown : undefined) : transformed(rule.local, shown);
    const [id, format] = [attributes["id"] ?? "", attributes["format"] ?? ""];
    if (plain === undefined || plain === "") {
      fault(
        "number-unreadable",
        id,
        `${named()} shows ${shown.slice(0, 40) || "nothing"}, which is no number${format === "" ? "" : ` under ${format}`}.`,
      );
      return shown;
    }
    return shifted(attributes["sign"] === "-" ? `-${plain}` : plain, scale);
  }

  function textOf(
    { rule, attributes }: RawFact,
    content: string,
    escape: boolean,
    named: () => string,
  ): string {
    if (escape) return content;
    if (rule !== undefined) {
      const value = transformed(rule.local, content);
      if (value !== undefined) return value;
      fault(
        "value-unreadable",
        attributes["id"] ?? "",
        `${named()} shows ${content.trim().slice(0, 40)}, which ${attributes["format"] ?? ""} does not take.`,
      );
    }
    const text = content.trim();
    return text.includes("#") ? (names.members(text) ?? text) : text;
  }

  function notes(facts: readonly ReadFact[]): readonly ReadFootnote[] {
    const pointing = new Map<string, string[]>();
    for (const { id, footnotes } of facts)
      for (const note of footnotes) {
        const kept = pointing.get(note) ?? [];
        kept.push(id);
        pointing.set(note, kept);
      }
    for (const note of pointing.keys())
      if (!found.footnotes.has(note) && !facts.some(({ id }) => id === note))
        fault("footnote-broken", note, `A fact points to the footnote ${note}, which is not there.`);
    return [...found.footnotes].map(([id, { language, span, next }]) => ({
      id,
      language,
      text: whole(span, next, false, () => `The footnote ${id}`, id).content.trim(),
      facts: pointing.get(id) ?? [],
    }));
  }
}

/** Those of the spans, which come in the order of their ends, that lie within the bounds: outermost and leftmost first. */
function inside(spans: readonly Span[], start: number, end: number, markup: boolean): readonly Span[] {
  const from = (one: Span): number => (markup ? one.markup : one.text);
  const to = (one: Span): number => (markup ? one.markupEnd : one.textEnd);
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = spans[middle];
    if (one !== undefined && to(one) < start) low = middle + 1;
    else high = middle;
  }
  const within: Span[] = [];
  for (let at = low; at < spans.length; at += 1) {
    const one = spans[at];
    if (one === undefined || to(one) > end) break;
    if (from(one) >= start) within.push(one);
  }
  return within.toSorted((a, b) => from(a) - from(b) || to(b) - to(a));
}
