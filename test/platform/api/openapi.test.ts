import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { OpenApi, Operation } from "#platform/api/openapi.ts";
import { routes } from "#platform/contract.ts";
import { routesOf } from "#platform/service/gate.ts";
import { problems } from "#platform/service/problem.ts";
import { beginStage, completeStage, finishReport } from "#platform/storage/reports.ts";
import { createKey } from "#platform/api/auth/key-store.ts";
import { type Answer, company, csv, form, keys, servingApi } from "./serving.ts";

const issuer = "https://login.example.com";
const serving = servingApi();

async function document(url = ""): Promise<OpenApi> {
  return (await serving().call("GET", `${url}/openapi.json`, { key: "" })).json;
}

function operations({ paths }: OpenApi): readonly { method: string; path: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
}

/** The document's addresses as the router has them. */
const asRoute = (path: string) => path.replace("{name}", "*").replaceAll(/\{(\w+)\}/g, ":$1");

test("an independent validator finds the document in order", async () => {
  const made = await document();

  const judged = await new Validator().validate(structuredClone(made));

  expect(judged.errors ?? []).toEqual([]);
  expect(judged.valid).toBe(true);
  expect(made.openapi).toBe("3.1.0");
});

test("the document has every route, and no other", async () => {
  const told = operations(await document()).map(
    ({ method, path }) => `${method.toUpperCase()} ${asRoute(path)}`,
  );

  const served = routesOf(serving().api.app)
    .filter(({ method }) => method !== "HEAD")
    // Not for clients: behind the token of those who watch the processes.
    .filter(({ url }) => url !== routes.profile)
    .map(({ method, url }) => `${method} ${url}`);

  expect(told.toSorted()).toEqual(served.toSorted());
});

test("every operation has a name of its own, words, a group, and who may call it", async () => {
  const made = await document();
  const all = operations(made);
  const groups = made.tags.map(({ name }) => name);
  const guards = new Map(
    routesOf(serving().api.app).map(({ method, url, guard }) => [`${method} ${url}`, guard] as const),
  );

  expect(new Set(all.map(({ operation }) => operation.operationId)).size).toBe(all.length);
  for (const { method, path, operation } of all) {
    const guard = guards.get(`${method.toUpperCase()} ${asRoute(path)}`);
    const schemes = operation.security?.flatMap(Object.keys);
    expect(operation.summary, path).toMatch(/^[A-Z].{8,}/);
    expect(groups, path).toContain(operation.tags?.[0]);
    expect(schemes, path).toEqual(
      guard === "open" ? [] : guard === "watcher" ? ["platform"] : ["bearer", "apiKey"],
    );
    for (const { description } of Object.values(operation.responses))
      expect(description, path).not.toBe("Default Response");
  }
});

test("every refusal is told of somewhere, with an example that is such a refusal", async () => {
  const made = await document();
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "api", ...made });
  const judge = ajv.getSchema("api#/components/schemas/Problem");
  const told = new Set<string>();

  for (const { path, operation } of operations(made))
    for (const [status, { content }] of Object.entries(operation.responses)) {
      const examples = (content?.["application/problem+json"]?.examples ?? {}) as Record<
        string,
        { value: any }
      >;
      for (const [code, { value }] of Object.entries(examples)) {
        told.add(code);
        expect(judge?.(value), `${path} ${code}`).toBe(true);
        expect(String(value.status)).toBe(status);
        expect(value.code).toBe(code);
      }
    }

  // What an agent says to the worker, and what any address may say before a route is known, are in no operation.
  const nowhere = ["input-refused", "method-not-allowed", "address-too-long", "headers-too-large"];
  expect([...told, ...nowhere].toSorted()).toEqual(Object.keys(problems).toSorted());
});

test("each operation's real answers are what the document says", async () => {
  const made = await document();
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "api", ...made });
  const { call, database } = serving();
  const called = new Set<string>();
  const judged = async (
    method: string,
    path: string,
    where: string,
    status: number,
    parts: Parameters<typeof call>[2] = {},
  ): Promise<Answer> => {
    const answer = await call(method, where, parts);
    const operation = made.paths[path]?.[method.toLowerCase()];
    const type = (answer.headers.get("content-type") ?? "").split(";")[0] ?? "";
    called.add(`${method} ${path}`);
    expect(answer.status, `${method} ${where}: ${answer.text.slice(0, 300)}`).toBe(status);
    expect(Object.keys(operation?.responses ?? {}), `${method} ${path}`).toContain(String(status));
    if (answer.text === "") return answer;
    const types = Object.keys(operation?.responses[status]?.content ?? {});
    expect(types.includes(type) || types.includes("application/octet-stream"), `${path} ${type}`).toBe(true);
    if (answer.json !== undefined && types.includes(type)) {
      const pointer = [
        "paths",
        path,
        method.toLowerCase(),
        "responses",
        String(status),
        "content",
        type,
        "schema",
      ]
        .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
        .join("/");
      const judge = ajv.getSchema(`api#/${pointer}`);
      expect(judge, pointer).toBeDefined();
      expect(
        judge?.(answer.json),
        `${method} ${path} ${JSON.stringify(judge?.errors)} ${answer.text.slice(0, 300)}`,
      ).toBe(true);
    }
    return answer;
  };

  const reports = "/api/v1/reports";
  const sent = await judged("POST", reports, reports, 202, { body: form() });
  const second = await judged("POST", reports, reports, 202, {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ company, data: csv }),
  });
  const [one, two] = [sent.json.id, second.json.id];
  await beginStage(database, one, "intake", "w");
  await completeStage(database, one, {
    agent: "intake",
    ms: 7,
    worker: "w",
    result: {
      status: "warnings",
      summary: "s",
      figures: { rows: 1, ok: true, of: "x" },
      warnings: ["w"],
      wrote: ["a.json"],
    },
  });
  await finishReport(database, one, {
    status: "failed",
    error: { code: "stage-failed", message: "m", hint: "h" },
  });
  await judged("POST", reports, reports, 400, { headers: { "content-type": "application/json" }, body: "{" });
  await judged("POST", reports, reports, 403, { key: keys.reader, body: form() });
  await judged("POST", reports, reports, 415, { headers: { "content-type": "text/csv" }, body: csv });
  await judged("GET", reports, `${reports}?limit=1`, 200);
  await judged("GET", reports, `${reports}?status=failed`, 200);
  await judged("GET", reports, `${reports}?limit=0`, 400);
  for (const id of [one, two]) {
    await judged("GET", `${reports}/{id}`, `${reports}/${id}`, 200);
    await judged("GET", `${reports}/{id}/status`, `${reports}/${id}/status`, 200);
  }
  for (const tail of ["", "/status"])
    await judged("GET", `${reports}/{id}${tail}`, `${reports}/CSRD-20260101-0000000000${tail}`, 404);
  await database.query(
    "insert into lineage_reports (report_id, owner, lineage_sha256, entries, whole) values ($1, 'acme', '', 1, true)",
    [one],
  );
  await database.query(
    "insert into lineage_uses (report_id, owner, figure, concept, kind, source, version, input, rows, first_row, last_row) values ($1, 'acme', 'f1', 'esrs:GrossScope1', 'rows', 'E1-6', 2, 'inputs/data.csv', 1, 2, 2)",
    [one],
  );
  const lineage = await judged("GET", `${reports}/{id}/lineage`, `${reports}/${one}/lineage?figure=f1`, 200);
  expect(lineage.json.uses).toEqual([
    {
      figure: "f1",
      concept: "esrs:GrossScope1",
      kind: "rows",
      source: "E1-6",
      version: 2,
      input: "inputs/data.csv",
      rows: 1,
      first_row: 2,
      last_row: 2,
    },
  ]);
  await judged(
    "GET",
    `${reports}/{id}/lineage`,
    `${reports}/${one}/lineage?figure=f1&figure=f2&limit=0`,
    400,
  );
  const artifacts = `${reports}/{id}/artifacts/{name}`;
  await judged("GET", artifacts, `${reports}/${one}/artifacts/inputs/data.csv`, 200);
  await judged("GET", artifacts, `${reports}/${one}/artifacts/nothing.csv`, 404);
  await judged("GET", artifacts, `${reports}/${one}/artifacts/inputs/data.csv`, 416, {
    headers: { range: "bytes=900-" },
  });
  await judged("GET", `${reports}/{id}/events`, `${reports}/${one}/events`, 200);
  await judged("GET", `${reports}/{id}/events`, `${reports}/${one}/events`, 204, {
    headers: { "last-event-id": "999999999" },
  });
  await judged("DELETE", `${reports}/{id}`, `${reports}/${two}`, 202);
  await judged("DELETE", `${reports}/{id}`, `${reports}/${one}`, 409);

  const json = { "content-type": "application/json" };
  const adminKey = await createKey(
    database,
    { tenant: "acme", name: "of the test", scopes: ["admin"], expiresAt: undefined },
    { actor: "test" },
  );
  const admin = adminKey?.key ?? "";
  const key = await judged("POST", "/api/v1/keys", "/api/v1/keys", 201, {
    key: admin,
    headers: json,
    body: JSON.stringify({ name: "for the test", scopes: ["read"] }),
  });
  await judged("GET", "/api/v1/keys", "/api/v1/keys", 200, { key: admin });
  await judged("POST", "/api/v1/keys/{id}/rotate", `/api/v1/keys/${key.json.id}/rotate`, 201, {
    key: admin,
    headers: json,
    body: "{}",
  });
  await judged("DELETE", "/api/v1/keys/{id}", `/api/v1/keys/${key.json.id}`, 200, { key: admin });

  for (const path of [
    "/livez",
    "/readyz",
    "/health/ready",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/style.css",
  ])
    await judged("GET", path, path, 200, { key: "" });
  // No agent runs here.
  await judged("GET", "/health", "/health", 503, { key: "" });

  expect([...called].toSorted()).toEqual(
    operations(made)
      .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
      .toSorted(),
  );
});

test("the identity provider is named when there is one", async () => {
  const service = await serving().start({ CSRD_OIDC_ISSUER: issuer, CSRD_OIDC_AUDIENCE: "csrd" });
  try {
    const { components, paths } = await document(service.url);

    expect(components.securitySchemes["openIdConnect"]).toEqual({
      type: "openIdConnect",
      openIdConnectUrl: `${issuer}/.well-known/openid-configuration`,
    });
    expect(paths["/api/v1/reports"]?.["get"]?.security).toEqual([
      { bearer: [] },
      { apiKey: [] },
      { openIdConnect: [] },
    ]);
  } finally {
    await service.stop();
  }
});

test("the page has every operation, shows text as text, and needs nothing from anywhere", async () => {
  const made = await document();
  const page = await serving().call("GET", "/docs", { key: "" });
  const style = await serving().call("GET", "/docs/style.css", { key: "" });

  for (const { operation } of operations(made))
    expect(page.text).toContain(`<article id="${operation.operationId}">`);
  expect(page.headers.get("content-security-policy")).toBe(
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  );
  expect(page.text).not.toMatch(/<script|javascript:|\son\w+=|style=/i);
  expect(page.text.match(/(?:src|href)="[^"#]*"/g)?.toSorted()).toEqual([
    'href="/docs/style.css"',
    'href="/openapi.json"',
  ]);
  expect(page.text).toContain("Authorization: Bearer &#60;key&#62;");
  expect(style.headers.get("content-type")).toBe("text/css; charset=utf-8");
  expect(style.text).not.toMatch(/url\(|@import/);
  for (const anchor of page.text.match(/href="#([^"]+)"/g) ?? [])
    expect(page.text).toContain(`id="${anchor.slice(7, -1)}"`);
});
