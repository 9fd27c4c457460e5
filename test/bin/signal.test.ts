import { userInfo } from "node:os";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import type { JournalEntry, RunEvent } from "#kit/timeline.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { freshOps } from "./ops.ts";

/** A staging environment with no tool behind it, because a signal asks none, whose journal has one run, as far as the situation goes; nobody drives it. */
async function place(entries: readonly JournalEntry[], approvers: readonly string[] = [userInfo().username]) {
  const { ops, stateDir } = freshOps();
  writeFileSync(
    join(stateDir, "staging.yaml"),
    `name: staging
tier: staging
identity: { account: "000012345678" }
bindings: {}
services: []
times: { restart: 1s, poll: 1s, steady: 1s, verify: 1s, planExpiry: 15m, lease: 30s, freshDeploy: 1h }
locks: host
approvers: [${approvers.join(", ")}]
`,
  );
  const journal = openSqliteJournal(join(stateDir, "journal.db"));
  const [first, ...rest] = entries.map(({ event }) => event);
  if (first?.type !== "run.asked") throw new Error("a run begins with what was asked");
  const asked: RunEvent & { type: "run.asked" } = { ...first, environment: { name: "staging" } };
  const { lease } = await journal.begin("r-1a2b", asked, "desk:1", 60_000);
  for (const event of rest) await journal.append(lease, event);
  await journal.letGo(lease);
  journal.close();
  const env = { OPS_ENVIRONMENTS: stateDir, OPS_ENV: "staging" };
  return (...words: readonly string[]) => ops(["signal", ...words], { env });
}

describe("ops signal", () => {
  test("is heard by the wait of that name, and says what happens next", async () => {
    const signal = await place(situations.waitOpen);

    const { code, stdout } = await signal("r-1a2b", "dns-switched", "--text", "ticket OPS-118", "--json");

    expect(code).toBe(0);
    expect(stdout).toContain("ops resume r-1a2b");
    expect(stdout).toContain("dns-switched");
  });

  test("is heard once: the second finds nothing that waits for it", async () => {
    const signal = await place(situations.waitOpen);
    await signal("r-1a2b", "dns-switched");

    const { code, stderr } = await signal("r-1a2b", "dns-switched");

    expect(code).toBe(2);
    expect(stderr).toContain("waits for no signal");
  });

  test("takes go-on and undo for a watch that could not tell, and nothing else", async () => {
    const signal = await place(situations.watchInconclusive);

    const strange = await signal("r-1a2b", "4", "perhaps");
    const heard = await signal("r-1a2b", "4", "undo");

    expect([strange.code, heard.code]).toEqual([2, 0]);
    expect(strange.stderr).toContain("go-on");
  });

  test.for([
    ["a name that nothing waits for", ["r-1a2b", "dns"], 2, "dns-switched"],
    ["a run that is not there", ["r-9999", "dns-switched"], 2, "no run"],
    ["a value that is no JSON", ["r-1a2b", "dns-switched", "--value", "{"], 2, "not JSON"],
  ] as const)("refuses %s, and nothing was changed", async ([, words, exit, says]) => {
    const signal = await place(situations.waitOpen);

    const { code, stderr } = await signal(...words);

    expect(code).toBe(exit);
    expect(stderr).toContain(says);
    expect(stderr).toContain("Nothing was changed");
  });

  test("refuses a run that is over", async () => {
    const signal = await place(situations.waitAnsweredSolved);

    const { code, stderr } = await signal("r-1a2b", "dns-switched");

    expect(code).not.toBe(0);
    expect(stderr).toContain("run-over");
  });

  test("refuses somebody who neither asked nor may approve", async () => {
    const signal = await place(situations.waitOpen, ["ana"]);

    const { code, stderr } = await signal("r-1a2b", "dns-switched");

    expect(code).toBe(5);
    expect(stderr).toContain("approval-forbidden");
  });
});
