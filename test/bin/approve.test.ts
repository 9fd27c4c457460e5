import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { shortDigest } from "#kit/plan.ts";
import { waitingRun } from "./waiting-run.ts";

const launcher = join(import.meta.dirname, "../../bin/ops.js");
const hasScript = spawnSync("script", ["--version"]).status === 0;

describe("nothing but the typed word approves", () => {
  test.for([
    ["a closed standard input", ""],
    ["a piped y", "y\n"],
    ["a piped yes", "yes\nyes\nyes\n"],
    ["the right word in a pipe", "practice\n"],
  ] as const)("not %s: exit 5, with the exact command", async ([, input]) => {
    const { ops, env, events, run, digest } = await waitingRun();

    const { code, stderr } = await ops(["approve", run, "--as", "omar"], { env, input });

    expect(stderr.replace(/\s+/g, " ")).toContain(`ops approve ${run} --plan ${shortDigest(digest)} --yes`);
    expect(code).toBe(5);
    expect(await events()).not.toContain("approval.given");
  });

  test.skipIf(!hasScript).for([
    ["Enter alone", "\r"],
    ["the end of input", "\u0004"],
    ["Ctrl-C", "\u0003"],
    ["y", "y\r"],
    ["the environment's name misspelt", "practise\r"],
  ] as const)("not %s at a terminal", async ([, keys]) => {
    const { stateDir, env, events, run } = await waitingRun();

    const { code, text } = await typed(stateDir, run, env, keys);

    expect(text).toContain("Type practice to approve");
    expect(text).toContain("Not approved");
    expect(code).toBe(5);
    expect(await events()).not.toContain("approval.given");
  });

  test("not the right plan after it expired", async () => {
    const { ops, env, events, run, digest } = await waitingRun("1s");
    await pause(1_000);

    const { code, stderr } = await ops(
      ["approve", run, "--as", "omar", "--plan", shortDigest(digest), "--yes"],
      {
        env,
      },
    );

    expect(stderr).toContain("expired");
    expect([code, (await events()).includes("approval.given")]).toEqual([5, false]);
  });

  test.skipIf(!hasScript)("n at a terminal refuses, and the refusal is recorded", async () => {
    const { stateDir, env, events, run } = await waitingRun();

    const { code, text } = await typed(stateDir, run, env, "n\r");

    expect([code, text.includes("Refused.")]).toEqual([5, true]);
    expect(await events()).toContain("approval.refused");
  });

  test.skipIf(!hasScript)(
    "the right word at a terminal does, after the world was looked at twice more",
    async () => {
      const { stateDir, env, events, run } = await waitingRun();

      const { code, text } = await typed(stateDir, run, env, "practice\r");

      expect(text).toContain("same findings");
      expect([code, (await events()).includes("approval.given")]).toEqual([0, true]);
    },
  );

  test.skipIf(!hasScript)("a changed world is said instead of asked", async () => {
    const { stateDir, env, events, run, world } = await waitingRun();
    const [group] = world.groups;
    const targets = world.cloud.state.targets.get(group) ?? [];
    const stopped = world.cloud.state.instances.map(
      (instance) => ({ ...instance, state: "stopped" }) as const,
    );
    world.cloud.state.instances.splice(0, targets.length, ...stopped);

    const { code, text } = await typed(stateDir, run, env, "practice\r");

    expect(text).not.toContain("Type practice");
    expect(text).toContain("The world moved");
    expect([code, (await events()).includes("approval.given")]).toEqual([6, false]);
  });

  test("--yes names a plan, and another plan's digest is refused", async () => {
    const { ops, env, events, run } = await waitingRun();

    const { code, stderr } = await ops(["approve", run, "--as", "omar", "--plan", "00000000", "--yes"], {
      env,
    });

    expect(code).toBe(6);
    expect(stderr).toContain("plan-altered");
    expect(await events()).not.toContain("approval.given");
  });
});

/** Types at the question as soon as it stands on the screen. */
async function typed(stateDir: string, run: string, env: Readonly<Record<string, string>>, keys: string) {
  const command = `stty cols 80 rows 40; exec '${process.execPath}' '${launcher}' approve ${run} --as omar`;
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
