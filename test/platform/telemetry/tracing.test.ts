import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { spanCounts } from "#platform/telemetry/span-counts.ts";
import {
  inSpan,
  inTrace,
  keepsSpans,
  remoteTrace,
  startSpan,
  traceparent,
} from "#platform/telemetry/trace.ts";
import { startTracing } from "#platform/telemetry/tracing.ts";
import { type OtlpSink, otlpSink, treeOf } from "./otlp-sink.ts";

let sink: OtlpSink | undefined;
let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  await sink?.close();
  [sink, stop] = [undefined, undefined];
});

async function tracing(ratio = 1): Promise<OtlpSink> {
  sink = await otlpSink();
  stop = startTracing({ url: sink.url, ratio, service: "csrd-test", instance: "here", version: "1" });
  return sink;
}

const caller = (flags: string) =>
  remoteTrace(`00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`);

test("work inside work is a child of it, also when it fails, and what is asked elsewhere carries it on", async () => {
  const { spans } = await tracing();

  const sent = await inSpan(
    "outer",
    "server",
    { "csrd.report_id": "CSRD-1" },
    async () => {
      await inSpan("broken", "client", {}, () => Promise.reject(new Error("secret words"))).catch(
        () => undefined,
      );
      return inSpan("inner", "client", {}, async () => traceparent());
    },
    caller("01"),
  );
  await stop?.();

  expect(treeOf(spans)).toEqual(["csrd-test: outer", "  csrd-test: broken", "  csrd-test: inner"]);
  const inner = spans.find(({ name }) => name === "inner");
  expect(sent).toBe(`00-4bf92f3577b34da6a3ce929d0e0e4736-${inner?.spanId}-01`);
  expect(spans.find(({ name }) => name === "outer")?.parentSpanId).toBe("00f067aa0ba902b7");
  expect(JSON.stringify(spans)).not.toContain("secret words");
});

test("a trace that its caller does not keep is not kept here, and says so to the next", async () => {
  const { spans } = await tracing();

  const sent = await inSpan(
    "left out",
    "server",
    {},
    async () => [keepsSpans(), traceparent()],
    caller("00"),
  );
  await stop?.();

  expect(sent).toEqual([
    false,
    expect.stringMatching(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/),
  ]);
  expect(spans).toEqual([]);
});

test("the ratio decides about traces that begin here, and about no others", async () => {
  const { spans } = await tracing(0);

  await inSpan("begun here", "server", {}, async () => undefined, undefined);
  await inSpan("kept by its caller", "server", {}, async () => undefined, caller("01"));
  await stop?.();

  expect(spans.map(({ name }) => name)).toEqual(["kept by its caller"]);
});

test("attributes are few and short", async () => {
  const { spans } = await tracing();
  const facts = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [`fact.${at}`, "x".repeat(10_000)]),
  );

  await inSpan("a".repeat(1_000), "internal", facts, async () => undefined, caller("01"));
  await stop?.();

  const [span] = spans;
  expect(span?.name).toHaveLength(120);
  expect(span?.attributes).toHaveLength(24);
  for (const { value } of span?.attributes ?? []) expect(value.stringValue).toHaveLength(200);
});

test.for(["refused", "never"] as const)(
  "a receiver that answers %s costs spans, which are counted, and no work waits",
  async (answer) => {
    const receiver = await tracing();
    receiver.answer = answer;
    const before = { ...spanCounts };

    const from = performance.now();
    for (let each = 0; each < 5_000; each += 1) startSpan("many", "internal", {}, caller("01")).end();
    const spent = performance.now() - from;
    const lost = () => spanCounts.refused - before.refused + (spanCounts.overflowed - before.overflowed);
    // A batch that nobody answers is given up after two seconds, and the next one follows.
    await vi.waitUntil(() => receiver.requests() > 0, { timeout: 5_000 });
    const stopping = performance.now();
    await stop?.();
    const stopped = performance.now() - stopping;

    expect(spanCounts.overflowed - before.overflowed).toBeGreaterThan(2_000);
    expect(lost()).toBeLessThanOrEqual(5_000);
    expect(spanCounts.sent).toBe(before.sent);
    // Two seconds by design; the rest is this machine's.
    expect(stopped).toBeLessThan(4_000);
    expect(spent).toBeLessThan(5_000);
  },
);

test("a receiver that comes back gets what happens from then on", async () => {
  const receiver = await tracing();
  receiver.answer = "refused";
  startSpan("while away", "internal", {}, caller("01")).end();
  await vi.waitUntil(() => receiver.requests() > 0, { timeout: 5_000 });
  receiver.answer = "taken";

  await pause(50);
  startSpan("afterwards", "internal", {}, caller("01")).end();
  await vi.waitUntil(() => receiver.spans.length > 0, { timeout: 5_000 });

  expect(receiver.spans.map(({ name }) => name)).toEqual(["afterwards"]);
});

test("without a receiver spans are numbered and forgotten", async () => {
  const seen = await inTrace({ traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: true }, () =>
    inSpan("nowhere", "internal", {}, async ({ trace }) => [keepsSpans(), trace.traceId, traceparent()]),
  );

  expect(seen).toEqual([false, "a".repeat(32), expect.stringMatching(/^00-a{32}-[0-9a-f]{16}-01$/)]);
});

test.for([
  ["00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "a span of zeros"],
  ["ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a version that is none"],
  ["00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "capital letters"],
  [`00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01${"x".repeat(10)}`, "something behind"],
  [`00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-${"x".repeat(300)}`, "a long tail"],
])("a traceparent of %s is none: %s", ([header]) => {
  expect(remoteTrace(header)).toBeUndefined();
});
