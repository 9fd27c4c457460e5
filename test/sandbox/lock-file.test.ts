import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

type Entry = { readonly optionalDependencies?: Readonly<Record<string, string>> };

test("the lock file has every optional package, also other platforms', or `npm ci` refuses a fresh clone", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    readonly packages: Readonly<Record<string, Entry>>;
  };

  const wanted = Object.entries(packages).flatMap(([where, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({ where, name })),
  );
  const missing = wanted.filter(
    ({ where, name }) => !(`${where}/node_modules/${name}` in packages || `node_modules/${name}` in packages),
  );

  expect(wanted.length).toBeGreaterThan(10);
  expect(missing).toEqual([]);
});
