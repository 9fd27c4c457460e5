import { z } from "zod";

/** A JSON Schema in a request; its parts are judged by `looseness`. */
export const AnySchema = z.record(z.string(), z.unknown());

/** Why a schema is not one that strict mode takes; undefined when it is. */
export function looseness(schema: unknown): string | undefined {
  if (typeof schema !== "object" || schema === null) return "schema must be an object";
  const node: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(schema));
  const unknown = Object.keys(node).find((key) => !taken.has(key));
  if (unknown !== undefined) return `'${unknown}' is not permitted`;
  if (node["type"] === "object") {
    if (node["additionalProperties"] !== false) return "'additionalProperties' is required to be false";
    const names = Object.keys(z.record(z.string(), z.unknown()).catch({}).parse(node["properties"]));
    const required = z.array(z.string()).catch([]).parse(node["required"]);
    if (names.some((name) => !required.includes(name)))
      return "'required' is required to include every key in properties";
  }
  const inner = [
    ...Object.values(z.record(z.string(), z.unknown()).catch({}).parse(node["properties"])),
    ...(node["items"] === undefined ? [] : [node["items"]]),
    ...z.array(z.unknown()).catch([]).parse(node["anyOf"]),
  ];
  return inner.map(looseness).find((one) => one !== undefined);
}

const taken = new Set([
  "type",
  "properties",
  "required",
  "items",
  "enum",
  "const",
  "anyOf",
  "description",
  "additionalProperties",
  "title",
]);

/** Roughly as many tokens as a text has; four letters each. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

/** A text in the pieces in which it is streamed. */
export function piecesOf(text: string): readonly string[] {
  const size = Math.max(1, Math.ceil(text.length / 12));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
    text.slice(at * size, (at + 1) * size),
  );
}
