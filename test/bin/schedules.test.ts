import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { openSqliteLedger } from "#adapters/journal-sqlite/ledger.ts";
import { freshOps } from "./ops.ts";

const example = join(import.meta.dirname, "../../docs/own-runbooks/our-ops");
const launcher = join(import.meta.dirname, "../../bin/ops.js");

const schedule = (members = "") => `import { defineSchedule } from "#kit";
import { importsStuckRunbook } from "#runbooks/imports-stuck.ts";
export const everyMinute = defineSchedule({
  id: "every-minute",
  title: "Look at imports every minute",
  cron: "* * * * *",
  timeZone: "Europe/Amsterdam",
  in: ["staging"],
  run: importsStuckRunbook,
  params: {},
  as: "imports-team",
  missed: "run-once",
  overlap: "skip",
  freeze: "look",
  ${members}
});
`;

/** A team's folder with a schedule, an importer that answers or does not, and an environment of the team's. */
async function team({ answers = true, approvers = [userInfo().username, "omar"] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "ops-schedules-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const importer = createServer((_request, reply) => void reply.end("ok"));
  await new Promise<void>((resolve) => importer.listen(0, "127.0.0.1", resolve));
  const { port } = importer.address() as AddressInfo;
  if (!answers) await new Promise((resolve) => importer.close(resolve));
  onTestFinished(() => void importer.close());
  const dir = join(folder, "our-ops");
  cpSync(example, dir, { recursive: true });
  writeFileSync(join(dir, "schedules/every-minute.ts"), schedule());
  writeFileSync(
    join(folder, "staging.yaml"),
    `name: staging
tier: staging
identity: { account: "000012345678" }
bindings:
  aws: { region: eu-central-1, read: { profile: reader }, act: { profile: operator } }
  control: { port: 0, secret: { env: CONTROL_SECRET } }
services: [{ name: imports, url: "http://127.0.0.1:${port}", instances: [i-0a1], floor: 0 }]
times: { restart: 3m, poll: 5s, steady: 1m, verify: 5m, planExpiry: 15m, lease: 3s, freshDeploy: 1h }
locks: host
approvers: [${approvers.join(", ")}]
`,
  );
  const { ops, stateDir } = freshOps();
  const env = {
    OPS_ENVIRONMENTS: folder,
    OPS_ENV: "staging",
    OPS_DIR: dir,
    CONTROL_SECRET: "0123456789abcdef0123456789abcdef",
  };
  const ledger = () => {
    const open = openSqliteLedger(join(stateDir, "journal.db"));
    onTestFinished(() => open.close());
    return open;
  };
  return {
    dir,
    stateDir,
    ledger,
    ops: (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      ops(args, { env: { ...env, ...more } }),
    serve: (): ChildProcess => {
      const child = spawn(process.execPath, [launcher, "serve"], {
        env: { PATH: process.env["PATH"], HOME: stateDir, OPS_STATE_DIR: stateDir, ...env },
        stdio: "ignore",
        detached: true,
      });
      onTestFinished(() => killed(child));
      return child;
    },
  };
}

/** SIGKILL to the launcher and the process behind it, as when a machine loses power. */
async function killed(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("close", resolve));
  process.kill(-child.pid, "SIGKILL");
  await gone;
}

/** Waits until something is so; a test's own limit ends it when it never is. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const minutes = (count: number) => new Date(Date.now() - count * 60_000).toISOString();

describe("ops serve", () => {
  test("catches up once what fell while it was dead, and after a SIGKILL fires nothing twice", {
    timeout: 60_000,
  }, async () => {
    const { serve, ledger, stateDir, ops } = await team();
    const known = ledger();
    await known.remember({
      environment: "staging",
      schedule: "every-minute",
      title: "old",
      cron: "* * * * *",
      timeZone: "Europe/Amsterdam",
      since: minutes(10),
    });
    const ran = async () => known.fires({ environment: "staging", states: ["ran"] });

    const first = serve();
    await until(async () => ((await ran()).length > 0 ? true : undefined));
    const whoFires = await ops(["schedules", "--json"]);
    await killed(first);
    const between = await known.fires({ environment: "staging" });
    // The lock of a killed scheduler is free when its lease is over; here the other one is told at once.
    const second = serve();
    await until(async () =>
      (await known.known("staging")).some(({ title }) => title !== "old") ? true : undefined,
    );
    await killed(second);

    const journal = openSqliteJournal(join(stateDir, "journal.db"));
    onTestFinished(() => journal.close());
    const fires = await known.fires({ environment: "staging" });
    const runs = await journal.runs({ limit: 100 });
    expect(between.filter(({ state }) => state === "missed").length).toBeGreaterThanOrEqual(8);
    expect(between.filter(({ state }) => state === "ran")).toHaveLength(1);
    expect(new Set(fires.map(({ at }) => at)).size).toBe(fires.length);
    expect(runs.map(({ run }) => run).sort()).toEqual(
      fires.flatMap(({ run }) => (run === undefined ? [] : [run])).sort(),
    );
    expect(runs[0]).toMatchObject({ askedBy: "imports-team", runbook: "imports-stuck" });
    expect(JSON.parse(whoFires.stdout)).toMatchObject({
      schedules: expect.arrayContaining([
        expect.objectContaining({ id: "every-minute", state: "fires", last: expect.anything() as unknown }),
      ]) as unknown,
    });
  });

  test("a scheduled run that would act waits for approval like any other", { timeout: 60_000 }, async () => {
    const { serve, ledger, ops } = await team({ answers: false });
    const known = ledger();
    await known.remember({
      environment: "staging",
      schedule: "every-minute",
      title: "old",
      cron: "* * * * *",
      timeZone: "Europe/Amsterdam",
      since: minutes(3),
    });

    const child = serve();
    const fire = await until(async () => (await known.fires({ environment: "staging", states: ["ran"] }))[0]);
    const shown = await until(async () => {
      const { stdout } = await ops(["timeline", fire.run ?? "", "--json"]);
      return stdout.includes("approval.asked") ? stdout : undefined;
    });
    await killed(child);

    expect(shown).toContain('"via":"cron"');
    expect(shown).toContain('"schedule":{"id":"every-minute"');
    expect(shown).not.toContain("step.started");
  });
});

describe("ops schedules", () => {
  test("says when each fires next, in its zone and in UTC, what is broken, and that nobody fires them", async () => {
    const { ops, dir } = await team();
    writeFileSync(
      join(dir, "schedules/never.ts"),
      schedule().replaceAll("every-minute", "never").replace("* * * * *", "0 2 31 2 *"),
    );

    const list = await ops(["schedules", "--json"]);
    const table = await ops(["schedules"]);
    const show = await ops(["schedules", "show", "imports-in-the-morning"]);
    const broken = await ops(["schedules", "show", "never"]);
    const unknown = await ops(["schedules", "show", "every-minut"]);

    const { schedules, broken: faults } = JSON.parse(list.stdout) as {
      readonly schedules: readonly {
        readonly id: string;
        readonly state: string;
        readonly next: readonly { at: string; local: string }[];
      }[];
      readonly broken: readonly { readonly id: string; readonly summary: string }[];
    };
    const morning = schedules.find(({ id }) => id === "imports-in-the-morning");
    expect(morning?.state).toBe("nobody fires it");
    expect(morning?.next[0]?.local).toMatch(/^\w{3} \d{4}-\d\d-\d\d 07:30 Europe\/Amsterdam$/);
    expect(morning?.next[0]?.at).toMatch(/T0[56]:30:00\.000Z$/);
    expect(faults).toMatchObject([
      { id: "never", summary: expect.stringContaining("names no day that ever comes") as string },
    ]);
    expect(table.stdout.split("\n")[0]).toContain("schedule\tstate\tnext\tnext-local");
    expect(show.stdout).toContain("once, when it is seen within 2h.");
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining("names no day") as string });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("every-minute") as string });
  });

  test("pause and resume are a person's word with a reason, of those who may, and are kept", async () => {
    const { ops, ledger } = await team();

    const paused = await ops(["schedules", "pause", "every-minute", "--why", "the importer is moved"]);
    const again = await ops(["schedules", "pause", "every-minute", "--why", "really"]);
    const list = await ops(["schedules", "--json"]);
    const resumed = await ops(["schedules", "resume", "every-minute", "--why", "it was moved"]);

    expect([paused.code, again.code, resumed.code]).toEqual([0, 2, 0]);
    expect(again.stderr).toContain("paused already");
    expect(list.stdout).toContain('"state": "paused"');
    expect((await ledger().holds("staging")).map(({ paused: is, why }) => [is, why])).toEqual([
      [true, "the importer is moved"],
      [false, "it was moved"],
    ]);
    const stranger = await team({ approvers: ["omar"] });
    const refused = await stranger.ops(["schedules", "pause", "every-minute", "--why", "I want to"]);
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining("may not pause") as string });
  });

  test("names what fired here once and is not loaded now", async () => {
    const { ops, ledger } = await team();
    await ledger().remember({
      environment: "staging",
      schedule: "gone",
      title: "Gone",
      cron: "0 2 * * *",
      timeZone: "UTC",
      since: minutes(3),
      dir: "/their/ops",
    });

    const list = await ops(["schedules", "--json"]);

    expect(JSON.parse(list.stdout)).toMatchObject({
      lost: [
        {
          schedule: "gone",
          says: expect.stringContaining("It came from /their/ops, which is not loaded now") as string,
        },
      ],
    });
  });
});

describe("a team's freeze", () => {
  const freeze = `freezes:
  - name: audit week
    because: the auditors look
    in: [staging]
    zone: Europe/Amsterdam
    from: 2020-01-01 00:00
    to: 2999-01-01 00:00
`;

  test("is listed, stands in the plan, stops what acts with exit 6, and is skipped behind broken glass", async () => {
    const { ops, dir } = await team({ answers: false });
    writeFileSync(join(dir, "freezes.yaml"), freeze);

    const listed = await ops(["freezes", "--json"]);
    const planned = await ops(["plan", "imports-stuck", "--json"]);
    const run = await ops(["run", "imports-stuck", "--no-wait"]);
    const digest = /"digest":"([0-9a-f]+)/.exec(planned.stdout)?.[1] ?? "";
    const glass = await ops([
      "run",
      "imports-stuck",
      "--plan",
      digest,
      "--break-glass",
      "--yes",
      "--reason",
      "customers cannot send anything since noon",
      "--json",
    ]);

    expect(JSON.parse(listed.stdout)).toMatchObject({
      freezes: [{ name: "audit week", state: "in force" }],
    });
    expect(planned.code).toBe(10);
    expect(planned.stdout).toContain('"closed":{"kind":"freeze","name":"audit week"');
    expect(run.code).toBe(6);
    expect(run.stdout.replaceAll(/\s+/g, " ")).toContain('the freeze "audit week" is in force until');
    expect(glass.stdout).toContain('"skips":["approval","freeze"]');
  });

  test("that cannot be read is closed for what acts, and says so", async () => {
    const { ops, dir } = await team({ answers: false });
    writeFileSync(join(dir, "freezes.yaml"), freeze.replace("2020-01-01 00:00", "Monday"));

    const run = await ops(["run", "imports-stuck", "--no-wait"]);
    const doctor = await ops(["doctor", "imports-stuck", "--json"]);

    expect(run.code).toBe(6);
    expect(run.stdout).toContain("freezes.0.from is not a local time");
    expect(doctor.stdout).toMatch(/"id": "host\.freezes"[\s\S]{0,200}"state": "not-ready"/);
  });
});
