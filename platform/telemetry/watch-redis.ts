import { tracingChannel } from "node:diagnostics_channel";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { metrics as names } from "../contract.ts";
import { keepsSpans, type Span, startSpan } from "./trace.ts";

/** Commands that wait for something by design; their time says nothing about Redis. */
const waits = /^(bz|bl|br|xread|subscribe|psubscribe|ssubscribe|monitor|wait)/i;

/** A page of metrics does not wait longer than this for Redis. */
const patienceMs = 1_000;

/**
 * Shows whether Redis answers this process, asked when the page is: a command that is refused because the connection is gone never begins, so
 * that errors alone do not tell of an outage.
 */
export function watchRedisUp(registry: Registry, ping: () => Promise<unknown>): void {
  const up: Gauge = new Gauge({
    name: names.redisUp,
    help: "1 while Redis answers this process; 0 while it does not",
    registers: [registry],
    async collect() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), patienceMs);
      });
      const answers = ping().then(
        () => true,
        () => false,
      );
      up.set((await Promise.race([answers, late])) ? 1 : 0);
      clearTimeout(timer);
    },
  });
}

/** Shows how long Redis takes to answer this process, and each command inside a kept trace as a span with its name and nothing else. */
export function watchRedis(registry: Registry): void {
  const registers = [registry];
  const seconds = new Histogram({
    name: names.redisDuration,
    help: "Seconds that Redis took to answer a command that does not wait by design",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const errors = new Counter({
    name: names.redisErrors,
    help: "Commands that Redis refused or did not answer",
    registers,
  });
  const begun = new WeakMap<object, { readonly from: number; readonly span: Span | undefined }>();
  // The client itself says when a command begins and ends.
  tracingChannel("ioredis:command").subscribe({
    start(message: unknown) {
      if (typeof message !== "object" || message === null) return;
      const name = "command" in message ? String(message.command) : "";
      if (waits.test(name)) return;
      const span = keepsSpans()
        ? startSpan(`redis ${name.toLowerCase().slice(0, 20)}`, "client", { "db.system.name": "redis" })
        : undefined;
      begun.set(message, { from: performance.now(), span });
    },
    end() {},
    asyncStart() {},
    asyncEnd(message: unknown) {
      const known = typeof message === "object" && message !== null ? begun.get(message) : undefined;
      if (known === undefined) return;
      seconds.observe((performance.now() - known.from) / 1000);
      known.span?.end();
    },
    error(message: unknown) {
      if (typeof message !== "object" || message === null || !begun.has(message)) return;
      errors.inc();
      begun.get(message)?.span?.fail("error");
    },
  });
}
