import { assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { growthPerMinute, judgeShare, shareOf } from "#rules/resources.ts";

test.for([
  ["memory", 0.79, "calm"],
  ["memory", 0.8, "high"],
  ["memory", 0.95, "critical"],
  ["cpu", 0.69, "calm"],
  ["cpu", 0.7, "high"],
  ["cpu", 0.85, "critical"],
] as const)("%s at %d is %s", ([resource, share, verdict]) => {
  expect(judgeShare(share, resource)).toBe(verdict);
});

test("a limit of nothing is all used, never a division by it", () => {
  expect(shareOf({ memory: { usedBytes: 5, limitBytes: 0 }, cpu: { used: 0, limit: 0 } }, "memory")).toBe(1);
});

test("too few looks, or looks at one instant, say nothing of growth", () => {
  const at = "2026-11-21T03:12:00.000Z";

  expect(growthPerMinute([{ at, bytes: 1 }])).toBeUndefined();
  expect(growthPerMinute([1, 2, 3].map((bytes) => ({ at, bytes })))).toBeUndefined();
});

test("a straight line is found, whatever its slope and start", () => {
  assert(
    property(integer({ min: -1e6, max: 1e6 }), integer({ min: 0, max: 1e9 }), (slope, start) => {
      const samples = [0, 1, 2, 3, 5].map((minute) => ({
        at: new Date(1_800_000_000_000 + minute * 60_000).toISOString(),
        bytes: start + slope * minute,
      }));

      expect(growthPerMinute(samples)).toBeCloseTo(slope, 0);
    }),
  );
});
