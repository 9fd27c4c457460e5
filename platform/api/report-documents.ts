import type { Scope } from "./caller.ts";
import type { ProblemCode } from "../service/problem.ts";

/** What is said of `POST /api/v1/reports` beyond its schemas: two kinds of body, and its headers. */
export const sendingDocument = {
  scope: "write" satisfies Scope as Scope,
  problems: [
    "body-invalid",
    "body-too-large",
    "content-type-refused",
    "content-encoding-refused",
    "idempotency-key-invalid",
    "idempotency-conflict",
    "request-timeout",
    "too-many-at-once",
    "busy",
    "store-full",
  ] satisfies ProblemCode[] as readonly ProblemCode[],
  document: {
    parameters: [
      {
        name: "idempotency-key",
        in: "header",
        description:
          "1 to 200 printable characters. The same key with the same content gives the same report, with other content 422.",
        schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,200}$" },
      },
      {
        name: "traceparent",
        in: "header",
        description: "W3C Trace Context; the report's trace continues it.",
        schema: { type: "string" },
      },
    ],
    requestBody: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: {
            type: "object",
            required: ["data", "company"],
            properties: {
              data: {
                type: "array",
                minItems: 1,
                maxItems: 10,
                items: { type: "string", format: "binary" },
                description: "CSV, JSON or XLSX; each file under a name of its own",
              },
              company: {
                type: "string",
                contentMediaType: "application/json",
                description: "The company as a JSON object, at most 256 KiB",
              },
            },
          },
          encoding: { company: { contentType: "application/json" } },
        },
        "application/json": {
          schema: { $ref: "#/components/schemas/JsonReport" },
          example: {
            company: { name: "Acme GmbH", country: "DE" },
            data: "date,activity,amount,unit\n2025-01-01,natural gas,100,kWh\n",
          },
        },
      },
    },
    responses: {
      202: {
        headers: {
          location: { description: "Where the report is followed", schema: { type: "string" } },
          "idempotency-replayed": {
            description: "true when an earlier request with this key made the report",
            schema: { type: "string" },
          },
        },
      },
    },
  },
} as const;
