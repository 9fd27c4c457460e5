import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { awsProbes, prepareAws } from "#adapters/aws/doctor.ts";
import { instanceAdmin } from "#adapters/aws/instance-admin.ts";
import { awsClients } from "#adapters/aws/clients.ts";
import {
  awsPolicies,
  accountOf,
  principalOf,
  type AwsPolicies,
  type Statement,
} from "#adapters/aws/permissions.ts";
import { systemClock } from "#kit/clock.ts";
import { runProbe } from "#kit/readiness.ts";
import { portsOf, portsOfAll } from "#kit/uses.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { rollback } from "#runbooks/rollback.ts";
import type { Policies } from "#sandbox/standins/aws/authorize.ts";
import { startAwsStandin } from "#sandbox/standins/start-aws-standin.ts";
import { practiceKeys } from "#test/contracts/aws-standin.ts";
import { memoryCloud } from "#test/sandbox/standins/memory-cloud.ts";
import { attached, bindingTo, place, runUnder } from "./least-rights.ts";

// Compiling the vendor's SDKs is no part of what a question may take.
beforeAll(prepareAws);

const runbooks = [platformDown, rollback];
const printed = awsPolicies(place, portsOfAll(runbooks));

/** One right taken away: an action, or one of the resources it is for. */
type Cut = { readonly role: "read" | "act"; readonly what: string; readonly left: AwsPolicies };

/** Rights that a run needs only in some of its situations; each is cut in the test of the units' own rights. */
const ofUnits = new Set(["LookIntoMachines", "RestartUnits", "WatchCommands", "RebootUnits"]);

function cutsOf(role: Cut["role"]): readonly Cut[] {
  const { Statement } = printed[role];
  return Statement.flatMap((statement, index) => {
    if (ofUnits.has(statement.Sid)) return [];
    const without = (change: Partial<Statement> | undefined) => ({
      ...printed,
      [role]: {
        ...printed[role],
        Statement: Statement.flatMap((one, at) =>
          at !== index ? [one] : change === undefined ? [] : [{ ...one, ...change }],
        ),
      },
    });
    const { Action, Resource, Sid } = statement;
    const actions = Action.filter((action) => !action.startsWith("ssm:")).map((action) => ({
      role,
      what: `${Sid}: ${action}`,
      left: without({ Action: Action.filter((one) => one !== action) }),
    }));
    const resources =
      Resource === "*" || Resource.length < 2
        ? []
        : Resource.map((resource) => ({
            role,
            what: `${Sid}: ${resource}`,
            left: without({ Resource: Resource.filter((one) => one !== resource) }),
          }));
    return [...actions, ...resources, { role, what: `the statement ${Sid}`, left: without(undefined) }];
  });
}

describe("with exactly the printed IAM policies and everything else denied", () => {
  test.for(runbooks.map((runbook) => [runbook.id, runbook] as const))(
    "%s runs from the outage to solved, and not one call is refused",
    async ([, runbook]) => {
      const { complete, verdict, calls } = await runUnder(runbook, attached(printed));

      expect(complete, verdict).toBe(true);
      expect(calls.some(({ mutating }) => mutating)).toBe(true);
      expect(calls.filter(({ status }) => status !== 200)).toEqual([]);
    },
  );

  test.for(runbooks.map((runbook) => [runbook.id, runbook] as const))(
    "%s also runs with what is printed for it alone",
    async ([, runbook]) => {
      const own = awsPolicies(place, portsOf(runbook));

      const { complete, verdict } = await runUnder(runbook, attached(own));

      expect(complete, verdict).toBe(true);
    },
  );

  test("looking may not act, and acting may touch nothing that is not listed", async () => {
    const cloud = memoryCloud();
    const [first] = cloud.state.instances;
    const strange = "i-00000000000000009";
    if (first !== undefined) cloud.state.instances.push({ ...first, id: strange });
    const standin = await startAwsStandin({ cloud, keys: practiceKeys, policies: attached(printed) });
    onTestFinished(() => standin.stop());
    const binding = bindingTo(standin.url);

    const looking = instanceAdmin(awsClients(binding, binding.read, 1)).reboot(first?.id ?? "");
    const elsewhere = instanceAdmin(awsClients(binding, binding.act, 1)).reboot(strange);

    await expect(looking).rejects.toMatchObject({
      code: "tool-refused",
      details: expect.stringMatching(
        /assumed-role\/csrd-ops-read\/.* is not authorized to perform: ec2:RebootInstances on resource: arn:aws:ec2:eu-central-1:123456789012:instance\/i-00000000000000001 because no identity-based policy allows/,
      ) as string,
    });
    await expect(elsewhere).rejects.toMatchObject({ code: "tool-refused" });
    expect(cloud.reboots).toEqual([]);
  });
});

describe("nothing printed can be left out: something fails without", () => {
  // Mostly they wait.
  test.concurrent.for([...cutsOf("read"), ...cutsOf("act")].map((cut) => [cut.role, cut.what, cut] as const))(
    "%s, %s",
    async ([, , { left }]) => {
      const ran = await Promise.all(runbooks.map((runbook) => runUnder(runbook, attached(left))));

      expect(ran.filter(({ complete }) => !complete)).not.toEqual([]);
    },
  );
});

describe("ops doctor under the printed policies", () => {
  async function examined(policies: Policies, now = () => new Date()) {
    const standin = await startAwsStandin({ cloud: memoryCloud(), keys: practiceKeys, policies, now });
    onTestFinished(() => standin.stop());
    const probes = awsProbes(bindingTo(standin.url), {
      account: place.account,
      services: place.services,
      uses: portsOfAll(runbooks),
      environment: "production",
    });
    const findings = await Promise.all(probes.map((probe) => runProbe(probe, systemClock, 10_000)));
    const states = findings.map(({ id, state }) => [id, state] as const);
    return { findings, calls: standin.calls, odd: states.filter(([, state]) => state !== "ready") };
  }
  const doctor = printed.doctor === undefined ? [] : [printed.doctor];

  test("finds everything ready and changes nothing", async () => {
    const { odd, calls } = await examined({ read: [printed.read, ...doctor], act: [printed.act] });

    expect(odd).toEqual([]);
    expect(calls.filter(({ mutating, status }) => mutating && status === 200)).toEqual([]);
  });

  test("does not know about the listener rule when it may not ask IAM, and says how it may", async () => {
    const { odd, findings } = await examined(attached(printed));

    expect(odd).toEqual([
      ["aws.act.traffic.api", "unknown"],
      ["aws.act.restart.api", "unknown"],
    ]);
    for (const { now } of findings.filter(({ state }) => state === "unknown"))
      expect(now).toContain("--part aws-doctor");
  });

  test.for([
    ["RestartInstances", "aws.act.reboot.api"],
    ["RestartUnits", "aws.act.restart.api"],
    ["MoveTraffic", "aws.act.traffic.api"],
    ["ReadRules", "aws.act.traffic.api"],
  ])("names what the acting role may not do without %s", async ([sid, id]) => {
    const act = { ...printed.act, Statement: printed.act.Statement.filter(({ Sid }) => Sid !== sid) };

    const { odd, findings } = await examined({ read: [printed.read, ...doctor], act: [act] });

    expect(odd).toEqual([[id, "not-ready"]]);
    expect(findings.find((finding) => finding.id === id)?.now).toContain(
      "ops permissions --env production --part aws-act",
    );
  });

  test.for([
    [5_000, "warning"],
    [60_000, "not-ready"],
  ] as const)(
    "with AWS's clock %i ms ahead says %s, though every call still works",
    async ([ahead, state]) => {
      const all = { read: [printed.read, ...doctor], act: [printed.act] };

      const { odd } = await examined(all, () => new Date(Date.now() + ahead));

      expect(odd).toEqual([["aws.clock", state]]);
    },
  );

  test("says that one principal does both when it does", async () => {
    const standin = await startAwsStandin({ cloud: memoryCloud(), keys: practiceKeys });
    onTestFinished(() => standin.stop());
    const binding = bindingTo(standin.url);
    const probes = awsProbes(
      { ...binding, read: binding.act },
      { account: place.account, services: [], uses: portsOfAll(runbooks), environment: "production" },
    );

    const findings = await Promise.all(probes.map((probe) => runProbe(probe, systemClock, 10_000)));

    expect(findings.find(({ id }) => id === "aws.roles")?.state).toBe("not-ready");
  });
});

describe("ARNs", () => {
  test.for([
    ["eu-central-1", "arn:aws:ec2:eu-central-1:"],
    ["cn-north-1", "arn:aws-cn:ec2:cn-north-1:"],
    ["us-gov-west-1", "arn:aws-us-gov:ec2:us-gov-west-1:"],
  ] as const)("in %s begin with %s", ([region, start]) => {
    const { act } = awsPolicies({ ...place, region }, portsOf(platformDown));

    expect(act.Statement[0]?.Resource[0]?.startsWith(start)).toBe(true);
  });

  test.for([
    [
      "arn:aws:sts::123456789012:assumed-role/csrd-ops-act/lena",
      "arn:aws:iam::123456789012:role/csrd-ops-act",
    ],
    ["arn:aws:iam::123456789012:user/ops/lena", "arn:aws:iam::123456789012:user/ops/lena"],
    ["arn:aws:iam::123456789012:root", undefined],
  ] as const)("%s is the principal %s", ([arn, principal]) => {
    expect(principalOf(arn)).toBe(principal);
  });

  test("need an account, from the file's identity or from its own ARNs", () => {
    expect(accountOf({ account: "000012345678" }, [])).toBe("000012345678");
    expect(accountOf({}, place.services)).toBe("123456789012");
    expect(() => accountOf({}, [])).toThrow("does not say which AWS account");
  });
});
