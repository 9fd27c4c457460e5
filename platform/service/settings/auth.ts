import { z } from "zod";
import { count } from "./shapes.ts";

/** Who may use the API, and how much of it. */
export const authSettings = {
  CSRD_API_KEYS: z.string().default("").transform(apiKeys),
  CSRD_RATE_LIMIT: count(1_000_000).default(600),
};

/** A key that may use the API: whose it is, what it may do, and the SHA-256 of the key itself. */
export type ApiKey = {
  readonly owner: string;
  readonly scopes: readonly ("read" | "write")[];
  readonly sha256: string;
};

/** `acme:read+write:<sha256 of the key, hex>`, separated by commas. */
function apiKeys(text: string, context: z.RefinementCtx<string>): readonly ApiKey[] {
  const keys: ApiKey[] = [];
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const match = /^([A-Za-z0-9._-]{1,63}):(read|write|read\+write):([0-9a-f]{64})$/.exec(entry);
    if (match === null) {
      context.addIssue({
        code: "custom",
        message: "must be entries like acme:read+write:<SHA-256 of the key in hex>, separated by commas",
      });
      continue;
    }
    const [, owner = "", scopes = "", sha256 = ""] = match;
    keys.push({
      owner,
      scopes: (["read", "write"] as const).filter((scope) => scopes.includes(scope)),
      sha256,
    });
  }
  return keys;
}
