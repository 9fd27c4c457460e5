import { expect, test } from "vitest";
import { largestStep, numberAsked, sizeAsked, stepsDown } from "#rules/scaling.ts";

test.for([
  [3, "+2", 5],
  [3, "-1", 2],
  [3, "4", 4],
  [1, "-2", 0],
] as const)("from %i, %s asks for %i", ([now, asked, number]) => {
  expect(numberAsked(now, asked)).toBe(number);
});

test("a size is read in cores and bytes, and what is not named stays", () => {
  const now = { cpus: 1, memoryBytes: 1024 ** 3 };

  expect(sizeAsked(now, "0.5", "same")).toEqual({ cpus: 0.5, memoryBytes: 1024 ** 3 });
  expect(sizeAsked(now, "same", "512Mi")).toEqual({ cpus: 1, memoryBytes: 512 * 1024 ** 2 });
});

test("the largest step counts both ways, and nothing is endlessly many times something", () => {
  expect(largestStep({ cpus: 1, memoryBytes: 8 }, { cpus: 2, memoryBytes: 2 })).toBe(4);
  expect(largestStep({ cpus: 0, memoryBytes: 8 }, { cpus: 2, memoryBytes: 8 })).toBe(
    Number.POSITIVE_INFINITY,
  );
});

test("down goes one at a time, and up not at all", () => {
  expect(stepsDown(3, 1)).toEqual([
    { from: 3, to: 2 },
    { from: 2, to: 1 },
  ]);
  expect(stepsDown(1, 3)).toEqual([]);
});
