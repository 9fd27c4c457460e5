import { describe, expect, test } from "vitest";
import { approvalProbes, type People } from "#bin/ops/doctor-people.ts";
import { loadPolicy } from "#bin/policy.ts";
import type { ReadinessFinding } from "#kit/readiness.ts";
import { runProbe } from "#kit/readiness.ts";
import { systemClock } from "#kit/clock.ts";
import type { Runbook } from "#kit/runbook.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { rollback } from "#runbooks/rollback.ts";

/** Three in the morning of a Saturday. */
const night = new Date("2026-11-21T03:12:00Z");
const minor: Runbook = { ...rollback, id: "minor", severity: "P3" };

async function found(
  runbooks: readonly Runbook[],
  approvers: readonly string[],
  changes: Partial<People> & { readonly tier?: People["file"]["tier"] } = {},
): Promise<readonly ReadinessFinding[]> {
  const { tier = "production", ...others } = changes;
  const file = { tier, zone: "UTC", approvers: [...approvers], answersFor: {}, onCall: [] };
  const probes = approvalProbes(runbooks, { file, policy: loadPolicy(), you: "lena", now: night, ...others });
  return Promise.all(probes.map((probe) => runProbe(probe, systemClock, 1_000)));
}

describe("the doctor counts who could approve, at this hour, if you asked", () => {
  test.for([
    ["nobody is named", platformDown, [], "production", "not-ready"],
    [
      "you alone are named, and may not approve what you ask for",
      platformDown,
      ["lena"],
      "production",
      "not-ready",
    ],
    ["you alone are named, where you may", platformDown, ["lena"], "staging", "ready"],
    ["one other person is named", platformDown, ["omar"], "production", "ready"],
    ["one other is named for what needs two at night", minor, ["lena", "omar"], "production", "not-ready"],
    ["two others are named for what needs two at night", minor, ["ana", "omar"], "production", "ready"],
  ] as const)("%s", async ([, runbook, approvers, tier, state]) => {
    expect((await found([runbook], approvers, { tier })).map((finding) => finding.state)).toEqual([state]);
  });

  test("says how many are needed, how many there are, and by which rule", async () => {
    const [finding] = await found([platformDown], ["lena"]);

    expect(finding).toMatchObject({
      says: "platform-down: disruptive steps need 1 approval and 0 could give one, other than you (lena); rules/approval.yaml: production, disruptive",
      now: expect.stringContaining("approvers") as string,
      needs: { runbooks: ["platform-down"] },
    });
  });

  test("stops only the runbooks that it is true of", async () => {
    const findings = await found([platformDown, minor], ["lena", "omar"]);

    expect(findings.map(({ state, needs }) => [state, needs])).toEqual([
      ["not-ready", { runbooks: ["minor"] }],
      ["ready", { runbooks: ["platform-down"] }],
    ]);
  });
});
