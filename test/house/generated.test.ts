import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generatedPages } from "#bin/docs.ts";

const root = join(import.meta.dirname, "../..");
const pages = await generatedPages();

test.for([...pages])("%s is what `npm run docs` would write now", ([path, text]) => {
  expect(existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "missing").toBe(text);
});

test("docs/manual holds nothing that no runbook generated", () => {
  expect(
    readdirSync(join(root, "docs/manual"))
      .map((file) => `docs/manual/${file}`)
      .filter((path) => !pages.has(path)),
  ).toEqual([]);
});
