import { readFileSync } from "node:fs";
import { assert, constantFrom, integer, property } from "fast-check";
import { parse } from "yaml";
import { expect, test } from "vitest";
import {
  dueBefore,
  isHeld,
  keptUntil,
  needsArchive,
  parseRetention,
  type RetentionClass,
  retentionClasses,
} from "#rules/retention.ts";

const rules = parseRetention(parse(readFileSync("rules/retention.yaml", "utf8")));
const environments = ["production", "staging", "development"] as const;

test.for([
  ["application", "production", "2026-11-21", "2027-02-19"],
  ["access", "production", "2026-11-21", "2027-11-21"],
  ["security", "production", "2026-11-21", "2028-11-21"],
  ["audit", "production", "2026-11-21", "2033-11-21"],
  ["system", "production", "2026-11-21", "2026-12-21"],
  ["reports", "production", "2026-11-21", "2027-11-21"],
  ["reports", "production", "2024-02-29", "2025-03-01"],
  ["idempotency", "production", "2026-11-21", "2026-11-28"],
  ["security", "staging", "2026-11-21", "2026-12-21"],
  ["idempotency", "staging", "2026-11-21", "2026-11-28"],
  ["reports", "development", "2026-11-21", "2026-11-28"],
  ["audit", "development", "2026-11-21", "2033-11-21"],
] as const)("%s in %s of %s is kept until %s", ([name, environment, at, until]) => {
  expect(keptUntil(rules, name, environment, new Date(at)).toISOString().slice(0, 10)).toBe(until);
});

test("asking a thing and asking a database is the same judgement, but for the ends of months", () => {
  assert(
    property(
      constantFrom<RetentionClass>(...retentionClasses),
      constantFrom(...environments),
      integer({ min: 0, max: 4_000 }),
      (name, environment, days) => {
        const now = new Date("2026-11-21T12:00:00Z");
        const at = new Date(now.getTime() - days * 86_400_000);
        expect(at < dueBefore(rules, name, environment, now)).toBe(
          keptUntil(rules, name, environment, at) < now,
        );
      },
    ),
  );
});

test("a hold covers a report by its id or its tenant, and logs by their class; nothing else", () => {
  const report = { kind: "report", id: "R-1", tenant: "acme" } as const;

  expect(isHeld(report, [])).toBe(false);
  expect(isHeld(report, [{ kind: "report", subject: "R-1" }])).toBe(true);
  expect(isHeld(report, [{ kind: "tenant", subject: "acme" }])).toBe(true);
  expect(isHeld(report, [{ kind: "report", subject: "acme" }])).toBe(false);
  expect(isHeld(report, [{ kind: "logs", subject: "access" }])).toBe(false);
  expect(isHeld({ kind: "logs", class: "access" }, [{ kind: "logs", subject: "access" }])).toBe(true);
  expect(isHeld({ kind: "logs", class: "access" }, [{ kind: "tenant", subject: "access" }])).toBe(false);
});

test("only production insists on an archive, and wrong rules are refused", () => {
  expect(environments.map((one) => needsArchive(rules, one))).toEqual([true, false, false]);
  for (const keep of ["forever", "0 days", "-1 days", "90", "1 month"])
    expect(() =>
      parseRetention({
        ...parse(readFileSync("rules/retention.yaml", "utf8")),
        classes: { application: { keep } },
      }),
    ).toThrow();
});
