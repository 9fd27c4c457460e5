import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { agents } from "#platform/agents/index.ts";
import type { ApiService } from "#platform/api/api-service.ts";
import { revokeKey } from "#platform/api/auth/key-store.ts";
import { agentNames } from "#platform/contract.ts";
import { closeByDefault, type GuardedRoute, routesOf } from "#platform/service/gate.ts";
import { listen } from "#platform/service/http-server.ts";
import { agentSettings, workSettings } from "#platform/service/settings.ts";
import { agentService } from "#platform/work/agent-service.ts";
import { workService } from "#platform/work/work-service.ts";
import { stagesHere } from "../work/stages-here.ts";
import { ask, type Asking, type Held, reportBody, startWorld, type World } from "./world.ts";

/** The routes that answer everybody; a route that is opened must be added here, with its reason in its file. */
const openRoutes = ["/livez", "/readyz", "/health/ready", "/openapi.json", "/docs", "/docs/style.css"];
const watchedRoutes = ["/health", "/metrics"];
/** Closed where no token is set, which the others are not. */
const profileRoute = "/debug/profile";
const internalToken = "an-internal-token-of-a-test";
const probeToken = "a-probe-token-of-a-test-1";

let world: World;
let api: ApiService;
let keys: Readonly<Record<"all" | "reader" | "writer" | "foreign" | "expired" | "revoked", Held>>;
let report: string;
let secrets: readonly string[];

beforeAll(async () => {
  world = await startWorld();
  const everything = ["read", "write", "admin"] as const;
  keys = {
    all: await world.key("acme", everything),
    reader: await world.key("acme", ["read"]),
    writer: await world.key("acme", ["write"]),
    foreign: await world.key("other", everything),
    expired: await world.key("acme", everything, new Date(Date.now() - 1_000)),
    revoked: await world.key("acme", everything),
  };
  await revokeKey(world.database, "acme", keys.revoked.record.id, { actor: "test" });
  api = await world.api();
  report = (await ask(`${api.url}/api/v1/reports`, keys.all.key, reportBody("Very Private GmbH"))).json.id;
  secrets = [report, "Very Private", keys.all.record.id, keys.reader.record.id];
});
afterAll(() => world?.stop());

/** The route's address with things of tenant acme in it. */
function addressOf({ url }: GuardedRoute): string {
  return url
    .replace("/keys/:id", `/keys/${keys.all.record.id}`)
    .replace(":id", report)
    .replace("*", "company.json");
}

function asked({ method }: GuardedRoute): Asking {
  const body = method === "POST" ? { headers: { "content-type": "application/json" }, body: "{}" } : {};
  return { method, ...body };
}

const guarded = () => routesOf(api.app).filter(({ guard }) => guard !== "open" && guard !== "watcher");

describe("of the API", () => {
  test("every route says who may call it, and those that are open are the known ones", () => {
    const routes = routesOf(api.app);

    expect(routes.length).toBeGreaterThan(20);
    expect(routes.filter(({ guard }) => guard === "nobody")).toEqual([]);
    expect(
      [...new Set(routes.flatMap(({ guard, url }) => (guard === "open" ? [url] : [])))].toSorted(),
    ).toEqual(openRoutes.toSorted());
    expect([...new Set(routes.flatMap(({ guard, url }) => (guard === "watcher" ? [url] : [])))]).toEqual([
      ...watchedRoutes,
      profileRoute,
    ]);
    for (const route of [
      "/api/v1/reports",
      "/api/v1/reports/:id",
      "/api/v1/reports/:id/events",
      "/api/v1/keys/:id/rotate",
    ])
      expect(routes.map(({ url }) => url)).toContain(route);
  });

  test("no route answers without a key, with one that is wrong, mistyped, expired or revoked, or with two", async () => {
    const { key } = keys.all;
    const wrong: readonly (readonly [string, Record<string, string>, number, string])[] = [
      ["none", {}, 401, "key-missing"],
      ["wrong", bearer("something"), 401, "key-unknown"],
      ["made up", bearer(`${key.slice(0, 20)}${key.slice(20).toLowerCase()}`), 401, "key-mistyped"],
      ["mistyped", bearer(`${key.slice(0, -1)}${key.endsWith("a") ? "b" : "a"}`), 401, "key-mistyped"],
      ["its id alone", bearer(keys.all.record.id), 401, "key-mistyped"],
      ["its hash", bearer(keys.all.record.sha256.toString("hex")), 401, "key-unknown"],
      ["expired", bearer(keys.expired.key), 401, "key-expired"],
      ["revoked", bearer(keys.revoked.key), 401, "key-revoked"],
      ["two", { ...bearer(key), "x-api-key": key }, 401, "key-unknown"],
      ["Basic", { authorization: `Basic ${Buffer.from(`x:${key}`).toString("base64")}` }, 401, "key-unknown"],
      ["in the query", {}, 401, "key-missing"],
    ];
    for (const route of guarded())
      for (const [what, headers, status, code] of wrong) {
        const init = asked(route);
        const where = `${api.url}${addressOf(route)}${what === "in the query" ? `?api_key=${key}` : ""}`;

        const answer = await ask(where, undefined, { ...init, headers: { ...init.headers, ...headers } });

        expect([route.method, route.url, what, answer.status]).toEqual([
          route.method,
          route.url,
          what,
          status,
        ]);
        expect(answer.headers.get("content-type")).toContain("application/problem+json");
        expect(answer.headers.get("www-authenticate")).toContain("Bearer");
        if (route.method !== "HEAD") expect(answer.json.code).toBe(code);
        for (const secret of [...secrets, key]) expect(answer.text).not.toContain(secret);
      }
  });

  test("no route answers a key without its right", async () => {
    for (const route of guarded()) {
      const weak = route.guard === "read" ? keys.writer : route.guard === "write" ? keys.reader : keys.writer;

      const answer = await ask(`${api.url}${addressOf(route)}`, weak.key, asked(route));

      expect([route.url, answer.status]).toEqual([route.url, 403]);
      for (const secret of secrets) expect(answer.text).not.toContain(secret);
    }
  });

  test("no route shows or changes anything for another tenant's key", async () => {
    for (const route of guarded()) {
      const answer = await ask(`${api.url}${addressOf(route)}`, keys.foreign.key, asked(route));

      if (route.url.includes(":id"))
        expect([route.method, route.url, answer.status]).toEqual([route.method, route.url, 404]);
      for (const secret of secrets) expect(answer.text).not.toContain(secret);
    }
    expect((await ask(`${api.url}/api/v1/reports/${report}`, keys.all.key)).json.status).toBe("queued");
    expect((await ask(`${api.url}/api/v1/keys`, keys.all.key)).json.keys).toHaveLength(5);
  });

  test("health and metrics ask for the probe token where one is set; what a balancer asks does not", async () => {
    const closed = await world.api({ CSRD_PROBE_TOKEN: probeToken });
    for (const where of watchedRoutes) {
      expect((await ask(`${api.url}${where}`)).status).not.toBe(401);
      expect((await ask(`${closed.url}${where}`)).status).toBe(401);
      expect((await ask(`${closed.url}${where}`, keys.all.key)).status).toBe(401);
      expect((await ask(`${closed.url}${where}`, probeToken)).status).not.toBe(401);
    }
    for (const where of openRoutes) expect((await ask(`${closed.url}${where}`)).status).toBe(200);
    const profile = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" } as const;
    expect((await ask(`${api.url}${profileRoute}`, undefined, profile)).status).toBe(403);
    expect((await ask(`${closed.url}${profileRoute}`, keys.all.key, profile)).status).toBe(401);
    expect((await ask(`${closed.url}${profileRoute}`, probeToken, profile)).status).toBe(400);
  });

  test("an address that is no route, or takes another method, says so without a key and tells nothing else", async () => {
    const nowhere = await ask(`${api.url}/api/v1/secrets`);
    const method = await ask(`${api.url}/api/v1/reports/${report}`, undefined, { method: "PUT" });

    expect([nowhere.status, method.status]).toEqual([404, 405]);
    expect(`${nowhere.text}${method.text}`).not.toContain(report);
  });
});

test("a route that says nothing is refused to everybody", async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  closeByDefault(app, { admit: async () => undefined });
  app.get("/forgotten", () => "open");
  await app.register(async (inner) => inner.get("/deep", () => "open"));

  for (const url of ["/forgotten", "/deep"])
    expect((await app.inject({ url, headers: bearer("anything") })).body).toContain("nobody has");
});

test("of the worker nothing but probes can be reached", async () => {
  const worker = await workService(
    workSettings({ ...world.environment, CSRD_PROBE_TOKEN: probeToken }),
    world.log,
  );
  onTestFinished(() => worker.stop());

  expect(new Set(routesOf(worker.app).map(({ url }) => url))).toEqual(
    new Set(["/livez", "/readyz", "/health/ready", ...watchedRoutes, profileRoute]),
  );
  for (const where of watchedRoutes) expect((await ask(`${worker.url}${where}`)).status).toBe(401);
  expect((await ask(`${worker.url}${profileRoute}`, undefined, { method: "POST" })).status).toBe(401);
});

test.for(agentNames)("of the agent %s only the worker gets an answer, and watchers theirs", async (name) => {
  const settings = agentSettings(name, {
    CSRD_ARTIFACTS_DIR: world.root,
    CSRD_INTERNAL_TOKEN: internalToken,
    CSRD_PROBE_TOKEN: probeToken,
    CSRD_PORT: "0",
  });
  const app = await agentService(agents[name], settings, world.log, {
    stages: () => stagesHere(agents[name], world.root),
  });
  onTestFinished(() => app.close());
  const url = await listen(app, settings.CSRD_HOST, settings.CSRD_PORT);
  const routes = routesOf(app);

  expect(routes.map((route) => route.url)).toContain("/run");
  for (const route of routes) {
    const isProbe = openRoutes.includes(route.url);
    for (const key of [undefined, keys.all.key, `${internalToken}x`, ""]) {
      const answer = await ask(`${url}${route.url}`, key, asked(route));

      expect([route.url, answer.status === 401]).toEqual([route.url, !isProbe]);
    }
  }
});

test.for(["0.0.0.0", "::", "10.1.2.3", "agents.internal"])(
  "an agent on %s does not start without the internal token",
  (host) => {
    const environment = { CSRD_ARTIFACTS_DIR: world.root, CSRD_HOST: host };

    expect(() => agentSettings("intake", environment)).toThrow(
      "CSRD_INTERNAL_TOKEN must be set when CSRD_HOST is not this machine's loopback address.",
    );
    expect(agentSettings("intake", { ...environment, CSRD_INTERNAL_TOKEN: internalToken }).CSRD_HOST).toBe(
      host,
    );
  },
);

function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}
