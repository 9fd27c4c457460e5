import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from "fastify-type-provider-zod";
import { type ProblemCode, problemBody, problemCodes, problems, Problem } from "../service/problem.ts";
import { answers } from "./answers.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The refusals of a route that are its own; those of every route with a caller are added. */
    problems?: readonly ProblemCode[];
    /** What a route's schemas cannot say of it, in OpenAPI's own words; laid over what is derived from them. */
    document?: object;
  }
}

/** An OpenAPI document as plain JSON. */
export type OpenApi = {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, object>;
    readonly securitySchemes: Record<string, object>;
  };
};

/** One method of one path. */
export type Operation = {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: object }>> };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly security?: readonly object[];
};

/** One parameter of an operation. */
export type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly schema?: object;
};

/** One answer of an operation. */
export type Answer = {
  readonly description: string;
  readonly content?: Readonly<
    Record<string, { readonly schema?: object; readonly examples?: object; readonly example?: unknown }>
  >;
};

/** What the document says of the service as a whole. */
export type OpenApiAbout = {
  readonly version: string;
  /** Whose tokens are taken; undefined when none are. */
  readonly issuer: string | undefined;
};

type Seen = { readonly method: string; readonly url: string; readonly config: Config };
type Config = {
  readonly scope?: unknown;
  readonly inner?: unknown;
  readonly problems?: readonly ProblemCode[];
  readonly document?: object;
};

/** Refusals that any route with a caller has. */
const always: readonly ProblemCode[] = ["rate-limited", "unavailable", "defect"];

/** Watches the routes being added and gives the way to their document: made on the first call from the routes and their schemas, and then kept. */
export async function openApi(app: FastifyInstance, about: OpenApiAbout): Promise<() => OpenApi> {
  const seen: Seen[] = [];
  app.addHook("onRoute", ({ method, url, config }) => {
    for (const name of [method].flat())
      if (name !== "HEAD") seen.push({ method: name.toLowerCase(), url, config: config ?? {} });
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "CSRD reporting platform",
        version: about.version,
        description:
          "Send a company's sustainability data; get an audited, XBRL-tagged statement. Every refusal is application/problem+json with a stable code.",
      },
      tags: [
        { name: "Reports", description: "Send, follow, fetch and take back reports." },
        { name: "Keys", description: "The tenant's own API keys." },
        { name: "Operations", description: "Probes and metrics; no key is needed." },
        { name: "Document", description: "This document." },
      ],
      components: { securitySchemes: securitySchemes(about.issuer) },
    },
    transform: createJsonSchemaTransform({ schemaRegistry: answers }),
    transformObject: createJsonSchemaTransformObject({ schemaRegistry: answers }),
  });
  let made: OpenApi | undefined;
  return () => {
    if (made !== undefined) return made;
    const derived = withoutPatterns(app.swagger());
    if (!isDocument(derived)) throw new TypeError("the plugin gave no document");
    made = complete(derived, seen, about);
    return made;
  };
}

function securitySchemes(issuer: string | undefined): Record<string, SecurityScheme> {
  const apiKey: SecurityScheme = {
    type: "apiKey",
    in: "header",
    name: "x-api-key",
    description: "An API key.",
  };
  const bearer: SecurityScheme = {
    type: "http",
    scheme: "bearer",
    description: "An API key, or a token of the identity provider when one is configured.",
  };
  const platform: SecurityScheme = {
    type: "http",
    scheme: "bearer",
    description: "What watches the platform: its own token, when one is configured.",
  };
  if (issuer === undefined) return { bearer, apiKey, platform };
  return {
    bearer,
    apiKey,
    platform,
    openIdConnect: {
      type: "openIdConnect",
      openIdConnectUrl: `${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`,
    },
  };
}

type SecurityScheme =
  | { type: "apiKey"; in: string; name: string; description: string }
  | { type: "http"; scheme: string; description: string }
  | { type: "openIdConnect"; openIdConnectUrl: string };

/** Adds to the derived document what schemas do not say: refusals, rights, names, and each route's own words. */
function complete(derived: OpenApi, seen: readonly Seen[], about: OpenApiAbout): OpenApi {
  const paths: OpenApi["paths"] = {};
  const schemes = Object.keys(securitySchemes(about.issuer));
  for (const { method, url, config } of seen) {
    const [from, to] = [pathOf(url, "*"), pathOf(url, "name")];
    const operation = derived.paths[from]?.[method];
    if (operation === undefined) continue;
    const own: Partial<Operation> = config.document ?? {};
    const security = config.inner === undefined ? [] : [{}, { platform: [] }];
    const operations = (paths[to] ??= {});
    operations[method] = {
      ...operation,
      ...own,
      operationId: nameOf(method, to),
      parameters: [
        ...(operation.parameters ?? []).map((parameter) =>
          parameter.name === "*" ? { ...parameter, name: "name" } : parameter,
        ),
        ...(own.parameters ?? []),
      ],
      responses: responses(derived, operation, own, config),
      security:
        config.scope === undefined
          ? security
          : schemes.filter((name) => name !== "platform").map((scheme) => ({ [scheme]: [] })),
    };
  }
  const whole = { ...derived, paths };
  const used = referenced(whole);
  return {
    ...whole,
    components: {
      ...whole.components,
      schemas: Object.fromEntries(
        Object.entries(whole.components.schemas).filter(([name]) => used.has(name)),
      ),
    },
  };
}

function responses(
  document: OpenApi,
  operation: Operation,
  own: Partial<Operation>,
  config: Config,
): Operation["responses"] {
  const refusing: readonly ProblemCode[] =
    config.scope === undefined
      ? [...(config.inner === undefined ? [] : (["key-unknown"] as const)), ...(config.problems ?? [])]
      : [
          ...problemCodes.filter((code) => problems[code].status === 401 || problems[code].status === 403),
          ...(config.problems ?? []),
          ...always,
        ];
  const refusals: Record<string, Answer> = {};
  for (const code of refusing) {
    const { status, title, example } = problems[code];
    const value = problemBody(new Problem(code, example), "0199f1c2-5f6c-7c1e-9d0a-3b1f6c2e8a41");
    const known = refusals[status];
    refusals[status] = {
      description: known === undefined ? title : `${known.description}; or: ${title}`,
      content: {
        "application/problem+json": {
          schema: { $ref: "#/components/schemas/Problem" },
          examples: {
            ...known?.content?.["application/problem+json"]?.examples,
            [code]: { summary: title, value },
          },
        },
      },
    };
  }
  const derived = Object.fromEntries(
    Object.entries(operation.responses).filter(
      ([status, { description }]) =>
        status !== "200" || description !== "Default Response" || own.responses?.[200] === undefined,
    ),
  );
  const merged: Record<string, Answer> = {
    ...Object.fromEntries(
      Object.entries(derived).map(([status, answer]) => [status, told(document, answer)]),
    ),
    ...refusals,
  };
  for (const [status, answer] of Object.entries(own.responses ?? {}))
    merged[status] = { ...merged[status], ...answer };
  return merged;
}

/** An answer that says what it holds: what its schema says of itself. */
function told(document: OpenApi, answer: Answer): Answer {
  if (answer.description !== "Default Response") return answer;
  const schema = Object.values(answer.content ?? {})[0]?.schema;
  const name = schema !== undefined && "$ref" in schema ? String(schema.$ref).split("/").at(-1) : undefined;
  const named = name === undefined ? undefined : document.components.schemas[name];
  return {
    ...answer,
    description: named !== undefined && "description" in named ? String(named.description) : "The answer.",
  };
}

function isDocument(value: unknown): value is OpenApi {
  return typeof value === "object" && value !== null && "paths" in value && "components" in value;
}

/** The same without what a format says already. */
function withoutPatterns(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPatterns);
  if (typeof value !== "object" || value === null) return value;
  const isInstant = "format" in value && value.format === "date-time";
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      key === "pattern" && isInstant ? [] : [[key, withoutPatterns(inner)]],
    ),
  );
}

/** `/reports/:id/artifacts/*` as OpenAPI writes it, the rest under this name. */
function pathOf(url: string, rest: string): string {
  return url.replaceAll(/:([A-Za-z_]+)/g, "{$1}").replace(/\*$/, `{${rest}}`);
}

/** `get /api/v1/reports/{id}/status` is getReportsStatus. */
function nameOf(method: string, path: string): string {
  const words = path.split("/").filter((word) => word !== "" && !/^(api|v\d+|\{name\})$/.test(word));
  const parts = words.map((word) =>
    word.startsWith("{")
      ? `By${capital(word.slice(1, -1))}`
      : word
          .split(/[^A-Za-z0-9]+/)
          .map(capital)
          .join(""),
  );
  return `${method}${parts.join("")}`;
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}

function referenced(document: OpenApi): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const name =
        key === "$ref" && typeof inner === "string"
          ? /^#\/components\/schemas\/(.+)$/.exec(inner)?.[1]
          : undefined;
      if (name === undefined) walk(inner);
      else if (!found.has(name)) {
        found.add(name);
        walk(document.components.schemas[name]);
      }
    }
  };
  walk(document.paths);
  // Named in words: what the events of a stream hold.
  for (const name of ["ReportEvent", "ProgressEvent", "StatusEvent"]) found.add(name);
  return found;
}
