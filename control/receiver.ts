import rateLimit from "@fastify/rate-limit";
import { fastify, type FastifyInstance } from "fastify";
import { z } from "zod";
import { isCodedError } from "#kit/errors.ts";
import type { Identity } from "#kit/identity.ts";
import { isSignalToken } from "./token.ts";

/** What the receiver needs: the key of its tokens, and the hand that puts a signal into a run's record. */
export type Receiving = {
  readonly key: string;
  readonly signal: (
    run: string,
    signal: {
      readonly signal: string;
      readonly by: Identity;
      readonly value?: unknown;
      readonly text?: string;
    },
  ) => Promise<unknown>;
  /** Resolves when the journal can be read. */
  readonly ready: () => Promise<void>;
  readonly rateLimit?: { readonly max: number; readonly timeWindow: string };
};

const largestBody = 20 * 1024;

const Path = z.object({
  run: z.string().regex(/^r-[0-9a-f]{4,16}$/),
  signal: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/),
});
const Body = z.strictObject({ value: z.unknown().optional(), text: z.string().max(2_000).optional() });

/**
 * `POST /hooks/<run>/<signal>` with `Authorization: Bearer <token>`: says that something a run waits for has happened. Without the
 * right token every answer is the same 401, whether the run exists or not. 202 accepted, 400 unreadable, 409 nobody waits for it.
 */
export async function receiver({
  key,
  signal,
  ready,
  rateLimit: limit,
}: Receiving): Promise<FastifyInstance> {
  const app = fastify({ bodyLimit: largestBody, logger: false });
  await app.register(rateLimit, { max: limit?.max ?? 60, timeWindow: limit?.timeWindow ?? "1 minute" });
  app.get("/livez", async () => ({ status: "alive" }));
  app.get("/readyz", async (_request, reply) => {
    try {
      await ready();
      return { status: "ready" };
    } catch {
      return reply.code(503).send({ status: "not ready", why: "the journal cannot be read" });
    }
  });
  app.post("/hooks/:run/:signal", {
    // After the rate limit and before the body is read: who may not speak is not listened to.
    preParsing: async (request, reply) => {
      const path = Path.safeParse(request.params);
      const given = /^Bearer ([0-9a-f]{64})$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
      if (!path.success || !isSignalToken(key, path.data.run, path.data.signal, given))
        return reply.code(401).header("www-authenticate", "Bearer").send({ error: "unauthorized" });
    },
    handler: async (request, reply) => {
      const { run, signal: name } = Path.parse(request.params);
      const body = Body.safeParse(request.body ?? {});
      if (!body.success)
        return reply.code(400).send({ error: 'The body is JSON: {"value": …, "text": "…"}.' });
      const { value, text } = body.data;
      try {
        await signal(run, {
          signal: name,
          by: { name: `webhook:${name}`, host: request.ip, via: "webhook" },
          ...(value === undefined ? {} : { value }),
          ...(text === undefined ? {} : { text }),
        });
        return await reply.code(202).send({ run, signal: name, accepted: true });
      } catch (error) {
        if (!isCodedError(error)) throw error;
        return reply
          .code(error.code === "run-unknown" ? 404 : 409)
          .send({ error: error.summary, code: error.code });
      }
    },
  });
  return app;
}
