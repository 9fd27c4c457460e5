/** What a caller may do: read its own reports, send and take back reports, and manage its own keys. */
export const scopes = ["read", "write", "admin"] as const;
export type Scope = (typeof scopes)[number];

/** Who asks, once it is proven. Everything that is looked up for a caller is looked up under its tenant. */
export type Caller = {
  /** Whose reports these are; the `owner` of the tables. */
  readonly tenant: string;
  /** Who it is within the tenant: a key's id, or the subject of a token. Safe to log and to record. */
  readonly actor: string;
  readonly scopes: readonly Scope[];
};
