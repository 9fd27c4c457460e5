import { Decimal } from "decimal.js";
import { SaxesParser } from "saxes";
import { CsrdError } from "../errors.ts";

/** A fact as it stands in a report: names with their prefixes as written, value exact. */
type ReadFact = {
  readonly id: string;
  readonly concept: string;
  readonly value: string;
  readonly numeric: boolean;
  readonly unit: string;
  readonly decimals: string;
  readonly context: string;
  /** Axis to member, of the fact's context. */
  readonly dimensions: Readonly<Record<string, string>>;
};

/** What a report says to a machine. */
export type ReadReport = {
  readonly facts: readonly ReadFact[];
  readonly entity: { readonly scheme: string; readonly identifier: string } | undefined;
  readonly periods: readonly { readonly start: string; readonly end: string }[];
  readonly schemaRefs: readonly string[];
  readonly namespaces: Readonly<Record<string, string>>;
  readonly hasDoctype: boolean;
};

type Context = {
  scheme: string;
  identifier: string;
  start: string;
  end: string;
  dimensions: Record<string, string>;
};
type Open = { name: string; attributes: Record<string, string>; text: string; inFact: boolean };

/** Reads the facts out of an inline XBRL document without trusting it: no entities, no doctype. Throws `artifact-broken` when it is not well-formed. */
export function readInline(content: string): ReadReport {
  const parser = new SaxesParser();
  const stack: Open[] = [];
  const contexts = new Map<string, Context>();
  const units = new Map<string, { over: string[]; under: string[] }>();
  const raw: { open: Open }[] = [];
  const schemaRefs: string[] = [];
  let [hasDoctype, context, unit]: [boolean, string, string] = [false, "", ""];
  let namespaces: Record<string, string> = {};

  parser.on("error", (cause) => {
    throw new CsrdError("artifact-broken", {
      summary: "report.xhtml is not well-formed XML.",
      hint: "Run the reporting stage again.",
      details: cause.message,
      cause,
    });
  });
  parser.on("doctype", () => {
    hasDoctype = true;
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (stack.length === 0)
      namespaces = Object.fromEntries(
        Object.entries(attributes).flatMap(([key, uri]) =>
          key.startsWith("xmlns") ? [[key.slice(6), uri]] : [],
        ),
      );
    const open: Open = { name, attributes, text: "", inFact: false };
    stack.push(open);
    const id = attributes["id"] ?? "";
    if (name === "xbrli:context") {
      context = id;
      contexts.set(id, { scheme: "", identifier: "", start: "", end: "", dimensions: {} });
    }
    if (name === "xbrli:unit") {
      unit = id;
      units.set(id, { over: [], under: [] });
    }
    if (name === "link:schemaRef") schemaRefs.push(attributes["xlink:href"] ?? "");
    if (name === "ix:nonFraction" || name === "ix:nonNumeric") {
      open.inFact = true;
      raw.push({ open });
    }
  });
  parser.on("text", (text) => {
    for (const open of stack) if (open.inFact || open === stack.at(-1)) open.text += text;
  });
  parser.on("closetag", () => {
    const closed = stack.pop();
    if (closed === undefined) return;
    const text = closed.text.trim();
    const held = contexts.get(context);
    if (closed.name === "xbrli:identifier" && held !== undefined)
      Object.assign(held, { scheme: closed.attributes["scheme"] ?? "", identifier: text });
    if (closed.name === "xbrli:startDate" && held !== undefined) held.start = text;
    if (closed.name === "xbrli:endDate" && held !== undefined) held.end = text;
    if (closed.name === "xbrldi:explicitMember" && held !== undefined)
      held.dimensions[closed.attributes["dimension"] ?? ""] = text;
    if (closed.name === "xbrli:measure")
      (stack.some(({ name }) => name === "xbrli:unitDenominator")
        ? units.get(unit)?.under
        : units.get(unit)?.over
      )?.push(text);
  });
  parser.write(content).close();

  const facts = raw.map(({ open: { name, attributes, text } }): ReadFact => {
    const numeric = name === "ix:nonFraction";
    const of = units.get(attributes["unitRef"] ?? "");
    return {
      id: attributes["id"] ?? "",
      concept: attributes["name"] ?? "",
      value: numeric ? numberOf(text, attributes) : text.trim(),
      numeric,
      unit:
        of === undefined
          ? ""
          : [of.over.join("*"), ...(of.under.length > 0 ? [of.under.join("*")] : [])].join("/"),
      decimals: attributes["decimals"] ?? "",
      context: attributes["contextRef"] ?? "",
      dimensions: contexts.get(attributes["contextRef"] ?? "")?.dimensions ?? {},
    };
  });
  const all = [...contexts.values()];
  return {
    facts,
    entity: all[0] === undefined ? undefined : { scheme: all[0].scheme, identifier: all[0].identifier },
    periods: [...new Map(all.map(({ start, end }) => [`${start}/${end}`, { start, end }])).values()],
    schemaRefs,
    namespaces,
    hasDoctype,
  };
}

function numberOf(text: string, attributes: Readonly<Record<string, string>>): string {
  const plain = text.replaceAll(/[,\s]/g, "");
  if (!/^\d+(\.\d+)?$/.test(plain)) return text.trim();
  const value = new Decimal(plain).times(new Decimal(10).pow(attributes["scale"] ?? "0"));
  return (attributes["sign"] === "-" ? value.negated() : value).toFixed();
}
