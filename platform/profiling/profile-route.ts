import { Session } from "node:inspector/promises";
import type { FastifyInstance } from "fastify";
import { routes } from "../contract.ts";
import { Problem } from "../service/problem.ts";
import type { Log } from "../telemetry/log.ts";
import { takeProfile } from "./profile.ts";
import { largestProfile, type ProfileAnswer, type ProfiledProcess, ProfileOrder } from "./profile-order.ts";

/** What the route needs to know of its process. */
export type ProfileParts = {
  readonly log: Log;
  /** Whether a token guards it; without one nobody is let in. */
  readonly isGuarded: boolean;
  /** Profiles of the stages that run in processes of their own, where this process has some. */
  readonly stages?: ((order: ProfileOrder) => Promise<readonly ProfiledProcess[]>) | undefined;
};

/** `POST /debug/profile`: where this process and its stages spend their time, or what they allocate. One at a time. */
export function addProfileRoute(app: FastifyInstance, { log, isGuarded, stages }: ProfileParts): void {
  let isBusy = false;
  app.post(
    routes.profile,
    { config: { inner: "watcher" }, schema: { hide: true } },
    async (request, reply) => {
      if (!isGuarded)
        throw new Problem("right-missing", "It is closed as long as CSRD_PROBE_TOKEN is not set.");
      const parsed = ProfileOrder.safeParse(request.body);
      if (!parsed.success)
        throw new Problem("body-invalid", "The body is { kind: cpu or memory, seconds: 1 to 30 }.");
      if (isBusy) throw new Problem("too-many-at-once", "A profile is being taken; wait until it has ended.");
      isBusy = true;
      try {
        log.info("Profile taken", { request_id: request.id, ...parsed.data });
        const [own, others] = await Promise.all([profileOfThis(parsed.data), stages?.(parsed.data) ?? []]);
        const processes = [own, ...others].filter((one) => JSON.stringify(one).length <= largestProfile);
        return await reply
          .header("cache-control", "no-store")
          .send({ seconds: parsed.data.seconds, processes } satisfies ProfileAnswer);
      } finally {
        isBusy = false;
      }
    },
  );
}

async function profileOfThis({ kind, seconds }: ProfileOrder): Promise<ProfiledProcess> {
  const session = new Session();
  session.connect();
  try {
    return { what: "service", pid: process.pid, ...(await takeProfile(session, kind, seconds * 1_000)) };
  } finally {
    session.disconnect();
  }
}
