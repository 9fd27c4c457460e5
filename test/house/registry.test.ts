import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { errorKinds } from "#kit/errors.ts";
import { loadAlerts, loadChecks, loadDefinitions, loadRunbooks } from "#kit/registry.ts";
import { csrdErrorKinds } from "#platform/errors.ts";
import { drills } from "#sandbox/drills.ts";

const root = join(import.meta.dirname, "../..");
const filesOf = async (folder: string, ending: string) =>
  (await readdir(join(root, folder)))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();

const runbooks = await loadRunbooks(join(root, "runbooks"));
const checks = await loadChecks(join(root, "checks"));
const alerts = await loadAlerts(join(root, "alerts"));

type Manuals = Readonly<
  Record<
    string,
    {
      readonly headings: readonly {
        readonly id: string;
        readonly commands?: readonly { readonly id: string }[];
      }[];
    }
  >
>;
const manuals = parse(readFileSync(join(root, "data/manuals.yaml"), "utf8")) as Manuals;
const manualIds = new Set(
  Object.values(manuals).flatMap(({ headings }) =>
    headings.flatMap((heading) => [heading.id, ...(heading.commands ?? []).map((command) => command.id)]),
  ),
);

describe("the registry is the folder", () => {
  test("runbooks", async () => {
    expect(runbooks.map((runbook) => runbook.id).sort()).toEqual(await filesOf("runbooks", ".ts"));
  });

  test("checks", async () => {
    expect(checks.map((check) => check.id).sort()).toEqual(await filesOf("checks", ".ts"));
  });
});

test("nothing that is shipped is broken, alone or beside the others: names, checks, alerts, hand-overs", async () => {
  const { broken } = await loadDefinitions([{ root, label: "" }]);

  expect(broken.map(({ error }) => error.summary)).toEqual([]);
});

describe("every alert", () => {
  test.for(alerts.map((alert) => [alert.name, alert] as const))(
    "%s has exactly one runbook, which verifies with the check it watches",
    ([name, alert]) => {
      const answering = runbooks.filter((runbook) =>
        runbook.trigger.some((trigger) => trigger.name === name),
      );

      expect(answering).toHaveLength(1);
      expect(answering[0]?.verify.map((verification) => verification.check.id)).toContain(alert.watches.id);
      expect(checks.map((check) => check.id)).toContain(alert.watches.id);
    },
  );

  test("has a name of its own, in PascalCase", () => {
    const names = alerts.map((alert) => alert.name);

    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[A-Z][A-Za-z0-9]+$/);
  });
});

describe("every runbook", () => {
  test.for(runbooks.map((runbook) => [runbook.id, runbook] as const))(
    "%s says what a person needs and names paragraphs that exist",
    ([, runbook]) => {
      expect(runbook.implements.length).toBeGreaterThan(0);
      for (const id of runbook.implements) expect(manualIds, id).toContain(id);
      for (const description of Object.values(runbook.params as Record<string, { description?: string }>))
        expect(description.description).toMatch(/\w/);
      expect(runbook.verify.length).toBeGreaterThan(0);
      expect(runbook.afterwards.length).toBeGreaterThan(0);
      for (const action of Object.values(
        runbook.mitigate as Record<string, { risk: string; settle?: unknown; confirm?: unknown }>,
      ))
        if (action.risk !== "safe")
          expect(action.settle ?? action.confirm, "an effect that nobody can look at").toBeDefined();
    },
  );

  test.for(runbooks.map((runbook) => [runbook.id, runbook] as const))(
    "%s tells people the very rules its code decides by, in that order",
    ([, runbook]) => {
      const inCode = [...runbook.decide.toString().matchAll(/rule: "([a-z-]+)"/g)].map((match) => match[1]);

      // One that is reached on two ways stands where it is met first.
      expect(Object.keys(runbook.rules as object)).toEqual([...new Set(inCode)]);
    },
  );

  test("has a decision table of its own", async () => {
    const tables = await filesOf("test/runbooks", ".test.ts");

    for (const runbook of runbooks) expect(tables).toContain(runbook.id);
  });
});

describe("every runbook that acts", () => {
  const acting = runbooks.filter((runbook) => Object.keys(runbook.mitigate as object).length > 0);

  test.for(acting.map((runbook) => [runbook.id, runbook] as const))(
    "%s is drilled against a real fault, to where one of its rules leads",
    ([id, runbook]) => {
      const own = drills.filter((drill) => drill.runbook === id);

      expect(own.some(({ outcome }) => outcome === "solved" || outcome === "handed-over")).toBe(true);
      expect(new Set(own.map(({ name }) => name)).size).toBe(own.length);
      for (const { rule, seenBy, params } of own) {
        expect(Object.keys(runbook.rules as object)).toContain(rule);
        if (seenBy !== undefined) expect(checks.map((check) => check.id)).toContain(seenBy);
        expect(Object.keys(runbook.params as object)).toEqual(
          expect.arrayContaining(Object.keys(params ?? {})),
        );
      }
    },
  );
});

describe("every error code has its page, and every page its code", () => {
  const headings = ["## What you see", "## Why", "## What to do now", "## How to prevent it"];

  test("one to one", async () => {
    expect(await filesOf("docs/errors", ".md")).toEqual(
      [...Object.keys(errorKinds), ...Object.keys(csrdErrorKinds)].sort(),
    );
  });

  test("with the four headings, in order, none empty", async () => {
    for (const code of await filesOf("docs/errors", ".md")) {
      const text = readFileSync(join(root, `docs/errors/${code}.md`), "utf8");
      expect(text.split("\n")[0], code).toBe(`# ${code}`);
      expect(
        text.split("\n").filter((line) => line.startsWith("## ")),
        code,
      ).toEqual(headings);
      for (const part of text.split(/^## .*$/m).slice(1)) expect(part.trim(), code).not.toBe("");
    }
  });
});
