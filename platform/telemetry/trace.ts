import { AsyncLocalStorage } from "node:async_hooks";
import { randomFillSync } from "node:crypto";

/** Where a line of log or a call belongs: one trace per report or request, one span per piece of work in it (W3C Trace Context). */
export type Trace = {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether the spans of this trace are kept; decided once, where it begins. */
  readonly sampled: boolean;
};

/** What a piece of work is to its trace (OpenTelemetry's span kinds). */
export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

/** Facts of a span: few, bounded, nothing personal. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** A piece of work under way. */
export type Span = {
  readonly trace: Trace;
  set(facts: SpanFacts): void;
  /** It went wrong; `why` is a code or a few words. */
  fail(why: string): void;
  end(): void;
};

/** Who keeps spans; without one they are numbered and forgotten. */
export type Spans = (name: string, kind: SpanKind, facts: SpanFacts, parent: Trace | undefined) => Span;

const current = new AsyncLocalStorage<Trace>();
const store = { bytes: Buffer.alloc(3_072), at: Number.POSITIVE_INFINITY };
const outermost: Trace = newTrace();
let spans: Spans = forgotten;
let kept = false;

/** Spans go to `keeper` from now on, or nowhere. */
export function keepSpans(keeper: Spans | undefined): void {
  spans = keeper ?? forgotten;
  kept = keeper !== undefined;
}

/** True inside a trace whose spans are kept; what is made for spans alone asks first. */
export function keepsSpans(): boolean {
  return kept && current.getStore()?.sampled === true;
}

/** A trace of its own. */
function newTrace(): Trace {
  return { traceId: randomHex(16), spanId: randomHex(8), sampled: true };
}

/** So many random bytes in hex; taken from a store, because asking the system for a few costs as much as for many. */
function randomHex(bytes: number): string {
  if (store.at + bytes > store.bytes.length) {
    randomFillSync(store.bytes);
    store.at = 0;
  }
  store.at += bytes;
  return store.bytes.toString("hex", store.at - bytes, store.at);
}

/** The span that a `traceparent` header names; undefined when the header is missing or malformed. */
export function remoteTrace(traceparent: unknown): Trace | undefined {
  const match = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/.exec(
    typeof traceparent === "string" && traceparent.length <= 256 ? traceparent : "",
  );
  const [, traceId = "", spanId = "", flags = ""] = match ?? [];
  if (match === null || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The trace that a `traceparent` header continues, with a span of our own that is not kept; a new trace without one. */
export function continueTrace(traceparent: unknown): Trace {
  return forgotten("", "internal", {}, remoteTrace(traceparent)).trace;
}

/** A span that somebody ends later; its parent is `parent`, and without one it begins a trace. */
export function startSpan(
  name: string,
  kind: SpanKind,
  facts: SpanFacts,
  parent: Trace | undefined = current.getStore(),
): Span {
  return spans(name, kind, facts, parent);
}

/** Runs `work` as one span; log lines and calls inside carry it. A failure is noted on the span by its code and goes on. */
export async function inSpan<T>(
  name: string,
  kind: SpanKind,
  facts: SpanFacts,
  work: (span: Span) => Promise<T>,
  parent: Trace | undefined = current.getStore(),
): Promise<T> {
  const span = spans(name, kind, facts, parent);
  try {
    return await current.run(span.trace, () => work(span));
  } catch (error) {
    span.fail(codeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** Runs `work` inside a trace: log lines and outgoing calls carry it. */
export function inTrace<T>(trace: Trace, work: () => T): T {
  return current.run(trace, work);
}

/** The trace we are in; outside of any, the process's own. */
export function currentTrace(): Trace {
  return current.getStore() ?? outermost;
}

/** The current trace as a `traceparent` header. */
export function traceparent(): string {
  const { traceId, spanId, sampled } = currentTrace();
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

const nothing = (): void => undefined;

function forgotten(_name: string, _kind: SpanKind, _facts: SpanFacts, parent: Trace | undefined): Span {
  const trace = parent === undefined ? newTrace() : { ...parent, spanId: randomHex(8) };
  return { trace, set: nothing, fail: nothing, end: nothing };
}

/** A failure's own code or kind: a message may hold what does not belong into a trace. */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  if ("code" in error && typeof error.code === "string") return error.code.slice(0, 60);
  return error instanceof Error ? error.name.slice(0, 60) : "unknown";
}
