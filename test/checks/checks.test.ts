import { describe, expect, test } from "vitest";
import type { HttpAnswer, Target } from "#kit/ports.ts";
import { apiTargets } from "#checks/api-targets.ts";
import { platformAnswers } from "#checks/platform-answers.ts";

describe("platform-answers judges", () => {
  test.for<[string, HttpAnswer, string]>([
    ["healthy", { kind: "answered", status: 200, body: "", tookMs: 4 }, "/readyz says 200 in 4 ms"],
    ["unhealthy", { kind: "answered", status: 503, body: "", tookMs: 4 }, "/readyz says 503, expected 200"],
    ["unhealthy", { kind: "answered", status: 302, body: "", tookMs: 4 }, "/readyz says 302, expected 200"],
    [
      "unhealthy",
      { kind: "silent", reason: "connection refused", tookMs: 4 },
      "no answer: connection refused",
    ],
  ])("%s for %o", ([state, answer, says]) => {
    expect(platformAnswers.judge(answer)).toEqual({ state, says });
  });
});

describe("api-targets judges", () => {
  const targets = (...healths: Target["health"][]): Target[] =>
    healths.map((health, index) => ({ instance: `i-${index}`, port: 8000, health }));

  test.for<[string, Target[], number, number, string]>([
    ["healthy", targets("healthy", "healthy"), 2, 1, "2 of 2 targets healthy"],
    ["degraded", targets("healthy", "unhealthy"), 2, 1, "1 of 2 targets healthy"],
    ["degraded", targets("healthy"), 2, 1, "1 of 2 targets healthy"],
    ["unhealthy", targets("healthy", "draining"), 2, 2, "1 of 2 targets healthy, at least 2 needed"],
    ["unhealthy", targets("unhealthy", "initial"), 2, 1, "0 of 2 targets healthy, at least 1 needed"],
    ["unhealthy", [], 2, 0, "0 of 2 targets healthy, at least 0 needed"],
    ["unhealthy", [], 0, 0, "the environment names no API instance"],
  ])("%s for %o, %i expected, floor %i", ([state, seen, expected, floor, says]) => {
    expect(apiTargets.judge({ targets: seen, expected, floor })).toEqual({ state, says });
  });
});
