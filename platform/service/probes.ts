import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { routes } from "../contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { within } from "./patience.ts";

/** One hard dependency: answers, or says in a few words why not. */
type Dependency = () => Promise<string | undefined>;

/** What the probe routes say. */
export type ProbeParts = {
  readonly metrics: Metrics;
  /** Hard dependencies by name; `/readyz` asks them. */
  readonly needs: Readonly<Record<string, Dependency>>;
  /** What it does without: `/readyz` says how it is and is ready all the same. */
  readonly wants?: Readonly<Record<string, Dependency>>;
  /** The full picture, and whether it counts as healthy. */
  readonly health: () => Promise<{ readonly status: string; readonly body: object }>;
  /** Aborted when this process is to be left alone: not ready any more, and connections end with their answer. */
  readonly draining?: AbortSignal | undefined;
};

/** `/livez`: the process answers. It depends on nothing. */
const Alive = z.object({ status: z.literal("alive") });
/** `/readyz`: each dependency, `ok` or why not; only the hard ones decide. */
const Ready = z.object({
  status: z.enum(["ready", "not ready", "draining"]),
  checks: z.record(z.string(), z.string()),
});
/** `/health` as the operations manual has it ("Health Check Endpoints"); unless healthy, only the groups that are not. */
const Health = z.looseObject({
  status: z.enum(["healthy", "degraded", "unhealthy"]),
  timestamp: z.string().optional(),
  version: z.string().optional(),
  checks: z
    .record(
      z.string(),
      z.object({
        status: z.enum(["healthy", "degraded", "unhealthy"]),
        details: z.record(z.string(), z.union([z.string(), z.number()])),
      }),
    )
    .optional(),
});

/** `/livez`, `/readyz` and its alias, `/health`, `/metrics`. */
export function addProbes(
  app: FastifyInstance,
  { metrics, needs, wants = {}, health, draining }: ProbeParts,
): void {
  let closing = false;
  const isLeaving = (): boolean => closing || draining?.aborted === true;
  app.addHook("preClose", async () => {
    closing = true;
  });
  // A connection that is in use when we stop would otherwise stay open, idle, for as long as its client likes.
  app.addHook("onSend", (_request, reply, _answer, done) => {
    if (isLeaving()) reply.header("connection", "close");
    done();
  });
  // The two that a load balancer asks are open; what tells more about the platform may ask for a token.
  const about = (summary: string, response: object, guard: "open" | "watcher" = "open") => ({
    config: guard === "open" ? { open: "load balancers ask, and it tells nothing" } : { inner: guard },
    schema: { summary, tags: ["Operations"], response },
  });
  app.get(routes.live, about("The process answers; depends on nothing", { 200: Alive }), async () => ({
    status: "alive",
  }));
  const asks = Object.entries({ ...needs, ...wants }).map(
    ([name, ask]) => [name, wellRemembered(ask)] as const,
  );
  const ready = async (_request: FastifyRequest, reply: FastifyReply) => {
    const checks = Object.fromEntries(
      await Promise.all(asks.map(async ([name, ask]) => [name, (await withinASecond(ask)) ?? "ok"] as const)),
    );
    const isReady = !isLeaving() && Object.keys(needs).every((name) => checks[name] === "ok");
    return reply
      .code(isReady ? 200 : 503)
      .header("cache-control", "no-store")
      .send({ status: isReady ? "ready" : isLeaving() ? "draining" : "not ready", checks });
  };
  const readyAbout = about("Ready for requests: the hard dependencies only", { 200: Ready, 503: Ready });
  app.get(routes.ready, readyAbout, ready);
  app.get(routes.readyAlias, readyAbout, ready);
  app.get(
    routes.health,
    about(
      "The full picture, for people: agents, storage, external dependencies, resources",
      {
        200: Health,
        503: Health,
      },
      "watcher",
    ),
    async (_request, reply) => {
      const { status, body } = await health();
      return reply
        .code(status === "unhealthy" ? 503 : 200)
        .header("cache-control", "no-store")
        .send(body);
    },
  );
  app.get(
    routes.metrics,
    about(
      "Prometheus metrics of this process",
      {
        200: {
          description: "Prometheus text format",
          content: { "text/plain": { schema: z.string() } },
        },
      },
      "watcher",
    ),
    async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}

/** True for the routes that machines ask all the time. */
export function isProbe(route: string): boolean {
  return (
    route === routes.live ||
    route === routes.ready ||
    route === routes.readyAlias ||
    route === routes.health ||
    route === routes.metrics
  );
}

/** Milliseconds for which a dependency that has answered well counts as well: a fleet of balancers must not multiply into questions. */
const wellMs = 250;

/** Asks again when what was good is older than that, and always when it was not. */
function wellRemembered(ask: Dependency): Dependency {
  let wellAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - wellAt < wellMs) return undefined;
    const asked = performance.now();
    const says = await ask();
    if (says === undefined) wellAt = asked;
    return says;
  };
}

async function withinASecond(ask: Dependency): Promise<string | undefined> {
  return within(1_000, ask(), "no answer within 1 s").catch(() => "unreachable");
}
