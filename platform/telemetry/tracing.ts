import {
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace as otel,
  TraceFlags,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { spanCounts } from "./span-counts.ts";
import { keepSpans, type Span, type SpanFacts, type SpanKind, type Trace } from "./trace.ts";

/** Where spans go and how many of them. */
export type TracingOptions = {
  /** Where OTLP over HTTP is taken; without a path of its own, `/v1/traces` there. */
  readonly url: string;
  /** `name=value` pairs, separated by commas; often a token. */
  readonly headers?: string | undefined;
  /** Share of the traces that begin here, 0 to 1; a trace that comes in is kept or not as its caller decided. */
  readonly ratio: number;
  readonly service: string;
  readonly instance: string;
  readonly version: string;
};

const mostWaiting = 2_048;
const mostTogether = 256;
const everyMs = 1_000;
const exportMs = 2_000;
/** An end of the process does not wait longer than this for the last spans. */
const flushMs = 2_000;

const kinds = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
} as const satisfies Record<SpanKind, OtelKind>;

/** Keeps spans from now on and sends them in batches; what the receiver does not take is dropped and counted. Gives the way to stop. */
export function startTracing(options: TracingOptions): () => Promise<void> {
  const exporter = counted(
    new OTLPTraceExporter({
      url: tracesUrl(options.url),
      headers: headersOf(options.headers),
      timeoutMillis: exportMs,
      concurrencyLimit: 2,
    }),
  );
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.namespace": "csrd",
      "service.name": options.service,
      "service.instance.id": options.instance,
      "service.version": options.version,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanLimits: {
      attributeCountLimit: 24,
      attributeValueLengthLimit: 200,
      eventCountLimit: 4,
      linkCountLimit: 4,
    },
    spanProcessors: [bounded(exporter)],
  });
  const tracer = provider.getTracer("csrd", options.version);

  keepSpans((name, kind, facts, parent) =>
    keptSpan(
      tracer.startSpan(
        name.slice(0, 120),
        { kind: kinds[kind], attributes: facts },
        parent === undefined ? ROOT_CONTEXT : otel.setSpanContext(ROOT_CONTEXT, contextOf(parent)),
      ),
    ),
  );
  return async () => {
    keepSpans(undefined);
    await Promise.race([
      provider.shutdown().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, flushMs).unref()),
    ]);
  };
}

function contextOf({ traceId, spanId, sampled }: Trace) {
  return {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
}

function keptSpan(span: OtelSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    trace: { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 },
    set: (facts: SpanFacts) => void span.setAttributes(facts),
    fail: (why) => void span.setStatus({ code: SpanStatusCode.ERROR, message: why.slice(0, 120) }),
    end: () => span.end(),
  };
}

/** Counts what the exporter could send and what it could not. */
function counted(exporter: OTLPTraceExporter): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const code: number = result.code;
        if (code === 0) spanCounts.sent += spans.length;
        else spanCounts.refused += spans.length;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}

/** Batches with a bound of our own, because the SDK does not say how many it dropped at its bound. */
function bounded(exporter: SpanExporter): SpanProcessor {
  let waiting = 0;
  const batches = new BatchSpanProcessor({
    exporter: {
      ...exporter,
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          waiting -= spans.length;
          done(result);
        }),
    },
    maxQueueSize: mostWaiting,
    maxExportBatchSize: mostTogether,
    scheduledDelayMillis: everyMs,
    // A little more than the exporter's own limit, so that it is the exporter who says what became of a batch.
    exportTimeoutMillis: exportMs + 1_000,
  });
  return {
    onStart: (span, parent) => batches.onStart(span, parent),
    onEnd: (span) => {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
      if (waiting >= mostWaiting) {
        spanCounts.overflowed += 1;
        return;
      }
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
}

function tracesUrl(base: string): string {
  const url = new URL(base);
  if (url.pathname === "/" || url.pathname === "") url.pathname = "/v1/traces";
  return url.href;
}

function headersOf(text: string | undefined): Record<string, string> {
  return Object.fromEntries(
    (text ?? "")
      .split(",")
      .map((pair) => pair.split("="))
      .filter(([name]) => name !== undefined && name !== "")
      .map(([name = "", ...value]) => [name.trim(), decodeURIComponent(value.join("=").trim())]),
  );
}
