import { setTimeout as pause } from "node:timers/promises";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { type BreakerState, breakerGauge, createBreaker } from "#platform/service/breaker.ts";

const broken = async (): Promise<never> => {
  throw new Error("broken");
};

test("a part that fails in a row is left out, found to work by one call, and let in again", async () => {
  const states: BreakerState[] = [];
  const breaker = createBreaker({
    failures: 2,
    openMs: 40,
    mostOpenMs: 200,
    onState: (state) => states.push(state),
  });

  await expect(breaker.call(broken)).rejects.toThrow("broken");
  expect(breaker.state()).toBe("closed");
  await expect(breaker.call(broken)).rejects.toThrow("broken");
  const leftOut = await breaker.call(async () => "never made");
  await pause(60);
  let end = (_value: string): void => undefined;
  const probe = breaker.call(() => new Promise<string>((resolve) => (end = resolve)));
  const beside = await breaker.call(async () => "never made either");
  end("works");

  expect(leftOut).toEqual({ kind: "left-out", retryInMs: expect.any(Number) });
  expect(beside.kind).toBe("left-out");
  expect(await probe).toEqual({ kind: "made", value: "works" });
  expect(states).toEqual(["open", "half-open", "closed"]);
});

test("a probe that fails leaves the part out for twice as long, up to the most", async () => {
  const breaker = createBreaker({ failures: 1, openMs: 200, mostOpenMs: 400 });
  await expect(breaker.call(broken)).rejects.toThrow();
  const waits: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const answer = await breaker.call(async () => undefined);
    waits.push(answer.kind === "left-out" ? answer.retryInMs : 0);
    await pause(410);
    await expect(breaker.call(broken)).rejects.toThrow();
  }

  expect(waits[0]).toBeLessThanOrEqual(200);
  expect(waits[1]).toBeGreaterThan(200);
  expect(waits[2]).toBeLessThanOrEqual(400);
});

test("a call that we ended ourselves says nothing about the part", async () => {
  const breaker = createBreaker({
    failures: 1,
    openMs: 1_000,
    mostOpenMs: 1_000,
    excused: (error) => error instanceof Error && error.name === "AbortError",
  });

  await expect(
    breaker.call(async () => {
      throw new DOMException("ended by us", "AbortError");
    }),
  ).rejects.toThrow("ended by us");

  expect(breaker.state()).toBe("closed");
});

test("the metric says the state as a figure, by part and provider", async () => {
  const registry = new Registry();
  const set = breakerGauge(registry);

  set("intake http://a:8001", "open");
  set("llm", "half-open", "openai");

  const text = await registry.metrics();
  expect(text).toContain('csrd_circuit_breaker_state{part="intake http://a:8001",provider=""} 2');
  expect(text).toContain('csrd_circuit_breaker_state{part="llm",provider="openai"} 1');
});
