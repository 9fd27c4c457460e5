import type { ClientBase } from "pg";
import { recordAudit } from "../../storage/audit-log.ts";
import { type Database, inTransaction } from "../../storage/database.ts";
import { type Scope, scopes } from "../caller.ts";
import { newApiKey } from "./api-key.ts";

/** What is known of a key; never the key itself. */
export type KeyRecord = {
  readonly id: string;
  readonly sha256: Buffer;
  readonly tenant: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date | undefined;
  /** To the minute. */
  readonly lastUsedAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  readonly replaces: string | undefined;
  /** The key that was made to take its place. */
  readonly replacedBy: string | undefined;
};

/** What a new key is to be. */
export type KeyWish = {
  readonly tenant: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | undefined;
};

/** Who asks for a change, for the audit log. */
export type Asker = { readonly actor: string; readonly requestId?: string | undefined };

/** A key that has just been made: `key` is told once. */
export type MadeKey = { readonly record: KeyRecord; readonly key: string };

/** Most keys of one tenant that are neither revoked nor expired. */
export const mostKeys = 100;

type Row = {
  readonly id: string;
  readonly sha256: Buffer;
  readonly tenant: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: Date;
  readonly created_by: string;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
  readonly replaces: string | null;
  readonly replaced_by: string | null;
};

const columns = "k.*, n.id as replaced_by from api_keys k left join api_keys n on n.replaces = k.id";

/** The keys with these ids. It waits for two seconds at most: requests wait for it. */
export async function findKeys(
  database: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, KeyRecord>> {
  const question = { text: `select ${columns} where k.id = any($1)`, values: [ids], query_timeout: 2_000 };
  const { rows } = await database.query<Row>(question);
  return new Map(rows.map((row) => [row.id, recordOf(row)]));
}

/** One key of one tenant, or of any when `tenant` is undefined. */
export async function findKey(
  database: Database,
  tenant: string | undefined,
  id: string,
): Promise<KeyRecord | undefined> {
  const { rows } = await database.query<Row>(
    `select ${columns} where k.id = $1 and ($2::text is null or k.tenant = $2)`,
    [id, tenant],
  );
  return rows[0] === undefined ? undefined : recordOf(rows[0]);
}

/** The keys of one tenant, or of all, newest first; at most 1,000. */
export async function listKeys(
  database: Database,
  tenant: string | undefined,
): Promise<readonly KeyRecord[]> {
  const { rows } = await database.query<Row>(
    `select ${columns} where $1::text is null or k.tenant = $1 order by k.created_at desc, k.id limit 1000`,
    [tenant],
  );
  return rows.map(recordOf);
}

/** Makes a key; undefined when the tenant has as many as it may have. */
export async function createKey(
  database: Database,
  wish: KeyWish,
  asker: Asker,
): Promise<MadeKey | undefined> {
  return inTransaction(database, async (client) => {
    if (!(await hasRoom(client, wish.tenant))) return undefined;
    const made = await insert(client, wish, asker, undefined);
    await recordAudit(client, {
      ...entryOf(asker, made.record),
      action: "key.created",
      detail: { name: wish.name, scopes: wish.scopes.join("+") },
    });
    return made;
  });
}

/** What became of a wish to rotate a key. */
export type Rotated =
  | { readonly kind: "rotated"; readonly made: MadeKey; readonly old: KeyRecord }
  /** There is no such key, it has ended, or it has a successor already. */
  | { readonly kind: "unknown" | "ended" | "replaced" };

/** Makes a key with the same name, tenant and rights; the old one goes on for `overlapMs`, or until it would have expired anyway. */
export async function rotateKey(
  database: Database,
  tenant: string | undefined,
  id: string,
  overlapMs: number,
  asker: Asker,
): Promise<Rotated> {
  return inTransaction(database, async (client) => {
    // Whoever rotates or revokes the same key at the same time waits here.
    await client.query("select 1 from api_keys where id = $1 for update", [id]);
    const { rows } = await client.query<Row>(
      `select ${columns} where k.id = $1 and ($2::text is null or k.tenant = $2)`,
      [id, tenant],
    );
    if (rows[0] === undefined) return { kind: "unknown" };
    const old = recordOf(rows[0]);
    if (old.replacedBy !== undefined) return { kind: "replaced" };
    if (stateOf(old, new Date()) !== "active") return { kind: "ended" };
    const lifetime =
      old.expiresAt === undefined ? undefined : old.expiresAt.getTime() - old.createdAt.getTime();
    const expiresAt = lifetime === undefined ? undefined : new Date(Date.now() + lifetime);
    const made = await insert(client, { ...old, expiresAt }, asker, id);
    const ended = await client.query<{ expires_at: Date }>(
      "update api_keys set expires_at = least(expires_at, now() + $2 * interval '1 millisecond') where id = $1 returning expires_at",
      [id, overlapMs],
    );
    await recordAudit(client, {
      ...entryOf(asker, old),
      action: "key.rotated",
      detail: { successor: made.record.id, overlap_seconds: Math.round(overlapMs / 1000) },
    });
    return {
      kind: "rotated",
      made,
      old: { ...old, expiresAt: ended.rows[0]?.expires_at, replacedBy: made.record.id },
    };
  });
}

/** Ends a key now; gives it as it is afterwards, or undefined when there is no such key. To revoke it again changes nothing. */
export async function revokeKey(
  database: Database,
  tenant: string | undefined,
  id: string,
  asker: Asker,
): Promise<KeyRecord | undefined> {
  return inTransaction(database, async (client) => {
    const { rowCount } = await client.query(
      "update api_keys set revoked_at = now() where id = $1 and ($2::text is null or tenant = $2) and revoked_at is null",
      [id, tenant],
    );
    const { rows } = await client.query<Row>(
      `select ${columns} where k.id = $1 and ($2::text is null or k.tenant = $2)`,
      [id, tenant],
    );
    if (rows[0] === undefined) return undefined;
    const record = recordOf(rows[0]);
    if (rowCount !== 0) await recordAudit(client, { ...entryOf(asker, record), action: "key.revoked" });
    return record;
  });
}

/** Notes that keys were used, at most once a minute each, whichever process has seen them. */
export async function noteUse(database: Database, ids: readonly string[]): Promise<void> {
  await database.query(
    "update api_keys set last_used_at = now() where id = any($1) and (last_used_at is null or last_used_at < now() - interval '1 minute')",
    [ids],
  );
}

/** Where a key stands in its life. `ending`: it has a successor and still works. */
export function stateOf(record: KeyRecord, now: Date): "active" | "ending" | "expired" | "revoked" {
  if (record.revokedAt !== undefined) return "revoked";
  if (record.expiresAt !== undefined && record.expiresAt <= now) return "expired";
  return record.replacedBy === undefined ? "active" : "ending";
}

async function hasRoom(client: ClientBase, tenant: string): Promise<boolean> {
  // Two who make a key for one tenant at the same time do it one after the other.
  await client.query("select pg_advisory_xact_lock(hashtextextended($1, 7243003))", [tenant]);
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::int as count from api_keys where tenant = $1 and revoked_at is null and (expires_at is null or expires_at > now())",
    [tenant],
  );
  return (rows[0]?.count ?? 0) < mostKeys;
}

async function insert(
  client: ClientBase,
  wish: KeyWish,
  { actor }: Asker,
  replaces: string | undefined,
): Promise<MadeKey> {
  const { id, key, sha256 } = newApiKey();
  const { rows } = await client.query<Row>(
    `insert into api_keys (id, sha256, tenant, name, scopes, created_by, expires_at, replaces)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning *, null as replaced_by`,
    [id, sha256, wish.tenant, wish.name, wish.scopes, actor, wish.expiresAt, replaces],
  );
  if (rows[0] === undefined) throw new TypeError("an insert gives its row");
  return { record: recordOf(rows[0]), key };
}

function entryOf({ actor, requestId }: Asker, { id, tenant }: KeyRecord) {
  return { actor, tenant, subject: id, requestId };
}

function recordOf(row: Row): KeyRecord {
  return {
    id: row.id,
    sha256: row.sha256,
    tenant: row.tenant,
    name: row.name,
    scopes: scopes.filter((scope) => row.scopes.includes(scope)),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    replaces: row.replaces ?? undefined,
    replacedBy: row.replaced_by ?? undefined,
  };
}
