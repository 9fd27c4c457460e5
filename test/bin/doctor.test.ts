import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { remembered } from "#bin/ops/remembered.ts";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import type { ReadinessFinding } from "#kit/readiness.ts";
import { startAwsStandin } from "#sandbox/standins/start-aws-standin.ts";
import { startPagerDutyStandin } from "#sandbox/standins/start-pagerduty-standin.ts";
import { startSlackStandin } from "#sandbox/standins/start-slack-standin.ts";
import { practiceKeys } from "#test/contracts/aws-standin.ts";
import { groupArn, memoryCloud, ruleArn } from "#test/sandbox/standins/memory-cloud.ts";
import { type DatabaseRoles, databaseRoles } from "#sandbox/database-roles.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { freshOps } from "./ops.ts";

/** Environment of the processes, with the credentials that the file refers to. */
const secrets = {
  READ_ID: practiceKeys.read.accessKeyId,
  READ_KEY: practiceKeys.read.secretAccessKey,
  ACT_ID: practiceKeys.act.accessKeyId,
  ACT_KEY: practiceKeys.act.secretAccessKey,
  SLACK_TOKEN: "xoxb-practice-doctor-0001",
  PD_KEY: "fedcba9876543210fedcba9876543210",
  PD_TOKEN: "practice-doctor-rest-01",
} as const;

let server: PostgresServer;
let roles: DatabaseRoles;

beforeAll(async () => {
  server = await postgresForTests();
  roles = await databaseRoles(server);
});
afterAll(() => server.stop());

/** The document of `ops doctor --json`. */
type Examined = {
  readonly exit: number;
  readonly findings: readonly ReadinessFinding[];
  readonly runbooks: readonly { readonly id: string; readonly state: string; readonly because: string }[];
};

/**
 * This environment has neither Prometheus nor what the platform's queue is reached by, its machines run any script, and it has one approver:
 * told by every look at all runbooks, and no matter of these tests, which are about the runbooks that need none of it.
 */
const leftOut = /^(platform\..*|prometheus\.query|target\.api\.machines|people\.approvers\.warning)$/;
const served: ReadonlySet<string> = new Set([
  "platform-down",
  "rollback",
  "db-pool-exhaustion",
  "daily-health-check",
]);

/** A service outside that answers like one. */
async function web(): Promise<string> {
  const server = createServer((_, response) => response.writeHead(200).end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Everything that an environment called staging refers to, running; `change` spoils its file before it is written. */
async function staging(options: { readonly now?: () => Date; readonly change?: (file: any) => void } = {}) {
  const cloud = memoryCloud();
  const aws = await startAwsStandin({
    cloud,
    keys: practiceKeys,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const slack = await startSlackStandin({ token: secrets.SLACK_TOKEN });
  const pagerduty = await startPagerDutyStandin({ routingKey: secrets.PD_KEY, apiToken: secrets.PD_TOKEN });
  for (const standin of [aws, slack, pagerduty]) onTestFinished(() => standin.stop().catch(() => undefined));
  const pair = (name: string) => ({
    accessKeyId: { env: `${name}_ID` },
    secretAccessKey: { env: `${name}_KEY` },
  });
  const file = {
    name: "staging",
    tier: "staging",
    identity: { account: cloud.account, region: cloud.region },
    bindings: {
      aws: { region: cloud.region, endpoint: aws.url, read: pair("READ"), act: pair("ACT") },
      slack: { api: slack.url, token: { env: "SLACK_TOKEN" }, channel: "incidents" },
      pagerduty: {
        events: pagerduty.url,
        api: pagerduty.url,
        routingKey: { env: "PD_KEY" },
        notes: { token: { env: "PD_TOKEN" }, from: "ops@example.com" },
      },
      database: {
        read: { env: "DATABASE_READ" },
        act: { env: "DATABASE_ACT" },
        users: ["csrd_app"],
        tls: "off",
      },
    },
    services: [
      {
        name: "api",
        url: await web(),
        group: groupArn("blue"),
        rule: ruleArn,
        instances: ["i-00000000000000001", "i-00000000000000002"],
        firewallGroups: ["sg-00000001"],
        logGroup: "/aws/csrd-platform",
        port: 8000,
        floor: 1,
      },
    ],
    times: {
      restart: "1s",
      poll: "100ms",
      steady: "1s",
      verify: "5s",
      planExpiry: "15m",
      lease: "30s",
      freshDeploy: "1h",
    },
    locks: "host",
    approvers: ["omar"],
  };
  options.change?.(file);
  const { ops, stateDir } = freshOps();
  const folder = join(stateDir, "environments");
  mkdirSync(folder);
  writeFileSync(join(folder, "staging.yaml"), stringify(file));
  const env = {
    OPS_ENVIRONMENTS: folder,
    OPS_ENV: "staging",
    ...secrets,
    DATABASE_READ: roles.read,
    DATABASE_ACT: roles.act,
  };
  return {
    stateDir,
    aws,
    slack,
    pagerduty,
    cloud,
    run: (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      ops(args, { env: { ...env, ...more } }),
    examine: async (args: readonly string[] = [], more: Readonly<Record<string, string>> = {}) => {
      const { code, stdout, stderr } = await ops(["doctor", ...args, "--json"], { env: { ...env, ...more } });
      const examined = JSON.parse(stdout) as Examined;
      const odd = examined.findings.filter(({ id, state }) => state !== "ready" && !leftOut.test(id));
      const runbooks = examined.runbooks.filter(({ id }) => served.has(id));
      return {
        code,
        stdout,
        stderr,
        ...examined,
        runbooks,
        odd,
        oddIds: odd.map(({ id, state }) => [id, state]),
      };
    },
  };
}

/** Spares a test the vendor's SDK where AWS is not what it is about. */
const withoutAws = (file: any) => delete file.bindings.aws;

describe("ops doctor", () => {
  test("finds all ready, looks at every tool, and changes nothing", async () => {
    const place = await staging();

    const { findings, oddIds, runbooks, stdout } = await place.examine();
    const one = await place.examine(["rollback"]);

    expect(oddIds).toEqual([]);
    expect(runbooks.map(({ state }) => state)).toEqual(runbooks.map(() => "ready"));
    expect([one.code, one.oddIds]).toEqual([0, []]);
    expect(findings.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        "host.versions",
        "host.freezes",
        "host.schedules",
        "journal.disk",
        "journal.write",
        "locks.held",
        "service.api",
        "aws.read.credentials",
        "aws.act.credentials",
        "aws.roles",
        "aws.clock",
        "aws.act.reboot.api",
        "aws.act.traffic.api",
        "target.api.instances",
        "target.api.target-group",
        "target.api.listener-rule",
        "target.api.firewall-groups",
        "target.api.log-group",
        "slack.token",
        "slack.channel",
        "pagerduty.key",
        "pagerduty.events",
        "pagerduty.notes",
        "database.read",
        "database.clock",
        "database.act",
      ]),
    );
    expect(place.aws.calls.filter(({ mutating, status }) => mutating && status === 200)).toEqual([]);
    expect([place.cloud.reboots, place.slack.inbox()[0]?.messages, place.pagerduty.inbox()]).toEqual([
      [],
      [],
      [],
    ]);
    for (const secret of Object.values(secrets).filter((value) => !value.startsWith("AKIA")))
      expect(stdout).not.toContain(secret);
  });

  test("without the platform's database is not ready for the runbook that looks after it, and for no other", async () => {
    const { examine } = await staging({ change: (file) => delete file.bindings.database });

    const { code, oddIds, runbooks } = await examine();

    expect([code, oddIds]).toEqual([3, [["database.binding", "not-ready"]]]);
    expect(runbooks.filter(({ state }) => state !== "ready").map(({ id }) => id)).toEqual([
      "db-pool-exhaustion",
    ]);
  });

  test("of one runbook looks at what it needs only, and in a pipe gives one line for each finding", async () => {
    const { run } = await staging();

    const { code, stdout } = await run(["doctor", "rollback", "--no-header"]);

    const rows = stdout
      .slice(0, -1)
      .split("\n")
      .map((line) => line.split("\t"));
    const ids = rows.map(([id]) => id);
    expect(code).toBe(0);
    expect(rows.every((row) => row.length === 7)).toBe(true);
    expect(ids).toEqual(expect.arrayContaining(["aws.act.traffic.api", "runbook.rollback"]));
    expect(ids).not.toContain("aws.act.reboot.api");
    expect(ids).not.toContain("slack.token");
    expect(ids).not.toContain("runbook.platform-down");
  });

  test("an unknown runbook or environment is exit 2", async () => {
    const { run } = await staging({ change: withoutAws });

    const wrong = await Promise.all([run(["doctor", "nosuch"]), run(["doctor", "--env", "nosuch"])]);

    expect(wrong.map(({ code }) => code)).toEqual([2, 2]);
  });

  test("without AWS is not ready, and the rest is still found", async () => {
    const place = await staging();
    await place.aws.stop();

    const { code, findings, odd, runbooks } = await place.examine();

    expect(code).toBe(3);
    expect(odd.filter(({ state }) => state === "not-ready").map(({ id }) => id)).toEqual([
      "aws.read.credentials",
      "aws.act.credentials",
      "aws.clock",
    ]);
    expect(odd.filter(({ state }) => state === "unknown").every(({ id }) => /^(aws|target)\./.test(id))).toBe(
      true,
    );
    for (const id of ["journal.write", "slack.token", "pagerduty.notes", "service.api"])
      expect(findings.find((finding) => finding.id === id)?.state).toBe("ready");
    expect(runbooks.filter(({ state }) => state !== "not-ready")).toEqual([]);
  });

  test("with a wrong key for acting says so once, and looking is not blamed", async () => {
    const { examine } = await staging();

    const { code, oddIds, stdout } = await examine([], { ACT_KEY: "wrong-secret-000000000000000001" });

    expect(code).toBe(3);
    expect(oddIds).toEqual([
      ["aws.act.credentials", "not-ready"],
      ["aws.roles", "unknown"],
      ["aws.act.reboot.api", "unknown"],
      ["aws.act.traffic.api", "unknown"],
      ["aws.act.restart.api", "unknown"],
    ]);
    expect(stdout).not.toContain("wrong-secret");
  });

  test("names what the environment's file gets wrong, target by target", async () => {
    const { examine } = await staging({
      change(file) {
        file.identity.account = "210987654321";
        file.services[0].instances = ["i-00000000000000001", "i-00000000000000bad"];
        file.services[0].logGroup = "/aws/nosuch";
        file.bindings.slack.channel = "nosuch";
      },
    });

    const { code, odd } = await examine();

    expect(code).toBe(3);
    expect(odd.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        "aws.read.credentials",
        "aws.act.credentials",
        "target.api.instances",
        "target.api.log-group",
        "slack.channel",
      ]),
    );
    expect(odd.every(({ now }) => now !== undefined)).toBe(true);
  });

  test("with a binding that cannot be read makes it one finding", async () => {
    const { examine } = await staging({ change: (file) => (file.bindings.slack = { channel: "x" }) });

    const { code, oddIds } = await examine();

    expect([code, oddIds]).toEqual([3, [["slack.binding", "not-ready"]]]);
  });

  test("with a service that does not answer does not know: it may be the outage that runs are for", async () => {
    const { examine } = await staging({ change: (file) => (file.services[0].url = "http://127.0.0.1:9") });

    const { code, oddIds } = await examine(["rollback"]);

    expect([code, oddIds]).toEqual([7, [["service.api", "unknown"]]]);
  });

  test("shows a lock whose holder is gone, and one held by a run of another host", async () => {
    const place = await staging({ change: withoutAws });
    const journal = openSqliteJournal(join(place.stateDir, "journal.db"));
    const holder = { run: "r-9999", owner: "shelf:2:bbbbbb", reason: "Rollback" };
    await journal.takeLock("staging/deploy", holder, 60_000);
    const foreign = await place.examine();
    await journal.takeLock("staging/deploy", holder, -1_000);
    const ended = await place.examine();
    journal.close();

    const locks = ({ odd }: typeof foreign) => odd.find(({ id }) => id === "locks.held");
    expect([locks(foreign)?.state, locks(ended)?.state]).toEqual(["warning", "warning"]);
    expect(locks(foreign)?.says).toMatch(/r-9999.* does not know/);
    expect(locks(ended)?.says).toContain("nobody works on it");
  });

  test("with a journal that cannot be opened is not ready, and says so beside all the rest", async () => {
    const place = await staging({ change: withoutAws });
    writeFileSync(join(place.stateDir, "journal.db"), "not a database ".repeat(100));

    const { code, findings, odd } = await place.examine();

    expect(code).toBe(3);
    expect(odd.map(({ id }) => id)).toEqual(expect.arrayContaining(["journal.write"]));
    expect(findings.find(({ id }) => id === "slack.token")?.state).toBe("ready");
    expect(readFileSync(join(place.stateDir, "journal.db"), "utf8")).toBe("not a database ".repeat(100));
  });
});

describe("what the doctor saw is remembered", () => {
  test("ops list and ops show say it without looking again", async () => {
    const place = await staging();
    await place.examine(["rollback"]);
    await place.aws.stop();

    const list = await place.run(["list", "--json"]);
    const shown = await place.run(["show", "rollback"]);

    const { runbooks } = JSON.parse(list.stdout) as { readonly runbooks: readonly any[] };
    const listed = (id: string) => runbooks.find((runbook) => runbook.id === id);
    expect(listed("rollback")).toMatchObject({
      readiness: expect.stringMatching(/^ready in staging \(checked \d+ s ago\); never drilled$/) as string,
      checked: { state: "ready" },
    });
    expect(listed("platform-down")?.readiness).toBe("never checked in staging; never drilled");
    expect(shown.stdout.replaceAll(/\s+/g, " ")).toMatch(/Here ready in staging \(checked \d+ s ago\)/);
  });

  test("ops plan and ops run say it in their first lines", async () => {
    const place = await staging();
    const checked = {
      state: "ready",
      because: "",
      at: new Date().toISOString(),
      place: "another file",
    } as const;
    remembered(place.stateDir).rememberChecked("staging", "rollback", checked);

    const plan = await place.run(["plan", "rollback"]);
    const run = await place.run(["run", "rollback", "--no-wait"]);

    expect(plan.stdout.split("\n")[1]).toMatch(/^not checked in staging since its file was changed/);
    expect(run.stdout.split("\n")[0]).toMatch(
      /^\S+ {2}Checked +not checked in staging since its file was changed/,
    );
  });

  test("damaged or unwritable memory stops nobody", async () => {
    const place = await staging();
    const folder = join(place.stateDir, "readiness", "staging");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "rollback.json"), "{");

    const { code, stdout } = await place.run(["list"]);

    expect([code, stdout]).toEqual([0, expect.stringContaining("never checked in staging")]);
  });

  test("a drill is found again from the journal when the small file is gone", async () => {
    const place = await staging({
      change(file) {
        file.tier = "sandbox";
        withoutAws(file);
      },
    });
    const journal = openSqliteJournal(join(place.stateDir, "journal.db"));
    const { situations } = await import("#test/scenarios/runs/index.ts");
    const [asked] = situations.approvedAndSolved;
    if (asked?.event.type !== "run.asked") throw new Error("a run begins with what was asked");
    const by = { run: "r-7f2a", owner: "desk:1:aaaaaa" };
    const { lease } = await journal.begin(
      by.run,
      { ...asked.event, environment: { name: "staging" } },
      by.owner,
      60_000,
    );
    await journal.append(lease, { type: "run.ended", outcome: "solved", exit: 0, verdict: "Solved." });
    journal.close();

    await place.examine();
    const { stdout } = await place.run(["list"]);

    expect(stdout).toMatch(/last drill \d+ s ago, solved in \d+/);
    rmSync(join(place.stateDir, "drills"), { recursive: true });
    await place.examine();
    expect(existsSync(join(place.stateDir, "drills", "platform-down.json"))).toBe(true);
    expect(readdirSync(join(place.stateDir, "readiness", "staging"))).toContain("platform-down.json");
  });
});

describe("ops permissions", () => {
  test("gives every part as data, and one part alone exactly as it is handed over", async () => {
    const { run, aws } = await staging();

    const whole = await run(["permissions", "--format", "json"]);
    const yaml = await run(["permissions", "--format", "yaml"]);
    const act = await run(["permissions", "--part", "aws-act", "--runbook", "platform-down"]);
    const slack = await run(["permissions", "--part", "slack"]);
    const text = await run(["permissions"]);

    const { parts } = JSON.parse(whole.stdout) as { readonly parts: Readonly<Record<string, any>> };
    expect(Object.keys(parts)).toEqual([
      "aws-read",
      "aws-act",
      "aws-doctor",
      "aws-logs",
      "aws-look-document",
      "aws-restart-document",
      "database",
      "slack",
      "pagerduty",
    ]);
    expect((parse(yaml.stdout) as { readonly parts: unknown }).parts).toEqual(parts);
    expect(yaml.stdout).toContain('Version: "2012-10-17"');
    expect(JSON.parse(act.stdout)).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "RestartInstances",
          Effect: "Allow",
          Action: ["ec2:RebootInstances"],
          Resource: [
            "arn:aws:ec2:eu-central-1:123456789012:instance/i-00000000000000001",
            "arn:aws:ec2:eu-central-1:123456789012:instance/i-00000000000000002",
          ],
        },
        expect.objectContaining({ Sid: "WatchCommands", Action: ["ssm:GetCommandInvocation"] }),
        expect.objectContaining({ Sid: "RestartUnits", Action: ["ssm:SendCommand"] }),
      ],
    });
    expect((parse(slack.stdout) as { readonly oauth_config: unknown }).oauth_config).toEqual({
      scopes: { bot: ["chat:write", "channels:history", "channels:read", "groups:read"] },
    });
    expect([whole, yaml, act, slack, text].map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(aws.calls).toEqual([]);
    for (const secret of Object.values(secrets)) expect(text.stdout + whole.stdout).not.toContain(secret);
  });

  test.for([
    ["postgres", { url: { env: "LOCKS_URL" } }, "grant select, insert, update on csrd_ops.lock"],
    ["kubernetes-lease", { cluster: "in-cluster", namespace: "csrd-ops" }, "kind: RoleBinding"],
  ] as const)(
    "prints what locks in %s need, also where their secret is not here",
    async ([locks, binding, text]) => {
      const { run } = await staging({
        change(file) {
          file.locks = locks;
          file.bindings[locks] = binding;
        },
      });

      const { code, stdout } = await run(["permissions", "--part", locks.replace("-lease", "")]);

      expect([code, stdout]).toEqual([0, expect.stringContaining(text)]);
    },
  );

  test("a part or a role that is none is exit 2, with what there is", async () => {
    const { run } = await staging();

    const part = await run(["permissions", "--part", "aws-atc"]);
    const role = await run(["permissions", "--act-role", "csrd"]);

    expect([part.code, role.code]).toEqual([2, 2]);
    expect(part.stderr).toContain("Did you mean aws-act?");
    expect(role.stderr).toContain("no ARN of a role");
  });
});
