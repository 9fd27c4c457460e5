import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { modulesOf } from "./loaded.ts";

const scripts = join(import.meta.dirname, "../../bin/ops/completion-scripts");
const launcher = join(import.meta.dirname, "../../bin/ops.js");
const shells = ["bash", "zsh", "fish"] as const;
const here = shells.filter((shell) => spawnSync(shell, ["--version"]).status === 0);
for (const shell of shells)
  if (!here.includes(shell))
    process.stderr.write(`skipped: completion in ${shell}, which is not installed\n`);

const trap = (name: string) => `$(touch ${name})`;
const runs = ["r-7f2a", trap("one"), "r-0002;touch two", "r-\u001b[2Jx", "`touch three`"];
const stateDir = mkdtempSync(join(tmpdir(), "ops-tab-"));
const env = {
  PATH: `${join(stateDir, "bin")}:${process.env["PATH"] ?? ""}`,
  HOME: stateDir,
  OPS_STATE_DIR: stateDir,
  OPS_ENVIRONMENTS: stateDir,
  LANG: "C.UTF-8",
};

/** `ops` as a command that shells find, and a journal with runs, most of which try to be more than an id. */
beforeAll(async () => {
  mkdirSync(join(stateDir, "bin"));
  const file = join(stateDir, "bin", "ops");
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`);
  chmodSync(file, 0o755);
  writeFileSync(join(stateDir, "staging.yaml"), "name: staging\n");
  const journal = openSqliteJournal(join(stateDir, "journal.db"));
  for (const id of runs) {
    const [first, ...rest] = situations.waitsForApproval;
    if (first?.event.type !== "run.asked") throw new Error("the situation changed");
    const { lease } = await journal.begin(id, first.event, "desk:1:aaaaaa", 60_000);
    for (const { event } of rest) await journal.append(lease, event);
  }
  journal.close();
});
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

/** What `ops` itself answers at a Tab. */
function asked(...words: readonly string[]): readonly string[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, [launcher, "--complete", "--", ...words], {
    env,
    cwd: stateDir,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t")[0] ?? "");
}

/** What a real shell offers after `ops` and these words, the last of them unfinished. */
function offered(shell: (typeof shells)[number], words: readonly string[]): readonly string[] {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const run = {
    bash: `source '${scripts}/ops.bash'; COMP_WORDS=(ops ${quoted}); COMP_CWORD=${words.length}; _ops_completion; printf '%s\n' "\${COMPREPLY[@]}"`,
    // Outside the line editor compadd cannot be called; what it would be given is printed instead.
    zsh: `compdef() { : }; compadd() { print -rl -- $names }; source '${scripts}/ops.zsh'; words=(ops ${quoted}); CURRENT=${words.length + 1}; PREFIX='${words.at(-1)}'; _ops_completion`,
    fish: `source '${scripts}/ops.fish'; complete -C 'ops ${words.join(" ")}'`,
  };
  const flags = shell === "zsh" ? ["-f", "-c"] : shell === "fish" ? ["--no-config", "-c"] : ["--norc", "-c"];
  return spawnSync(shell, [...flags, run[shell]], { env, cwd: stateDir, encoding: "utf8" })
    .stdout.split("\n")
    .map((line) => line.split("\t")[0] ?? "")
    .filter((line) => line !== "");
}

test("verbs, flags, runbooks, runs, checks, scenarios, environments, error codes and choices are completed", () => {
  expect(asked("pl")).toEqual(["plan"]);
  expect(asked("plan", "platform")).toEqual(["platform-down"]);
  expect(asked("plan", "platform-down", "--se")).toEqual(["--service"]);
  expect(asked("approve", "")).toEqual(["r-7f2a"]);
  expect(asked("check", "platform")).toEqual(["platform-answers"]);
  expect(asked("rehearse", "rollback", "bad")).toEqual(["bad-version"]);
  expect(asked("plan", "--env", "st")).toEqual(["staging"]);
  expect(asked("plan", "--env=st")).toEqual(["--env=staging"]);
  expect(asked("plan", "--env", "=", "st")).toEqual(["--env=staging"]);
  expect(asked("explain", "lock-h")).toEqual(["lock-held"]);
  expect(asked("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(asked("--color", "n")).toEqual(["never"]);
  expect(asked("approve", "r-7f2a", "")).toEqual([]);
});

test("a Tab leaves no trace: nothing is recorded, whatever was typed", async () => {
  asked("plan", "nosuch", "--bad", "");
  asked();

  const journal = openSqliteJournal(join(stateDir, "journal.db"));
  const refusals = await journal.read("ops");
  journal.close();
  expect(refusals).toEqual([]);
});

test("the second Tab loads neither a schema library, nor a command, nor an adapter but the journal's", () => {
  const heavy =
    /node_modules\/(zod|yaml|commander|@aws-sdk|@slack)|^bin\/wire|^bin\/ops\/(plan|run|approve)\.ts/;
  const first = modulesOf(["--complete", "--", ""], { ...env, OPS_STATE_DIR: join(stateDir, "other") });
  const second = modulesOf(["--complete", "--", "approve", ""], env);

  expect(second.stdout).toMatch(/^r-7f2a\t/);
  expect(second.modules.filter((file) => heavy.test(file))).toEqual([]);
  // The first one had to: this is what the memory saves.
  expect(first.modules.filter((file) => heavy.test(file))).not.toEqual([]);
});

describe.for(here)("in %s", (shell) => {
  test("the script's syntax holds, and it is what ops prints", () => {
    const file = join(scripts, `ops.${shell}`);
    const printed = spawnSync(process.execPath, [launcher, "completion", shell], { env, encoding: "utf8" });

    expect(spawnSync(shell, ["-n", file], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    expect(printed.stdout).toBe(readFileSync(file, "utf8"));
  });

  test("a verb, a runbook and a flag are offered", () => {
    expect(offered(shell, ["timel"])).toEqual(["timeline"]);
    expect(offered(shell, ["show", "rollb"])).toEqual(["rollback"]);
    expect(offered(shell, ["approve", "--pla"])).toContain("--plan");
  });

  test("of the runs only real ids are offered, and nothing of the others is evaluated", () => {
    expect(offered(shell, ["timeline", ""])).toEqual(["r-7f2a"]);
    if (shell !== "fish") offered(shell, ["timeline", trap("four")]);
    expect(["one", "two", "three", "four"].filter((name) => existsSync(join(stateDir, name)))).toEqual([]);
  });
});
