import { expect, test } from "vitest";
import { playOne, playPart, type Part } from "./corpus.ts";
import { foundCases } from "./found.ts";

/** A fixed part of the corpus; `npm run chaos` plays ten thousand cases and more. */
const fixed: readonly (Part & { readonly name: string })[] = [
  { name: "strewn with faults", kind: "strewn", seed: 20_261_121, values: 150, disk: false },
  { name: "cut off at every boundary", kind: "boundaries", seed: 20_261_122, values: 1, disk: false },
  { name: "strewn with faults, on a real file", kind: "strewn", seed: 20_261_123, values: 20, disk: true },
];

test.for(fixed)("every promise is kept in runs $name", { timeout: 120_000 }, async (part) => {
  const { cases, failure } = await playPart(part);

  expect(failure).toBeUndefined();
  expect(cases).toBeGreaterThanOrEqual(part.values);
});

test.for(foundCases)("no longer so: %s", async ([, spec]) => {
  expect(await playOne(spec)).toBeUndefined();
});
