import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { routes } from "../contract.ts";
import { Problem } from "../service/problem.ts";
import type { Database } from "../storage/database.ts";
import { createKey, listKeys, mostKeys, revokeKey, rotateKey } from "./auth/key-store.ts";
import { answers } from "./answers.ts";
import { KeyAnswer, KeyFields, KeyId, keyView } from "./key-view.ts";
import { type Caller, scopes } from "./caller.ts";
import type { ReportDesk } from "./report-desk.ts";

/** What the key routes work with. */
export type KeyRouteParts = {
  readonly database: Database;
  readonly desk: Pick<ReportDesk, "callerOf" | "asking">;
};

const dayMs = 86_400_000;
/** How long a key that is rotated goes on, unless the request says otherwise. */
const overlapHours = 24;
const KeyParams = z.object({ id: KeyId });
const KeyList = z
  .object({ keys: z.array(KeyAnswer) })
  .register(answers, { id: "ApiKeyList", description: "The tenant's keys, newest first." });
const NewKeyAnswer = z
  .object({
    ...KeyFields,
    key: z.string().describe("The key itself. It is shown here once and kept nowhere."),
  })
  .register(answers, { id: "NewApiKey", description: "A key that has just been made." });

const KeyWish = z
  .strictObject({
    name: z.string().regex(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]{1,100}$/u),
    scopes: z.array(z.enum(scopes)).min(1).max(3),
    expires_in_days: z.number().int().min(1).max(3_650).optional(),
  })
  .register(answers, { id: "NewApiKeyWish", description: "What a new key is to be." });
const Rotation = z
  .strictObject({ overlap_hours: z.number().min(0).max(720).default(overlapHours) })
  .register(answers, { id: "ApiKeyRotation", description: "How long the old key goes on." });

const tags = ["Keys"];

/** `/api/v1/keys`: a tenant's own keys, for whoever holds one with the right to admin. */
export function addKeyRoutes(app: FastifyInstance, { database, desk }: KeyRouteParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const { callerOf, asking } = desk;

  api.get(
    routes.keys,
    { config: { scope: "admin" }, schema: { summary: "List your keys", tags, response: { 200: KeyList } } },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits handlers; the rule means Express
    async (request) => ({
      keys: (await asking(listKeys(database, callerOf(request).tenant))).map(keyView),
    }),
  );

  api.post(
    routes.keys,
    {
      config: { scope: "admin", problems: ["body-invalid", "content-type-refused", "key-limit"] },
      schema: { summary: "Make a key", tags, body: KeyWish, response: { 201: NewKeyAnswer } },
    },
    async (request, reply) => {
      const { name, scopes: wanted, expires_in_days: days } = request.body;
      const made = await asking(
        createKey(
          database,
          {
            tenant: callerOf(request).tenant,
            name,
            scopes: scopes.filter((scope) => wanted.includes(scope)),
            expiresAt: days === undefined ? undefined : new Date(Date.now() + days * dayMs),
          },
          askerOf(callerOf(request), request),
        ),
      );
      if (made === undefined)
        throw new Problem(
          "key-limit",
          `A tenant has at most ${mostKeys} keys; revoke one that is not used any more.`,
        );
      return reply
        .code(201)
        .header("cache-control", "no-store")
        .header("location", `${routes.keys}/${made.record.id}`)
        .send({ ...keyView(made.record), key: made.key });
    },
  );

  api.post(
    `${routes.keys}/:id/rotate`,
    {
      config: {
        scope: "admin",
        problems: ["not-found", "body-invalid", "content-type-refused", "key-ended"],
      },
      schema: {
        summary: "Make a key that takes the place of this one",
        tags,
        params: KeyParams,
        body: Rotation,
        response: { 201: NewKeyAnswer },
      },
      // No body is the usual rotation: all of it has defaults.
      preValidation: (request, _reply, done) => {
        request.body ??= { overlap_hours: overlapHours };
        done();
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const rotated = await asking(
        rotateKey(
          database,
          caller.tenant,
          request.params.id,
          request.body.overlap_hours * 3_600_000,
          askerOf(caller, request),
        ),
      );
      if (rotated.kind === "unknown") throw new Problem("not-found", "There is no such key.");
      if (rotated.kind !== "rotated")
        throw new Problem(
          "key-ended",
          rotated.kind === "replaced"
            ? "It has been rotated already."
            : "It has expired or has been revoked.",
        );
      const { record, key } = rotated.made;
      return reply
        .code(201)
        .header("cache-control", "no-store")
        .header("location", `${routes.keys}/${record.id}`)
        .send({ ...keyView(record), key });
    },
  );

  api.delete(
    `${routes.keys}/:id`,
    {
      config: { scope: "admin", problems: ["not-found"] },
      schema: { summary: "Revoke a key", tags, params: KeyParams, response: { 200: KeyAnswer } },
    },
    async (request) => {
      const caller = callerOf(request);
      const record = await asking(
        revokeKey(database, caller.tenant, request.params.id, askerOf(caller, request)),
      );
      if (record === undefined) throw new Problem("not-found", "There is no such key.");
      return keyView(record);
    },
  );
}

function askerOf({ actor }: Caller, request: FastifyRequest) {
  return { actor, requestId: request.id };
}
