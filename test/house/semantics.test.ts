import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const tour = readFileSync(join(root, "docs/tour.md"), "utf8");
const sections = (/^## Semantics\n([\s\S]*?)^## /m.exec(tour)?.[1] ?? "")
  .split(/^### /m)
  .slice(1)
  .map((text) => ({ title: text.split("\n")[0] ?? "", text }));

describe("every semantic in the tour", () => {
  test("is there", () => {
    expect(sections.length).toBeGreaterThan(20);
  });

  test.for(sections.map(({ title, text }) => [title, text] as const))(
    "%s names a test that exists",
    ([, text]) => {
      const named = [...text.matchAll(/^`(test\/[^`]+)` › (.+)$/gm)];

      expect(named.length).toBeGreaterThan(0);
      for (const [, file = "", name = ""] of named) {
        expect(existsSync(join(root, file)), file).toBe(true);
        expect(readFileSync(join(root, file), "utf8")).toContain(`("${name}`);
      }
    },
  );
});
