import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { drillsPage } from "#sandbox/drilling/page.ts";
import {
  chosenDrills,
  estimateMs,
  type Held,
  readHeld,
  withResult,
  writeHeld,
} from "#sandbox/drilling/series.ts";
import { type Drill, drillsOn } from "#sandbox/drills.ts";

const drill = (runbook: string, name: string): Drill => ({
  runbook,
  name,
  fault: "api-down",
  rule: "out-of-service",
  outcome: "solved",
});
const three = [drill("platform-down", "both"), drill("platform-down", "one"), drill("rollback", "bad")];

const result = (runbook: string, name: string, parts: Partial<Held> = {}): Held => ({
  runbook,
  drill: name,
  at: "2026-11-21T12:00:00.000Z",
  tookMs: 30_000,
  asExpected: true,
  shown: {
    runbook,
    drill: name,
    breaks: "Both are killed",
    rule: "out-of-service",
    run: "r-1",
    severity: "P0",
    outcome: "solved",
    came: { rule: "out-of-service", outcome: "solved" },
    times: { detect: 3_000, decide: 1_000, mitigate: 5_000, verify: 3_000, people: 0, whole: 12_000 },
    targetMs: 900_000,
  },
  ...parts,
});
const now = Date.parse("2026-11-21T13:00:00.000Z");
const namesOf = (some: readonly Drill[] | undefined) => some?.map(({ name }) => name);

describe("a series of drills", () => {
  test("is all of them, those of a runbook, or one; a word that names none is no series", () => {
    expect(namesOf(chosenDrills(three, [], undefined))).toEqual(["both", "one", "bad"]);
    expect(namesOf(chosenDrills(three, ["platform-down"], undefined))).toEqual(["both", "one"]);
    expect(namesOf(chosenDrills(three, ["platform-down/one", "rollback"], undefined))).toEqual([
      "one",
      "bad",
    ]);
    expect(chosenDrills(three, ["platform-dwon"], undefined)).toBeUndefined();
  });

  test("goes on with what failed, was never held, or was held too long ago", () => {
    const held = [
      result("platform-down", "both"),
      result("platform-down", "one", { asExpected: false }),
      result("rollback", "bad", { at: "2026-11-20T12:00:00.000Z" }),
    ];

    expect(namesOf(chosenDrills(three, [], { held, now }))).toEqual(["one", "bad"]);
    expect(namesOf(chosenDrills(three, [], { held: [], now }))).toEqual(["both", "one", "bad"]);
  });

  test("says how long it will take from how long each took last", () => {
    const short = estimateMs(three, [result("platform-down", "both", { tookMs: 10_000 })]);
    const long = estimateMs(three, [result("platform-down", "both", { tookMs: 100_000 })]);

    expect(long - short).toBe(90_000);
    expect(estimateMs([], [])).toBeLessThan(short);
  });

  test("keeps one result per drill, drops those that there are no more, and survives a file that cannot be read", () => {
    const dir = mkdtempSync(join(tmpdir(), "drills-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const file = join(dir, "drills.json");
    const old = [result("gone", "gone"), result("platform-down", "one", { tookMs: 1 })];

    const merged = withResult(three, old, result("platform-down", "one", { tookMs: 2 }));
    writeHeld(file, merged);

    expect(readHeld(file)).toEqual(merged);
    expect(merged.map(({ drill: name, tookMs }) => [name, tookMs])).toEqual([["one", 2]]);
    writeFileSync(file, "{");
    expect(readHeld(file)).toEqual([]);
  });
});

describe("the page of drills", () => {
  const page = drillsPage({
    machine: "2 cores, Node 24",
    cloud: "aws",
    held: [
      result("platform-down", "both"),
      result("rollback", "bad", { shown: undefined, asExpected: false, failed: "no | answer" }),
    ],
    of: 3,
  });

  test("has a dated line per drill, with the manual's time beside the measured ones", () => {
    expect(page).toContain(
      "| 2026-11-21 12:00 | [platform-down](../manual/platform-down.md) | both | out-of-service, solved | 3.0 s | 1.0 s | 5.0 s | 3.0 s | 12.0 s | P0: 15 min |",
    );
    expect(page).toContain("not held: no / answer");
    expect(page).toContain("Of 3 drills 2 were held (2026-11-21), 1 came out where they have to");
  });

  test("draws where the time went, each part in proportion", () => {
    const line = page.split("\n").find((text) => text.includes("platform-down both"));

    expect(line).toContain(`${"░".repeat(15)}${"▒".repeat(5)}${"▓".repeat(25)}${"█".repeat(15)}  12.0 s`);
  });

  test("says so when one took longer than the manual wants", () => {
    const shown = result("platform-down", "both").shown;
    if (shown === undefined) throw new Error("the example changed");

    const late = drillsPage({
      machine: "m",
      cloud: "aws",
      held: [result("platform-down", "both", { shown: { ...shown, targetMs: 1_000 } })],
      of: 1,
    });

    expect(late).toContain("1 took longer than the manual wants");
  });
});

test("all drills together stay under a quarter of an hour, by what each took last", () => {
  const held = readHeld(join(import.meta.dirname, "../../docs/results/drills.json"));

  expect(estimateMs(drillsOn("aws"), held)).toBeLessThan(15 * 60_000);
});
