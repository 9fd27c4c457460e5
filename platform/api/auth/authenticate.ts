import { timingSafeEqual } from "node:crypto";
import { isUnreachable, type Database, storageUnreachable } from "../../storage/database.ts";
import { Problem } from "../../service/problem.ts";
import type { ApiKey } from "../../service/settings/auth.ts";
import type { Caller } from "../caller.ts";
import { digestOf, readApiKey } from "./api-key.ts";
import { presented } from "./credentials.ts";
import { keyCache, TooManyWaiting } from "./key-cache.ts";
import { findKeys, type KeyRecord, stateOf } from "./key-store.ts";
import type { TokenCheck } from "./oidc.ts";

/** Why a caller is not known. */
type Unknown = {
  readonly refused:
    | "key-missing"
    | "key-unknown"
    | "key-mistyped"
    | "key-expired"
    | "key-revoked"
    | "token-refused";
  readonly detail: string;
  /** The key's public id, where what was shown has one; the tenant, where the key is proven. */
  readonly keyId?: string;
  readonly tenant?: string;
};

/** Who asks. `known: "keys this process knows"` leaves out whatever would have to be asked of the database or a token's signature. */
export type Authenticate = (
  headers: Readonly<Record<string, unknown>>,
  how: { readonly onlyKnown: boolean },
) => Promise<Caller | Unknown | "not-known-here">;

/** What the check works with. */
export type AuthenticateParts = {
  readonly database: Database;
  /** Keys of the configuration; they work without a database. */
  readonly bootstrap: readonly ApiKey[];
  readonly tokens: TokenCheck | undefined;
  /** Called with a key's id each time it has proven somebody. */
  readonly onUse: (id: string) => void;
};

/** Milliseconds for which a key's state is believed; a revoked key is refused by every process after that, also when the database is away. */
export const keyFreshMs = 3_000;

const hint = "Send it as Authorization: Bearer <key>.";
const oneHint =
  "Send one key or token and nothing beside it: Authorization: Bearer <key>, or X-API-Key: <key>.";

/** The check of keys and tokens. */
export function authenticator({ database, bootstrap, tokens, onUse }: AuthenticateParts): Authenticate {
  const fixed = bootstrap.map(({ owner, scopes, sha256 }) => ({
    digest: Buffer.from(sha256, "hex"),
    caller: { tenant: owner, actor: `bootstrap:${sha256.slice(0, 8)}`, scopes } satisfies Caller,
  }));
  const keys = keyCache<KeyRecord>({
    find: (ids) => findKeys(database, ids),
    freshMs: keyFreshMs,
    most: 10_000,
    pauseMs: 50,
    batch: 500,
    mostWaiting: 2_000,
  });

  const ofKey = async (text: string, onlyKnown: boolean): Promise<Caller | Unknown | "not-known-here"> => {
    const digest = digestOf(text);
    // Every key is compared, so that the time taken says nothing about which one came close.
    let found: Caller | undefined;
    for (const one of fixed) if (timingSafeEqual(digest, one.digest)) found = one.caller;
    if (found !== undefined) return found;
    const read = readApiKey(text);
    if (read === "foreign") return { refused: "key-unknown", detail: hint };
    if (read === "mistyped")
      return {
        refused: "key-mistyped",
        detail: "Its checksum does not fit: compare it with what was shown.",
      };
    const { id } = read;
    if (onlyKnown && !isProof(keys.latest(id), digest)) return "not-known-here";
    const record = await keys.get(id).catch(notNow);
    if (record === undefined || !isProof(record, digest))
      return { refused: "key-unknown", detail: hint, keyId: id };
    const { tenant, scopes } = record;
    const state = stateOf(record, new Date());
    if (state === "revoked")
      return {
        refused: "key-revoked",
        detail: "Ask whoever manages your keys for another.",
        keyId: id,
        tenant,
      };
    if (state === "expired")
      return {
        refused: "key-expired",
        detail: "Ask whoever manages your keys for another.",
        keyId: id,
        tenant,
      };
    onUse(id);
    return { tenant, actor: id, scopes };
  };

  return async (headers, { onlyKnown }) => {
    const shown = presented(headers);
    if (shown === undefined) return { refused: "key-missing", detail: hint };
    if (shown === "unusable") return { refused: "key-unknown", detail: oneHint };
    if (!shown.token || tokens === undefined) return ofKey(shown.text, onlyKnown);
    if (onlyKnown) return "not-known-here";
    const caller = await tokens(shown.text);
    return "refused" in caller ? { refused: "token-refused", detail: caller.refused } : caller;
  };
}

function isProof(record: KeyRecord | undefined, digest: Buffer): boolean {
  return record !== undefined && timingSafeEqual(digest, record.sha256);
}

/** Nobody can say now whether the key is good: that is our matter, not the caller's. */
function notNow(error: unknown): never {
  if (error instanceof TooManyWaiting)
    throw new Problem("unavailable", "Too many unknown keys are being tried; try again shortly.", error);
  // 42P01: the table of keys is not there yet, because the schema is being prepared.
  const cause = isUnreachable(error) ? storageUnreachable(error) : error;
  throw new Problem("unavailable", "Keys cannot be checked right now; try again shortly.", cause);
}
