import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { situations } from "#test/scenarios/runs/index.ts";
import { freshOps } from "./ops.ts";
import { alter, recorded } from "./recorded.ts";

async function withRuns() {
  const { ops, stateDir } = freshOps();
  await recorded(stateDir, { "r-0001": situations.approvedAndSolved, "r-0002": situations.stepFailed });
  return { ops, stateDir };
}

describe("ops why", () => {
  test("answers in one sentence, with what it rests on and what to type", async () => {
    const { ops } = await withRuns();

    const { code, stdout } = await ops(["why", "r-0002"]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^Stopped at step 2 of 2, Restart api-2/);
    expect(stdout).toContain("Last seen  api-2: process up, /readyz 503");
    expect(stdout).toContain("ops resume r-0002");
  });

  test("takes a question in one's own words, and as JSON gives its parts", async () => {
    const { ops } = await withRuns();

    const { stdout } = await ops(["why", "r-0002", "why", "did", "it", "decide", "so", "--json"]);

    expect(JSON.parse(stdout)).toMatchObject({
      run: "r-0002",
      topic: "decided",
      facts: expect.arrayContaining([["Rule", "all-targets-down"]]) as unknown,
      next: expect.any(Array) as unknown,
    });
  });

  test("tells a refusal that stands beside the record: who tried what and why not", async () => {
    const { ops } = await withRuns();
    await ops(["approve", "r-0002", "--yes"]);

    const { stdout } = await ops(["why", "r-0002", "refused"]);

    expect(stdout.replace(/\s+/g, " ")).toContain(
      "ops approve r-0002 --yes: --yes approves only a plan that you name.",
    );
  });

  test("of a runbook says whether it can run here", async () => {
    const { ops } = freshOps();

    const { code, stdout } = await ops(["why", "platform-down"]);

    expect([code, stdout.replace(/\s+/g, " ")]).toEqual([
      6,
      expect.stringContaining("No environment is set up here"),
    ]);
  });

  test("refuses what it does not understand, with what can be asked", async () => {
    const { ops } = await withRuns();

    const unclear = await ops(["why", "r-0001", "purple"]);
    const unknown = await ops(["why", "r-0009"]);

    expect([unclear.code, unclear.stderr]).toEqual([
      2,
      expect.stringContaining("decided, waits, approve, refused, changed, lock, failed"),
    ]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('There is no run "r-0009".')]);
  });

  test("of an altered record answers, and ends with 7 saying that it was altered", async () => {
    const { ops, stateDir } = await withRuns();
    alter(stateDir, "r-0002", 12, (event) => event.replace("omar", "mallory"));

    const { code, stdout, stderr } = await ops(["why", "r-0002"]);

    expect([code, stdout.replace(/\s+/g, " "), stderr]).toEqual([
      7,
      expect.stringMatching(/^✖ The record does not verify: entry 12.* not to be trusted\. Stopped at/),
      expect.stringContaining("altered: entry 12"),
    ]);
  });

  test("knows who may approve from the environment's file", async () => {
    const { ops, stateDir } = freshOps();
    await recorded(stateDir, { "r-0003": situations.waitsForApproval });
    writeFileSync(
      join(stateDir, "production.yaml"),
      `name: production
tier: production
identity: { account: "000012345678" }
bindings: {}
services: []
times: { restart: 1s, poll: 1s, steady: 1s, verify: 1s, planExpiry: 15m, lease: 30s, freshDeploy: 1h }
locks: host
approvers: [omar, ana, lena]
`,
    );

    const { stdout } = await ops(["why", "r-0003", "approve"], { env: { OPS_ENVIRONMENTS: stateDir } });

    expect(stdout).toMatch(/Can approve\s+omar, ana\n/);
  });
});
