import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.join(import.meta.dirname, "../../..");
const page = readFileSync(path.join(root, "docs/platform.md"), "utf8");

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(path.join(folder, name), "utf8"));
}

/** Variables that are read somewhere: in the schema of a process's settings, or by name. */
function named(texts: readonly string[], pattern: RegExp): ReadonlySet<string> {
  return new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name = ""]) => name)));
}

test("every variable in the schemas of the processes' settings stands in docs/platform.md", () => {
  const settings = named(
    sources(path.join(root, "platform/service")),
    /^ {2,4}((?:CSRD|OTEL)_[A-Z0-9_]+):/gm,
  );

  expect(settings.size).toBeGreaterThan(20);
  expect([...settings].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test("every variable that docs/platform.md names is read somewhere", () => {
  const documented = named([page], /`((?:CSRD|OTEL)_[A-Z0-9_]*[A-Z0-9])`/g);
  const code = [...sources(path.join(root, "platform")), ...sources(path.join(root, "bin"))].join("\n");

  expect([...documented].filter((name) => !code.includes(name))).toEqual([]);
});
