import { createHash, timingSafeEqual } from "node:crypto";
import type { ApiKey } from "../service/settings.ts";

/** What a request may do. */
export type Scope = ApiKey["scopes"][number];

/** Who asks, once the key is known. */
export type Caller = { readonly owner: string; readonly scopes: readonly Scope[] };

/** The caller behind the request's headers: `Authorization: Bearer <key>` or `X-API-Key: <key>`. */
export function callerOf(
  keys: readonly ApiKey[],
  headers: Readonly<Record<string, unknown>>,
): Caller | "key-missing" | "key-unknown" {
  const key = presented(headers);
  if (key === undefined) return "key-missing";
  const digest = createHash("sha256").update(key).digest();
  // Every key is compared, so that the time taken says nothing about which one came close.
  let found: ApiKey | undefined;
  for (const known of keys) if (timingSafeEqual(digest, Buffer.from(known.sha256, "hex"))) found = known;
  return found === undefined ? "key-unknown" : { owner: found.owner, scopes: found.scopes };
}

function presented(headers: Readonly<Record<string, unknown>>): string | undefined {
  const { authorization } = headers;
  const bearer =
    typeof authorization === "string" ? /^Bearer +(\S{1,512})$/i.exec(authorization)?.[1] : undefined;
  if (bearer !== undefined) return bearer;
  const header = headers["x-api-key"];
  return typeof header === "string" && header !== "" && header.length <= 512 ? header : undefined;
}
