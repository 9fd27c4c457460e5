import { describe, expect, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { opsStream } from "#kit/journal.ts";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freshOps } from "./ops.ts";

describe("a slip in usage is one sentence, the nearest valid thing, and exit 2", () => {
  test.for([
    [
      ["undo", "r-7f2a", "--yes"],
      "--yes takes back only a plan that you name.",
      "Read what it would do first",
    ],
    [["lst"], '"lst" is not a command of ops.', "Did you mean list?"],
    [["plan", "platfrom-down"], 'There is no runbook "platfrom-down".', "Did you mean platform-down?"],
    [["plan", "platfrom-down", "--service", "api"], 'There is no runbook "platfrom-down".', "Did you mean"],
    [["list", "unreachble"], 'No runbook matches "unreachble".', "Did you mean unreachable"],
    [["plan"], "Missing required argument 'runbook'.", "ops help plan"],
    [["plan", "platform-down", "--servce", "api"], "Unknown option '--servce'.", "Did you mean --service?"],
    [["plan", "platform-down", "--param", "service"], '"service" is not a parameter.', "--param name=value"],
    [["runs", "--limit", "many"], "whole number", "ops help runs"],
    [["approve", "r-0000", "--yes"], "--yes approves only a plan that you name.", "--plan"],
    [["timeline", "r-0000"], 'There is no run "r-0000".', "ops runs"],
    [["check", "platform-answer"], 'There is no check "platform-answer".', "Did you mean platform-answers?"],
    [["explain", "lock-hold"], '"lock-hold" is no error code.', "Did you mean lock-held"],
    [["run", "platform-down", "--env", "nosuch"], 'There is no environment file for "nosuch".', "Known here"],
    [
      ["plan", "platform-down", "--env", "../../etc/passwd"],
      '"../../etc/passwd" is no name of an environment.',
      "Known here",
    ],
  ] as const)("ops %s", async ([args, summary, hint]) => {
    const { ops } = freshOps();
    const { code, stdout, stderr } = await ops(args);

    expect(stderr.replace(/\s+/g, " ")).toContain(summary);
    expect(stderr.replace(/\s+/g, " ")).toContain(hint);
    expect(stderr).toContain("Nothing was changed.");
    expect(stderr).toContain("exit 2: wrong usage or invalid input");
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

test("a refusal is recorded with what was tried, by whom and why", async () => {
  const { ops, stateDir } = freshOps();
  await ops(["plan", "platfrom-down"]);

  const journal = openSqliteJournal(join(stateDir, "journal.db"));
  const entries = await journal.read(opsStream);
  journal.close();
  expect(entries.map(({ event }) => event)).toMatchObject([
    { type: "refused", tried: "ops plan platfrom-down", fault: { code: "runbook-unknown" } },
  ]);
});

test("an error is one JSON document with --json, and nothing else is on standard output", async () => {
  const { ops } = freshOps();
  const { code, stdout } = await ops(["plan", "nosuch", "--json"]);

  const [version, error, ...rest] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  expect([code, version, rest]).toEqual([2, { type: "version", ui: "1.0" }, []]);
  expect(error).toMatchObject({ type: "error", code: "runbook-unknown", exit: 2, nothingChanged: true });
});

describe("no escape byte reaches a pipe", () => {
  test.for([
    [["list"]],
    [["show", "platform-down"]],
    [["--help"]],
    [["help", "accessibility"]],
    [["runs"]],
    [[]],
    [["nosuch"]],
  ] as const)("from ops %s", async ([args]) => {
    const { ops } = freshOps();
    const { stdout, stderr } = await ops(args, { env: { TERM: "xterm-256color", COLORTERM: "truecolor" } });

    // oxlint-disable-next-line no-control-regex -- exactly the characters that must not come through
    expect(stdout + stderr).toMatch(/^[^\u0000-\u0008\u000b-\u001f\u007f]*$/);
  });
});

test("a piped table has one line per thing, tabs between, and no header when it is not wanted", async () => {
  const { ops } = freshOps();
  const whole = await ops(["list"]);
  const bare = await ops(["list", "--no-header"]);

  expect(whole.stdout.split("\n")[0]).toBe("runbook\tseverity\ttitle\treadiness\talerts\tsymptoms");
  expect(bare.stdout).toBe(whole.stdout.split("\n").slice(1).join("\n"));
  expect(bare.stdout).toContain("platform-down\tP0\t");
});

test("a word is found in titles, symptoms, alerts and manual headings", async () => {
  const { ops } = freshOps();
  for (const words of [["platform", "down"], ["502"], ["csrdplatformdown"], ["om/runbooks"]]) {
    const { stdout, code } = await ops(["list", ...words, "--json"]);
    const { runbooks } = JSON.parse(stdout) as { readonly runbooks: readonly { readonly id: string }[] };
    expect([code, runbooks.map(({ id }) => id)]).toEqual([0, expect.arrayContaining(["platform-down"])]);
  }
});

test("every error code has a page that ops explain prints", async () => {
  const { ops } = freshOps();
  const { code, stdout } = await ops(["explain", "state-unknown"]);

  expect([code, stdout.split("\n")[0]]).toEqual([0, "# state-unknown"]);
});

test("ops alone is a report, not a usage page, and fits 24 lines", async () => {
  const { ops } = freshOps();
  const { code, stdout } = await ops([]);

  expect(code).toBe(0);
  expect(stdout).toContain("nothing runs");
  expect(stdout.trimEnd().split("\n").length).toBeLessThanOrEqual(24);
});

describe("a journal that cannot be used", () => {
  test("because it is damaged: exit 7, the file is left as it was, and the refusal is recorded beside it", async () => {
    const { ops, stateDir } = freshOps();
    const file = join(stateDir, "journal.db");
    writeFileSync(file, "not a database ".repeat(100));

    const { code, stderr } = await ops(["runs"]);

    expect(code).toBe(7);
    expect(stderr).toContain("journal-corrupt");
    expect(stderr).not.toContain("The tool itself failed");
    expect(readFileSync(file, "utf8")).toBe("not a database ".repeat(100));
    expect(readFileSync(join(stateDir, "refusals.ndjson"), "utf8")).toContain('"code":"journal-corrupt"');
  });

  test("because its folder cannot be made: exit 6, and nothing else is said", async () => {
    const { ops, stateDir } = freshOps();
    writeFileSync(join(stateDir, "file"), "");

    const { code, stderr } = await ops(["runs"], {
      env: { OPS_STATE_DIR: join(stateDir, "file", "deeper") },
    });

    expect(code).toBe(6);
    expect(stderr).toContain("journal-unwritable");
    expect(stderr).not.toContain("The tool itself failed");
  });
});

test("ops locks says who holds what and why, and that a lock whose holder is gone is stale", async () => {
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
`,
  );
  const env = { OPS_ENVIRONMENTS: stateDir, OPS_ENV: "staging" };
  const journal = openSqliteJournal(join(stateDir, "journal.db"));
  const holder = { run: "r-7f2a", owner: "desk:1:aaaaaa", reason: "Platform down" };
  await journal.takeLock("staging/deploy", holder, 60_000);
  await journal.takeLock("staging/database", { ...holder, run: "r-0001" }, -1_000);
  await journal.takeLock("outbox/slack", { ...holder, run: "tells" }, 60_000);
  journal.close();

  const { code, stdout } = await ops(["locks", "--no-header"], { env });

  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  expect(code).toBe(0);
  expect(rows.map((row) => [row[0], row[1], row[2], row[7]])).toEqual([
    ["staging/database", "r-0001", "Platform down", "stale"],
    ["staging/deploy", "r-7f2a", "Platform down", "held"],
  ]);
});
