import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "./canonical.ts";

/**
 * Hash of a definition's content: its data, the source of its functions, and the JSON Schema of its zod schemas.
 * An edited runbook has another hash, so a plan made by the old one cannot run as the new one.
 */
export function contentHash(definition: object): string {
  return createHash("sha256")
    .update(canonicalJson(describe(definition, new Set())))
    .digest("hex");
}

function describe(value: unknown, seen: Set<object>): unknown {
  if (typeof value === "function") return { source: value.toString() };
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return "cycle";
  if (value instanceof z.ZodType)
    return { schema: z.toJSONSchema(value, { unrepresentable: "any", io: "input" }) };
  const within = new Set(seen).add(value);
  if (Array.isArray(value)) return value.map((item) => describe(item, within));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, describe(member, within)]));
}
