import { z } from "zod";

/** A JSON Schema as plain data. */
export type JsonSchema = { readonly [key: string]: unknown };

const understood = new Set([
  "type",
  "properties",
  "required",
  "items",
  "enum",
  "const",
  "anyOf",
  "description",
  "additionalProperties",
]);

/** The schema of an answer in the words that both vendors' strict modes understand; every other bound is held by us afterwards. */
export function strictSchema(schema: z.ZodType): JsonSchema {
  return plain(z.toJSONSchema(schema, { target: "draft-7" }));
}

function plain(node: unknown): JsonSchema {
  if (typeof node !== "object" || node === null) return {};
  const kept = Object.entries(node).filter(([key]) => understood.has(key));
  const out: Record<string, unknown> = {};
  for (const [key, value] of kept) {
    if (key === "properties" && typeof value === "object" && value !== null)
      out[key] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
    else if (key === "items") out[key] = plain(value);
    else if (key === "anyOf" && Array.isArray(value)) out[key] = value.map(plain);
    else out[key] = value;
  }
  if (out["type"] === "object") {
    out["additionalProperties"] = false;
    out["required"] = Object.keys(out["properties"] ?? {});
  }
  return out;
}
