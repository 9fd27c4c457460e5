import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { docsPage } from "./docs-page.ts";
import { docsStyle } from "./docs-style.ts";
import type { OpenApi } from "./openapi.ts";

/** Plain enough to be held on to for a while by whoever reads it. */
const lasting = "public, max-age=300";
const open = "It describes the interface, and holds nothing of anybody's.";

/** `GET /openapi.json` and `/docs`: what this API is, for programs and for people. No key is needed. */
export function addDocumentRoutes(app: FastifyInstance, document: () => OpenApi): void {
  app.get(
    "/openapi.json",
    {
      config: { open },
      schema: {
        summary: "This API as an OpenAPI 3.1 document",
        tags: ["Document"],
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async (_request, reply) =>
      reply.header("cache-control", lasting).type("application/json").send(jsonOf(document())),
  );
  const text = (type: string, what: string) => ({
    200: { description: what, content: { [type]: { schema: z.string() } } },
  });
  app.get(
    "/docs",
    {
      config: { open },
      schema: {
        summary: "This API as a page",
        tags: ["Document"],
        response: text("text/html", "The page"),
      },
    },
    async (_request, reply) =>
      reply
        .header("cache-control", lasting)
        .header(
          "content-security-policy",
          "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        )
        .type("text/html; charset=utf-8")
        .send(pageOf(document())),
  );
  app.get(
    "/docs/style.css",
    {
      config: { open },
      schema: {
        summary: "How the page looks",
        tags: ["Document"],
        response: text("text/css", "The style sheet"),
      },
    },
    async (_request, reply) =>
      reply.header("cache-control", lasting).type("text/css; charset=utf-8").send(docsStyle),
  );
}

const jsonOf = once((document: OpenApi) => JSON.stringify(document));
const pageOf = once(docsPage);

function once<In extends object, Out>(make: (value: In) => Out): (value: In) => Out {
  const made = new WeakMap<In, Out>();
  return (value) => {
    const known = made.get(value);
    if (known !== undefined) return known;
    const fresh = make(value);
    made.set(value, fresh);
    return fresh;
  };
}
