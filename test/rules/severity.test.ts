import { expect, test } from "vitest";
import { loadSeverity } from "#bin/severity.ts";

/** In minutes; a page that is "immediate" is the first of fifteen minutes, and a business day is longer than any number of hours. */
function minutes(respond: string): number {
  if (respond === "immediate") return 15;
  const [, count, unit] = /^(\d+)(m|h)$/.exec(respond) ?? [];
  return count === undefined ? Number.POSITIVE_INFINITY : Number(count) * (unit === "h" ? 60 : 1);
}

test("defects 32 and 41: four manuals disagree on how soon; there is one answer per level, the shortest that any of them promises", () => {
  const { levels, crosswalk } = loadSeverity();
  const manuals = Object.values(crosswalk);

  expect(manuals).toHaveLength(4);
  for (const level of ["P0", "P1", "P2", "P3"] as const) {
    const promised = manuals.map((manual) => minutes(manual[level].respond));
    expect(minutes(levels[level].respond), level).toBe(Math.min(...promised));
  }
  expect(new Set(manuals.map((manual) => manual.P1.respond)).size).toBeGreaterThan(1);
});
