import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import type { RunEvent } from "#kit/timeline.ts";
import { shortDigest } from "#kit/plan.ts";
import { asked, looked, planned, thePlan, waiting } from "#test/scenarios/runs/platform-down.ts";
import { freshOps } from "./ops.ts";

const launcher = join(import.meta.dirname, "../../bin/ops.js");
const hasScript = spawnSync("script", ["--version"]).status === 0;

/** An environment whose tools are all unreachable, and a run in it that waits for anybody but the person who asked. */
async function waitingRun() {
  const { ops, stateDir } = freshOps();
  writeFileSync(
    join(stateDir, "production.yaml"),
    `name: production
tier: production
identity: { account: acme-csrd }
bindings: { aws: { region: eu-central-1, endpoint: "http://127.0.0.1:9", read: default-chain, act: default-chain } }
services: []
times: { restart: 1s, poll: 1s, steady: 1s, verify: 1s, planExpiry: 15m, lease: 30s, freshDeploy: 1h }
locks: host
approvers: [${userInfo().username}]
`,
  );
  const journal = openSqliteJournal(join(stateDir, "journal.db"));
  const later = new Date(Date.now() + 600_000).toISOString();
  const plan = { ...thePlan, expiresAt: later };
  const [first, ...rest] = [...asked, ...looked, ...planned, ...waiting].map(([, event]): RunEvent => {
    if (event.type === "plan.made") return { ...event, plan };
    return event.type === "approval.asked" ? { ...event, expiresAt: later } : event;
  });
  if (first?.type !== "run.asked") throw new Error("the story does not begin with a question");
  const { lease } = await journal.begin("r-7f2a", first, "elsewhere", 600_000);
  for (const event of rest) await journal.append(lease, event);
  journal.close();
  const env = { OPS_ENVIRONMENTS: stateDir, OPS_ENV: "production" };
  const events = async () => {
    const reader = openSqliteJournal(join(stateDir, "journal.db"));
    const types = (await reader.read("r-7f2a")).map(({ event }) => event.type);
    reader.close();
    return types;
  };
  return { ops, stateDir, env, events };
}

describe("nothing but the typed word approves", () => {
  test.for([
    ["a closed standard input", ""],
    ["a piped y", "y\n"],
    ["a piped yes", "yes\nyes\nyes\n"],
    ["the right word in a pipe", "production\n"],
  ] as const)("not %s: exit 5, with the exact command", async ([, input]) => {
    const { ops, env, events } = await waitingRun();

    const { code, stderr } = await ops(["approve", "r-7f2a"], { env, input });

    expect(stderr.replace(/\s+/g, " ")).toContain(
      `ops approve r-7f2a --plan ${shortDigest(thePlan.digest)} --yes`,
    );
    expect(code).toBe(5);
    expect(await events()).not.toContain("approval.given");
  });

  test.skipIf(!hasScript).for([
    ["Enter alone", "\r"],
    ["the end of input", "\u0004"],
    ["Ctrl-C", "\u0003"],
    ["y", "y\r"],
    ["the environment's name misspelt", "producton\r"],
  ] as const)("not %s at a terminal", async ([, keys]) => {
    const { stateDir, env, events } = await waitingRun();

    const { code, text } = await typed(stateDir, env, keys);

    expect(text).toContain("Type production to approve");
    expect(text).toContain("Not approved");
    expect(code).toBe(5);
    expect(await events()).not.toContain("approval.given");
  });

  test.skipIf(!hasScript)("n at a terminal refuses, and the refusal is recorded", async () => {
    const { stateDir, env, events } = await waitingRun();

    const { code, text } = await typed(stateDir, env, "n\r");

    expect([code, text.includes("Refused.")]).toEqual([5, true]);
    expect(await events()).toContain("approval.refused");
  });

  test.skipIf(!hasScript)(
    "the right word is still not enough when the world cannot be looked at again",
    async () => {
      const { stateDir, env, events } = await waitingRun();

      const { code } = await typed(stateDir, env, "production\r");

      expect(code).not.toBe(0);
      expect(await events()).not.toContain("approval.given");
    },
  );

  test("--yes names a plan, and another plan's digest is refused", async () => {
    const { ops, env, events } = await waitingRun();

    const { code, stderr } = await ops(["approve", "r-7f2a", "--plan", "00000000", "--yes"], { env });

    expect(code).toBe(6);
    expect(stderr).toContain("plan-altered");
    expect(await events()).not.toContain("approval.given");
  });
});

/** Types at the question as soon as it stands on the screen. */
async function typed(stateDir: string, env: Readonly<Record<string, string>>, keys: string) {
  const command = `stty cols 80 rows 40; exec '${process.execPath}' '${launcher}' approve r-7f2a`;
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    env: {
      PATH: process.env["PATH"],
      HOME: stateDir,
      OPS_STATE_DIR: stateDir,
      TERM: "xterm",
      NO_COLOR: "1",
      LANG: "C.UTF-8",
      ...env,
    },
  });
  let text = "";
  let isTyped = false;
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
    if (isTyped || !text.includes("Enter for neither")) return;
    isTyped = true;
    child.stdin.write(keys);
  });
  const code = await new Promise<number | undefined>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? undefined));
  });
  return { code, text };
}
