import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { loadEnvironment } from "#bin/environment.ts";
import { remembered } from "#bin/ops/remembered.ts";
import { foldRun } from "#kit/fold.ts";
import type { RunRow } from "#kit/journal.ts";
import { placeHash } from "#kit/readiness.ts";
import { displayWidth } from "#kit/render/width.ts";
import { renderLook, renderSituation, type AlertLooked, type Situation } from "#kit/render/situation.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { screenOf } from "#test/kit/render/screens.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { modulesOf } from "./loaded.ts";
import { freshOps } from "./ops.ts";

const launcher = join(import.meta.dirname, "../../bin/ops.js");
const hasScript = spawnSync("script", ["--version"]).status === 0;
if (!hasScript) process.stderr.write("skipped: bare ops on a terminal needs util-linux script(1)\n");

/** A production environment whose service nobody serves, and its journal. */
function production() {
  const { ops, stateDir } = freshOps();
  const key = "{ accessKeyId: { env: NOT_SET }, secretAccessKey: { env: NOT_SET } }";
  const file = join(stateDir, "production.yaml");
  writeFileSync(
    file,
    `name: production
tier: production
identity: { account: "000012345678", region: eu-central-1 }
bindings:
  aws: { region: eu-central-1, endpoint: "http://127.0.0.1:9", read: ${key}, act: ${key} }
  slack: { token: { env: NOT_SET }, channel: incidents }
services:
  - { name: api, url: "http://127.0.0.1:9", instances: [i-0a1], floor: 1 }
times: { restart: 1s, poll: 1s, steady: 1s, verify: 1s, planExpiry: 15m, lease: 30s, freshDeploy: 1h }
locks: host
approvers: [lena, omar, ana]
`,
  );
  const env = {
    OPS_ENVIRONMENTS: stateDir,
    PATH: process.env["PATH"] ?? "",
    HOME: stateDir,
    OPS_STATE_DIR: stateDir,
  };
  const journal = () => openSqliteJournal(join(stateDir, "journal.db"));
  const put = async (run: string, entries: readonly JournalEntry[], leaseMs = 60_000) => {
    const open = journal();
    const [first, ...rest] = entries;
    if (first?.event.type !== "run.asked") throw new Error("the situation changed");
    const { lease } = await open.begin(run, first.event, "desk:1:aaaaaa", leaseMs);
    // Nobody waits for an approval whose time is over.
    const expiresAt = new Date(Date.now() + 15 * 60_000).toISOString();
    for (const { event } of rest)
      await open.append(lease, event.type === "approval.asked" ? { ...event, expiresAt } : event);
    open.close();
  };
  const said = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await ops(args, { env });
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };
  return { ops, stateDir, env, file, journal, put, said };
}

const { acting, waitsForApproval, approvedAndSolved } = situations;

test("what runs, whom it waits for, what is left over and what is owed is said without asking anybody", async () => {
  const { put, journal, said } = production();
  await put("r-0001", waitsForApproval);
  await put("r-0002", acting);
  await put("r-0003", acting, -1_000);
  await put("r-0004", approvedAndSolved);
  const open = journal();
  await open.takeLock("production/deploy", { run: "r-0009", owner: "x", reason: "Platform down" }, 60_000);
  await open.saveDelivery({
    run: "r-0004",
    destination: "slack:incidents",
    cursor: 1,
    state: null,
    attempts: 3,
    nextAt: new Date().toISOString(),
    lastError: "invalid_auth",
  });
  open.close();

  const text = (await said()).replace(/\s+/g, " ");

  expect(text).toContain("PRODUCTION 000012345678 eu-central-1");
  expect(text).toMatch(/r-0001 platform-down waits \d+ s for an approval \(omar, ana\), until \d\d:\d\d/);
  expect(text).toContain("ops approve r-0001");
  expect(text).toMatch(
    /r-0002 platform-down step 2 of 2, Restart api-2; last entry \d+ s ago ops attach r-0002/,
  );
  expect(text).toMatch(/r-0003 platform-down nobody is working on it since .* ops resume r-0003/);
  expect(text).toContain("lock production/deploy: r-0009 (Platform down)");
  expect(text).toContain("slack:incidents was not told everything of r-0004: invalid_auth");
  expect(text).toContain("r-0004 platform-down production");
  expect(text).toContain("never looked at from here ops --look");
});

test("a run behind broken glass is shown until somebody reviewed it", async () => {
  const { put, journal, said } = production();
  const [asked, ...rest] = approvedAndSolved;
  if (asked === undefined) throw new Error("the situation changed");
  const broken = { ...asked, event: glass } as JournalEntry;
  await put("r-0001", [asked, broken, ...rest]);

  expect(await said()).toContain("r-0001 waits for a review: lena broke the glass, because: the approvers");
  // The second time from what was remembered.
  expect(await said()).toContain("r-0001 waits for a review");

  const open = journal();
  await open.note("r-0001", { type: "review.done", by: { ...lena, name: "omar" }, text: "it was right" });
  open.close();
  expect(await said()).not.toContain("review");
});

const lena = { name: "lena", host: "desk", via: "terminal" } as const;
const glass = {
  type: "glass.broken",
  by: lena,
  reason: "the approvers sleep and users are locked out",
  skips: ["approval"],
  expiresAt: "2026-11-21T04:00:00.000Z",
} as const;

test("a look is asked for with --look, says what is wrong with what to do, and is remembered with its age", async () => {
  const { said } = production();
  const looked = await said("--look");
  const later = await said();

  expect(looked).toMatch(/Alerts {2}looked at \d\d:\d\d:\d\d UTC/);
  expect(looked).toContain("The platform is down: no answer");
  expect(looked).toContain("ops plan platform-down");
  expect(later).toMatch(/Alerts {2}as last looked at, \d+ s ago \(\d\d:\d\d\)/);
  expect(later).toContain("The platform is down: no answer");
});

test("ops check is remembered too", async () => {
  const { ops, env, said } = production();
  await ops(["check", "platform-answers"], { env });

  expect(await said()).toContain("The platform is down: no answer");
});

test("what ops doctor found not to be ready is said, until the environment's file changes", async () => {
  const { stateDir, file, said } = production();
  vi.stubEnv("OPS_ENVIRONMENTS", stateDir);
  const place = placeHash(loadEnvironment("production"));
  vi.unstubAllEnvs();
  const memory = remembered(stateDir);
  const at = new Date().toISOString();
  memory.rememberChecked("production", "rollback", { state: "ready", because: "all is there", at, place });
  const because = "the act role may not ec2:RebootInstances";
  memory.rememberChecked("production", "platform-down", { state: "not-ready", because, at, place });

  expect((await said()).replace(/\s+/g, " ")).toContain(
    `1 of 2 runbooks cannot run here (platform-down): ${because}; examined`,
  );
  writeFileSync(file, readFileSync(file, "utf8").replace("[i-0a1]", "[i-0a2]"));
  expect(await said()).not.toContain("cannot run here");
});

test("an environment file that was changed is read anew", async () => {
  const { file, said } = production();
  const before = await said();
  writeFileSync(file, readFileSync(file, "utf8").replace("eu-central-1 }", "eu-west-1 }"));

  expect(before).toContain("eu-central-1");
  expect(await said()).toContain("eu-west-1");
});

test("a damaged record takes nothing else with it", async () => {
  const { stateDir, said } = production();
  writeFileSync(join(stateDir, "journal.db"), "not a database ".repeat(100));

  expect(await said()).toContain("the record did not answer: The journal");
});

test("it loads neither the engine, nor a schema library, nor the command line's, nor an adapter that could reach anything", async () => {
  const { env, put, said } = production();
  await put("r-0001", waitsForApproval);
  await said();
  const { modules, stdout } = modulesOf([], env);

  const heavy =
    /node_modules\/(zod|yaml|commander|log-update|@aws-sdk)|^bin\/wire|^kit\/engine|^adapters\/(aws|slack|pagerduty|http)/;
  expect(stdout).toContain("r-0001");
  expect(modules.filter((module) => heavy.test(module))).toEqual([]);
  // With --look it has to, so the list is what it claims to be.
  expect(modulesOf(["--look"], env).modules.filter((module) => heavy.test(module))).not.toEqual([]);
});

test("--json is one document, with where each open run stands", async () => {
  const { put, said } = production();
  await put("r-0001", waitsForApproval);

  expect(JSON.parse(await said("--json"))).toMatchObject({
    ui: "1.0",
    place: { name: "production", tier: "production" },
    record: { known: true, value: { open: [{ run: "r-0001", phase: "waiting" }] } },
    alerts: [],
  });
});

describe.skipIf(!hasScript)("on a terminal", () => {
  const inTerminal = (env: Readonly<Record<string, string>>, args: string) =>
    spawnSync(
      "script",
      ["-qefc", `stty cols 80 rows 24; exec '${process.execPath}' '${launcher}' ${args}`, "/dev/null"],
      {
        env: { TERM: "xterm-256color", LANG: "C.UTF-8", ...env },
        encoding: "utf8",
      },
    ).stdout;

  test("the checks are looked at by themselves, after everything else was said", () => {
    const { env } = production();
    const text = inTerminal(env, "");

    expect(text.indexOf("nothing runs")).toBeGreaterThan(0);
    expect(text.indexOf("The platform is down")).toBeGreaterThan(text.indexOf("Help: ops help"));
  });

  test("unless --no-look says otherwise", () => {
    const { env } = production();

    expect(inTerminal(env, "--no-look")).not.toContain("The platform is down");
  });
});

describe("everything at once still fits one window", () => {
  const now = new Date("2026-11-21T03:16:00.000Z");
  const row = (run: string, more: Partial<RunRow>): RunRow => ({
    run,
    runbook: "platform-down",
    environment: "production",
    askedAt: "2026-11-21T03:12:04.000Z",
    askedBy: "lena",
    planOnly: false,
    lastAt: "2026-11-21T03:15:38.000Z",
    alive: true,
    owner: "desk:1:aaaaaa",
    leaseUntil: "2026-11-21T03:17:00.000Z",
    ...more,
  });
  const open = [waitsForApproval, acting, acting, waitsForApproval, acting].flatMap((entries, index) => {
    const state = foldRun(entries);
    return state === undefined ? [] : [{ row: row(`r-000${index}`, { alive: index !== 2 }), state }];
  });
  const ended = {
    endedAt: "2026-11-21T02:00:00.000Z",
    outcome: "solved",
    exit: 0,
    verdict: "Solved in 9 min.",
  };
  const looked = Array.from(
    { length: 7 },
    (_, index): AlertLooked => ({
      name: `Alert${index}`,
      title: `Something important number ${index} is down and has been for a while`,
      at: "2026-11-21T03:00:00.000Z",
      health: {
        state: "unhealthy",
        says: "0 of 2 targets healthy, at least 1 needed, and the third is gone",
      },
      runbook: `runbook-${index}`,
    }),
  );
  const everything: Situation = {
    place: { tier: "production", environment: { name: "production", account: "000012345678" } },
    you: lena,
    approvers: ["lena", "omar", "ana"],
    looked,
    record: {
      known: true,
      value: {
        open,
        ended: [row("r-0007", ended), row("r-0008", ended)],
        locks: [],
        owed: [{ destination: "slack:incidents", runs: ["r-0001", "r-0002"], why: "invalid_auth" }],
        unreviewed: [{ run: "r-0005", by: "lena", reason: "nobody answered" }],
      },
    },
  };

  test.for([60, 80, 120, 200])("%s cells wide", (columns) => {
    const screen = screenOf({ columns });
    const alone = renderSituation(screen, everything, now);
    const first = renderSituation(screen, everything, now, { lookFollows: true });
    const then = renderLook(screen, looked, now);

    expect(alone.length).toBeLessThanOrEqual(24);
    expect(first.length + then.length).toBeLessThanOrEqual(24);
    expect(Math.max(...[...alone, ...first, ...then].map((line) => displayWidth(line)))).toBeLessThanOrEqual(
      columns,
    );
    // What is left out is counted.
    expect(alone.join("\n")).toMatch(/\d more: ops runs --open/);
    expect(alone.join("\n")).toMatch(/\d more: ops check --all/);
  });
});
