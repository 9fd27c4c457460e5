import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { prepareAws } from "#adapters/aws/doctor.ts";
import { awsOperators } from "#adapters/aws/operators.ts";
import { awsPolicies, type AwsPolicies, type Statement } from "#adapters/aws/permissions.ts";
import { awsReaders } from "#adapters/aws/readers.ts";
import type { Service } from "#kit/ports.ts";
import { startAwsStandin } from "#sandbox/standins/start-aws-standin.ts";
import { practiceKeys } from "#test/contracts/aws-standin.ts";
import { groupArn, memoryCloud } from "#test/sandbox/standins/memory-cloud.ts";
import { attached, bindingTo, place as basis } from "./least-rights.ts";

beforeAll(prepareAws);

const service: Service = {
  name: "api",
  url: "https://api.example",
  group: groupArn("blue"),
  instances: [],
  firewallGroups: [],
  floor: 1,
  workload: "csrd-api",
};
const machines = {
  unit: "csrd-platform",
  lookDocument: "csrd-ops-look",
  restartDocument: "csrd-ops-restart",
};
const place = { ...basis, services: [service], machines };
const uses = { readers: new Set(["workloads", "hosts"]), operators: new Set(["workloadAdmin"]) };
const printed = awsPolicies(place, uses);

/** Everything that the ports for units can do, each once; gives back what was refused. */
async function everything({ read, act }: Pick<AwsPolicies, "read" | "act">): Promise<readonly string[]> {
  const cloud = memoryCloud();
  const standin = await startAwsStandin({ cloud, keys: practiceKeys, policies: attached({ read, act }) });
  onTestFinished(() => standin.stop());
  const binding = bindingTo(standin.url);
  const { workloads, hosts } = awsReaders(binding, binding.read);
  const { workloadAdmin } = awsOperators(binding, binding.act);
  const [unit = ""] = cloud.state.instances.map(({ id }) => id);
  const tries: Readonly<Record<string, () => Promise<unknown>>> = {
    describe: () => workloads.describe(service),
    events: () => workloads.events(service, "1h"),
    look: () => hosts.look(service, unit),
    graceful: () => workloadAdmin.restart(service, unit, "graceful"),
    forced: () => workloadAdmin.restart(service, unit, "forced"),
    scale: () => workloadAdmin.scale(service, 2, 3),
  };
  const refused: string[] = [];
  for (const [name, run] of Object.entries(tries)) await run().catch(() => refused.push(name));
  return refused;
}

function cuts(role: "read" | "act") {
  const { Statement } = printed[role];
  return Statement.flatMap((statement, index) => {
    const without = (change: Partial<Statement>) => ({
      ...printed,
      [role]: {
        ...printed[role],
        Statement: Statement.map((one, at) => (at === index ? { ...one, ...change } : one)),
      },
    });
    const { Action, Resource, Sid } = statement;
    return Resource === "*"
      ? Action.map(
          (action) =>
            [role, `${Sid}: ${action}`, without({ Action: Action.filter((one) => one !== action) })] as const,
        )
      : Resource.map(
          (resource) =>
            [
              role,
              `${Sid}: ${resource}`,
              without({ Resource: Resource.filter((one) => one !== resource) }),
            ] as const,
        );
  });
}

describe("with exactly the rights printed for units", () => {
  test("units are seen, looked into, restarted and counted", async () => {
    expect(await everything(printed)).toEqual([]);
  });

  test.for([...cuts("read"), ...cuts("act")])(
    "%s, %s cannot be left out: something fails without",
    async ([, , left]) => {
      expect(await everything(left)).not.toEqual([]);
    },
  );

  test("a machine outside of the groups can be neither looked into nor restarted by these roles", async () => {
    const cloud = memoryCloud();
    cloud.state.groups = cloud.state.groups.map((group) => ({ ...group, members: group.members.slice(1) }));
    const standin = await startAwsStandin({ cloud, keys: practiceKeys, policies: attached(printed) });
    onTestFinished(() => standin.stop());
    const binding = bindingTo(standin.url);
    const stranger = { ...service, workload: undefined, instances: ["i-00000000000000001"] };
    const { hosts } = awsReaders(binding, binding.read);
    const { workloadAdmin } = awsOperators(binding, binding.act);

    const tried = await Promise.allSettled([
      hosts.look(stranger, "i-00000000000000001"),
      workloadAdmin.restart(stranger, "i-00000000000000001", "graceful"),
      workloadAdmin.restart(stranger, "i-00000000000000001", "forced"),
    ]);

    expect(tried.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(cloud.reboots).toEqual([]);
  });

  test.for([
    [["hosts", "replication"], "fulfilled"],
    [["hosts"], "rejected"],
  ] as const)("whoever looks with %j looks into a database's machine: %s", async ([readers, outcome]) => {
    const cloud = memoryCloud();
    const [unit = "", server = ""] = cloud.state.instances.map(({ id }) => id);
    const listed = { ...service, workload: undefined, instances: [unit] };
    const policies = awsPolicies(
      { ...place, services: [listed], database: { instances: [server], routeTables: [] } },
      { readers: new Set(readers), operators: new Set() },
    );
    const standin = await startAwsStandin({ cloud, keys: practiceKeys, policies: attached(policies) });
    onTestFinished(() => standin.stop());
    const binding = bindingTo(standin.url);
    const { hosts } = awsReaders(binding, binding.read);
    const [looked] = await Promise.allSettled([
      hosts.look({ ...listed, name: "database", instances: [server] }, server),
    ]);

    expect(looked?.status).toBe(outcome);
  });

  test("the reading role may send no document but the one for looking", () => {
    const sent = printed.read.Statement.flatMap(({ Action, Resource }) =>
      Action.includes("ssm:SendCommand") && Resource !== "*" ? Resource : [],
    ).filter((resource) => resource.includes(":document/"));

    expect(sent).toEqual(["arn:aws:ssm:eu-central-1:123456789012:document/csrd-ops-look"]);
  });
});
