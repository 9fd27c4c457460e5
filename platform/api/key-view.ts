import { z } from "zod";
import { answers } from "./answers.ts";
import { type KeyRecord, stateOf } from "./auth/key-store.ts";
import { scopes } from "./caller.ts";

const Instant = z.iso.datetime();
/** A key's public id. */
export const KeyId = z
  .string()
  .regex(/^csrd_live_[0-9A-Za-z]{8}$/)
  .describe("csrd_live_7K2m9QxB");

/** What is told of a key. */
export const KeyFields = {
  id: KeyId,
  name: z.string(),
  scopes: z.array(z.enum(scopes)),
  state: z
    .enum(["active", "ending", "expired", "revoked"])
    .describe("ending: it has a successor and still works"),
  created_at: Instant,
  created_by: z.string(),
  expires_at: Instant.optional(),
  last_used_at: Instant.optional().describe("To the minute"),
  revoked_at: Instant.optional(),
  replaces: KeyId.optional(),
  replaced_by: KeyId.optional(),
};
/** A key in the API's document. */
export const KeyAnswer = z
  .object(KeyFields)
  .register(answers, { id: "ApiKey", description: "A key of the API; never the key itself." });

/** A key as programs read it. */
export function keyView(record: KeyRecord): z.infer<typeof KeyAnswer> {
  const { expiresAt, lastUsedAt, revokedAt, replaces, replacedBy } = record;
  return {
    id: record.id,
    name: record.name,
    scopes: [...record.scopes],
    state: stateOf(record, new Date()),
    created_at: record.createdAt.toISOString(),
    created_by: record.createdBy,
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt.toISOString() }),
    ...(lastUsedAt === undefined ? {} : { last_used_at: lastUsedAt.toISOString() }),
    ...(revokedAt === undefined ? {} : { revoked_at: revokedAt.toISOString() }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(replacedBy === undefined ? {} : { replaced_by: replacedBy }),
  };
}
