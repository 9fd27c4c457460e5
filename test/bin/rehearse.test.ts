import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { definitionsOf } from "#bin/definitions.ts";
import { rehearse } from "#bin/rehearsal.ts";
import { scenarios } from "#runbooks/scenarios/index.ts";
import { importsStuck } from "../../docs/own-runbooks/our-ops/runbooks/scenarios/imports-stuck.ts";
import { modulesOf } from "./loaded.ts";
import { freshOps } from "./ops.ts";

const { runbooks } = await definitionsOf(undefined);
const all = Object.entries(scenarios).flatMap(([runbook, own]) =>
  Object.entries(own).map(([name, scenario]) => ({ runbook, name, scenario })),
);

function runbookOf(id: string) {
  const runbook = runbooks.find((known) => known.id === id);
  if (runbook === undefined) throw new Error(`no runbook ${id}`);
  return runbook;
}

describe("a rehearsal leads where its scenario says", () => {
  test.for(all)("$runbook, $name", async ({ runbook, scenario }) => {
    const { state } = await rehearse(runbookOf(runbook), scenario, runbooks);

    expect([state.decision?.rule, state.ended?.outcome]).toEqual([scenario.rule, scenario.outcome]);
  });

  test.for(Object.keys(scenarios))("%s has a scenario for every rule of its decision table", (id) => {
    const rehearsed = Object.values(scenarios[id] ?? {}).map(({ rule }) => rule);

    expect(Object.keys(runbookOf(id).rules).filter((rule) => !rehearsed.includes(rule))).toEqual([]);
  });
});

test("the times are production's: a restart is waited for as long as there", async () => {
  const { ops } = freshOps();
  const { code, stdout } = await ops(["rehearse", "platform-down", "does-not-come-back"]);

  expect(code).toBe(0);
  expect(stdout).toContain("did not come true in 180 s");
  expect(stdout).toContain("A real run would say exit 4");
});

test("a run that hands over shows both timelines", async () => {
  const { ops } = freshOps();
  const { stdout } = await ops(["rehearse", "platform-down", "fresh-deploy"]);

  expect(stdout).toMatch(/handed\s+over to rollback/);
  expect(stdout).toContain("Roll back a deploy by lena");
});

describe("the word REHEARSAL is on every screen, and nothing real is touched", () => {
  test.for([
    [[]],
    [["platform-down"]],
    [["platform-down", "both-gone"]],
    [["platform-down", "both-gone", "--quiet"]],
    [["platform-down", "both-gone", "--json"]],
    [["rollback", "call-refused"]],
  ] as const)("ops rehearse %s", async ([args]) => {
    const { ops, stateDir } = freshOps();
    const { code, stdout } = await ops(["rehearse", ...args]);

    expect([code, readdirSync(stateDir)]).toEqual([0, []]);
    if (args.some((word) => word === "--json")) expect(JSON.parse(stdout)).toMatchObject({ rehearsal: true });
    else expect(stdout).toContain("REHEARSAL");
  });

  test("no adapter but the journal's is loaded, and none of Node's ways out of the process", () => {
    const { modules, stdout, code } = modulesOf(["rehearse", "platform-down", "both-gone"], {});

    const adapters = modules.filter((file) => file.startsWith("adapters/"));
    expect([code, stdout.includes("SOLVED")]).toEqual([0, true]);
    expect(adapters.filter((file) => !allowed.test(file))).toEqual([]);
    expect(modules.filter((file) => ways.test(file))).toEqual([]);
    // A command that does work in a real place is seen to load what is forbidden here.
    expect(modulesOf(["locks"], {}).modules.filter((file) => ways.test(file))).not.toEqual([]);
  });
});

// Commander and the launcher import node:child_process; neither starts anything here.
const allowed = /^adapters\/(journal-sqlite\/|redactor\.ts|foreign-text\.ts|lock-refusals\.ts)/;
const ways = /^node:(https?|http2|net|tls|dgram|worker_threads)$|@aws-sdk|@kubernetes|@slack|pdjs|^bin\/wire/;

test("a scenario that does not exist is a slip with the nearest one", async () => {
  const { ops } = freshOps();
  const { code, stderr } = await ops(["rehearse", "platform-down", "both-gon"]);

  expect(code).toBe(2);
  expect(stderr).toContain("Did you mean both-gone?");
});

describe("a team's own runbook", () => {
  const dir = join(import.meta.dirname, "../../docs/own-runbooks/our-ops");

  test.for(Object.entries(importsStuck))("is rehearsed where nothing is real: %s", async ([, scenario]) => {
    const { runbooks: all } = await definitionsOf(dir);
    const runbook = all.find(({ id }) => id === "imports-stuck");
    if (runbook === undefined) throw new Error("the example changed");

    const { state } = await rehearse(runbook, scenario, all);

    expect([state.decision?.rule, state.ended?.outcome]).toEqual([scenario.rule, scenario.outcome]);
  });

  test("is played from its folder, and one without scenarios says where they go", async () => {
    const { ops, stateDir } = freshOps();
    cpSync(dir, join(stateDir, "own"), { recursive: true });
    const own = ["--dir", join(stateDir, "own")];

    const played = await ops(["rehearse", "imports-stuck", "silent-until-restarted", ...own]);
    writeFileSync(join(stateDir, "own/runbooks/scenarios/imports-stuck.ts"), "export const none = {};\n");
    const empty = await ops(["rehearse", "imports-stuck", ...own]);
    rmSync(join(stateDir, "own/runbooks/scenarios"), { recursive: true });
    const without = await ops(["rehearse", "imports-stuck", ...own]);

    expect(played.code).toBe(0);
    expect(played.stdout).toContain("SOLVED");
    expect(empty.stderr.replaceAll(/\s+/g, " ")).toContain("must export one object of scenarios");
    expect(without).toMatchObject({ code: 2 });
    expect(without.stderr.replaceAll(/\s+/g, " ")).toContain(
      "runbooks/scenarios/imports-stuck.ts of its folder",
    );
  });
});
