import { describe, expect, test } from "vitest";
import type { HttpAnswer } from "#kit/ports.ts";
import { audiencesNamed } from "#runbooks/probes/audiences.ts";
import { readBuilds } from "#runbooks/probes/builds.ts";
import { outside, outsideTimed, serviceOutside } from "#runbooks/probes/outside.ts";
import { reportsInHand } from "#runbooks/probes/queue.ts";

const answered = (status: number): HttpAnswer => ({ kind: "answered", status, body: "", tookMs: 12 });
const silent: HttpAnswer = { kind: "silent", reason: "connection refused", tookMs: 3 };

describe("whether it answers from outside reads", () => {
  test.for([
    ["an answer that it is ready", answered(200), "fine", "/readyz says 200"],
    ["an answer that it is not", answered(503), "bad", "/readyz says 503"],
    ["an answer that leads elsewhere", answered(302), "bad", "/readyz says 302"],
    ["no answer", silent, "bad", "no answer: connection refused"],
  ] as const)("%s as %s", ([, answer, state, says]) => {
    const took = state === "fine" ? " in 12 ms" : "";

    expect(outside.read(answer)).toEqual({ state, says });
    expect(outsideTimed.read(answer)).toEqual({ state, says: `${says}${took}` });
    expect(serviceOutside.read(answer)).toEqual({ state, says: `${says}${took}` });
  });
});

test("reports in hand are worth a note once no more may begin, and never because nothing may", () => {
  const look = { deadLetter: 0, quarantined: 0, oldestSeconds: 0, paused: undefined, workers: [] };

  expect(reportsInHand.read({ ...look, waiting: 40, active: 10, concurrency: 10 })).toEqual({
    state: "note",
    says: "10 of at most 10 in hand, 40 wait",
  });
  expect(reportsInHand.read({ ...look, waiting: 40, active: 9, concurrency: 10 }).state).toBe("fine");
  expect(reportsInHand.read({ ...look, waiting: 0, active: 0, concurrency: 0 }).state).toBe("fine");
});

test("two builds side by side read as bad, one or none does not", () => {
  const build = (version: string) => ({ version, processes: 2 });

  expect(readBuilds([build("1.1.0"), build("1.0.0")])).toEqual({
    state: "bad",
    says: "1.1.0 (2) and 1.0.0 (2)",
  });
  expect(readBuilds([build("1.1.0")]).state).toBe("fine");
  expect(readBuilds([])).toEqual({ state: "fine", says: "no process says which build it is" });
});

test("that nobody can be told is said", () => {
  expect(audiencesNamed.read([]).says).toBe("the environment names nobody");
});
