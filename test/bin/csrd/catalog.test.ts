import { describe, expect, test } from "vitest";
import { csrd, inOwnFolder } from "./csrd.ts";

inOwnFolder();

describe("csrd catalog", () => {
  test("finds a datapoint by words and shows it whole", async () => {
    const found = await csrd("catalog", "search", "gender", "pay", "gap");
    const shown = await csrd("catalog", "show", "S1-16_01");
    const byConcept = await csrd("catalog", "show", "esrs:GenderPayGap");

    expect(found.stdout).toMatch(/^S1-16_01 +Gender pay gap/m);
    expect(shown.stdout).toContain("esrs:GenderPayGap");
    expect(shown.stdout).toMatch(/Asked by +S1-16, paragraph 97 \(a\)/);
    expect(byConcept.stdout).toContain("S1-16_01");
  });

  test("an id in small letters is the id; what is not there is an error with a way on", async () => {
    const small = await csrd("catalog", "show", "e1-5_01");
    const none = await csrd("catalog", "show", "E9-1_01");
    const nothing = await csrd("catalog", "search", "quidditch");

    expect(small.stdout).toContain("EnergyConsumptionRelatedToOwnOperations");
    expect([none.exitCode, none.stderr]).toEqual([1, expect.stringContaining("code metric-unknown")]);
    expect([nothing.exitCode, nothing.stdout]).toEqual([2, expect.stringContaining("Nothing in ESRS Set 1")]);
  });

  test("--json is what programs read, and a standard or a kind narrows", async () => {
    const one = await csrd("catalog", "show", "E1-6_07", "--json");
    const many = await csrd(
      "catalog",
      "search",
      "emissions",
      "--standard",
      "E1",
      "--type",
      "ghgEmissions",
      "--json",
    );

    expect(JSON.parse(one.stdout)).toMatchObject({
      datapoint: { id: "E1-6_07" },
      concepts: [{ concept: "GrossScope1GreenhouseGasEmissions", unit: "utr:tCO2e" }],
    });
    for (const line of many.stdout.split("\n"))
      expect(JSON.parse(line)).toMatchObject({ type: "ghgEmissions" });
    expect(many.stdout.split("\n").length).toBeGreaterThan(3);
  });
});
