import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { risks } from "#kit/plan.ts";
import { approvalNeed, parseApprovalRules } from "#rules/approval.ts";

const rules = parseApprovalRules(
  parse(readFileSync(join(import.meta.dirname, "../../rules/approval.yaml"), "utf8")),
);

describe("approval policy", () => {
  test.for(["production", "sandbox"] as const)(
    "%s lets nobody approve their own disruptive or destructive plan",
    (tier) => {
      for (const risk of ["disruptive", "destructive"] as const)
        expect(approvalNeed(rules, tier, risk)).toMatchObject({ count: 1, requesterMay: false });
    },
  );

  test("every tier covers every risk, and names the rule that said so", () => {
    for (const tier of Object.keys(rules))
      for (const risk of risks)
        expect(approvalNeed(rules, tier, risk).rule).toBe(`rules/approval.yaml: ${tier}, ${risk}`);
  });

  test("only safe plans need nobody", () => {
    for (const tier of Object.keys(rules))
      for (const risk of risks.filter((one) => one !== "safe"))
        expect(approvalNeed(rules, tier, risk).count).toBeGreaterThan(0);
  });

  test("a tier that no rule names is refused, not allowed", () => {
    expect(() => approvalNeed(rules, "qa", "safe")).toThrow(
      expect.objectContaining({ code: "guard-refused" }),
    );
  });

  test.for([
    ["a missing risk", { production: { safe: rules["production"]?.safe } }],
    [
      "an unknown word",
      { production: { ...rules["production"], safe: { count: 0, requester: true, type: "maybe" } } },
    ],
    [
      "no approval for a disruptive plan",
      { production: { ...rules["production"], disruptive: { count: 0, requester: true, type: "none" } } },
    ],
    ["no mapping at all", "yes"],
  ] as const)("a rules file with %s is refused as a whole", ([, parsed]) => {
    expect(() => parseApprovalRules(parsed)).toThrow(expect.objectContaining({ code: "definition-invalid" }));
  });
});
