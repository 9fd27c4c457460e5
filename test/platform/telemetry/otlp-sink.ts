import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const Attribute = z.object({
  key: z.string(),
  value: z.object({
    stringValue: z.string().optional(),
    intValue: z.union([z.number(), z.string()]).optional(),
    boolValue: z.boolean().optional(),
  }),
});
const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: z.array(Attribute).default([]),
});
const Export = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(Attribute) }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
});

/** A span as it arrived, with the service that sent it. */
export type SeenSpan = z.infer<typeof Span> & { readonly service: string };

/** Takes OTLP/HTTP in JSON, as a collector does. */
export type OtlpSink = {
  readonly url: string;
  readonly spans: readonly SeenSpan[];
  /** How every request is answered from now on: taken, refused, or never. */
  answer: "taken" | "refused" | "never";
  readonly requests: () => number;
  close(): Promise<void>;
};

/** A collector on a free port that keeps what it is sent. */
export async function otlpSink(): Promise<OtlpSink> {
  const spans: SeenSpan[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests += 1;
      if (sink.answer === "never") return;
      if (sink.answer === "refused" || request.url !== "/v1/traces") {
        response.writeHead(400).end("{}");
        return;
      }
      for (const { resource, scopeSpans } of Export.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")))
        .resourceSpans) {
        const service =
          resource.attributes.find(({ key }) => key === "service.name")?.value.stringValue ?? "unknown";
        spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))));
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const sink: OtlpSink = {
    url: `http://127.0.0.1:${port}`,
    spans,
    answer: "taken",
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return sink;
}

/** One trace as lines, children under their parents, equal siblings counted; what has no parent among the spans is a root. */
export function treeOf(spans: readonly SeenSpan[]): readonly string[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const childrenOf = (parent: string | undefined) =>
    spans
      .filter(({ parentSpanId }) =>
        parent === undefined
          ? parentSpanId === undefined || !known.has(parentSpanId)
          : parentSpanId === parent,
      )
      .toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)));
  const lines = (parent: string | undefined, depth: number): readonly string[] => {
    const shown = new Map<string, { count: number; below: readonly string[] }>();
    for (const span of childrenOf(parent)) {
      const line = `${"  ".repeat(depth)}${span.service}: ${span.name}`;
      const below = lines(span.spanId, depth + 1);
      const same = shown.get(line);
      if (same === undefined || below.length > 0)
        shown.set(same === undefined ? line : `${line} `, { count: 1, below });
      else same.count += 1;
    }
    return [...shown].flatMap(([line, { count, below }]) => [
      count === 1 ? line : `${line} ×${count}`,
      ...below,
    ]);
  };
  return lines(undefined, 0);
}
