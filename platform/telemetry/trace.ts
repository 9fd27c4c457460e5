import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";

/** Where a line of log or a call belongs: one trace per report or request, one span per process that handles it (W3C Trace Context). */
export type Trace = { readonly traceId: string; readonly spanId: string };

const current = new AsyncLocalStorage<Trace>();
const outermost: Trace = newTrace();

/** A trace of its own. */
function newTrace(): Trace {
  return { traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex") };
}

/** The trace that a `traceparent` header continues, with a span of our own; a new trace when the header is missing or malformed. */
export function continueTrace(traceparent: unknown): Trace {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(
    typeof traceparent === "string" ? traceparent : "",
  );
  const traceId = match?.[1];
  const fresh = newTrace();
  return traceId === undefined || /^0+$/.test(traceId) ? fresh : { traceId, spanId: fresh.spanId };
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
  const { traceId, spanId } = currentTrace();
  return `00-${traceId}-${spanId}-01`;
}
