import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AwsBinding, parseAwsBinding } from "#adapters/aws/binding.ts";
import { awsOperators } from "#adapters/aws/operators.ts";
import { awsReaders } from "#adapters/aws/readers.ts";
import type { Service } from "#kit/ports.ts";
import type { CloudScalingGroup } from "#sandbox/cloud.ts";
import { instanceType } from "#sandbox/standins/aws/ec2.ts";
import { failure } from "../contracts/aws.ts";
import { openStandinWorld, type StandinWorld } from "../contracts/aws-standin.ts";
import { groupArn } from "../sandbox/standins/memory-cloud.ts";

const service: Service = {
  name: "api",
  url: "https://api.example",
  group: groupArn("blue"),
  instances: [],
  firewallGroups: [],
  floor: 1,
  workload: "csrd-api",
};
const listed: Service = { ...service, workload: undefined, instances: ["i-00000000000000001"] };
const first = "i-00000000000000001";

describe("units on AWS", () => {
  let world: StandinWorld;
  const workloads = () => awsReaders(world.binding, world.binding.read).workloads;
  const hosts = () => awsReaders(world.binding, world.binding.read).hosts;
  const admin = (binding: AwsBinding = world.binding) => awsOperators(binding, binding.act).workloadAdmin;
  const group = (change: Partial<CloudScalingGroup>) => {
    world.cloud.state.groups = world.cloud.state.groups.map((one) => ({ ...one, ...change }));
  };

  beforeEach(async () => {
    world = await openStandinWorld();
  });
  afterEach(() => world.close());

  it("have the size of their instance type, and the group's template as their revision", async () => {
    expect(await workloads().describe(service)).toMatchObject({
      size: { cpus: instanceType.cpus, memoryBytes: 2 * 1024 ** 3 },
      revision: "csrd-api:7",
      units: [{ name: "api-1", version: "2.4.1", restarts: undefined }, { name: "api-2" }],
    });
  });

  it("are told apart by their ids where a group gives all of them one name", async () => {
    world.cloud.state.instances = world.cloud.state.instances.map((one) => ({ ...one, name: "csrd-api" }));

    const { units } = await workloads().describe(service);

    expect(units.map(({ name, id }) => name === `csrd-api ${id}`)).toEqual([true, true]);
  });

  it("are starting while EC2 has not heard of them, and stopping while the group ends them", async () => {
    group({
      members: [
        { instance: first, lifecycle: "Terminating" },
        { instance: "i-00000000000000009", lifecycle: "Pending" },
      ],
    });

    const { units } = await workloads().describe(service);

    expect(units.map(({ id, state, ready, reason }) => [id, state, ready, reason])).toEqual([
      [first, "stopping", false, "Terminating"],
      ["i-00000000000000009", "starting", false, "Pending"],
    ]);
  });

  it("may go between two looks of one description", async () => {
    const { cloud } = world;
    const all = cloud.instances.bind(cloud);
    let looks = 0;
    Object.assign(cloud, {
      instances: async () => {
        looks += 1;
        return (await all()).filter(({ id }) => looks === 1 || id !== first);
      },
    });

    const { units } = await workloads().describe(service);

    expect(new Map(units.map(({ id, ready }) => [id, ready]))).toEqual(
      new Map([
        [first, false],
        ["i-00000000000000002", true],
      ]),
    );
  });

  it("take no work when the balancer does not know them, and are judged by EC2's checks where none looks", async () => {
    world.cloud.state.targets.set(groupArn("blue"), []);
    const [one] = world.cloud.state.instances;
    if (one !== undefined) world.cloud.state.instances[0] = { ...one, check: "impaired" };

    const behind = await workloads().describe(service);
    const alone = await workloads().describe({ ...service, group: undefined });

    expect(behind.units.map(({ ready, reason }) => [ready, reason])).toEqual([
      [false, "not registered with the target group"],
      [false, "not registered with the target group"],
    ]);
    expect(alone.units.map(({ ready, reason }) => [ready, reason])).toEqual([
      [false, "status check: impaired"],
      [true, undefined],
    ]);
  });

  it("name the policy that moves their number, unless it is off or the group ignores it", async () => {
    const policies = [
      { name: "a-night", enabled: false },
      { name: "cpu-70", enabled: true },
    ];
    group({ policies });
    expect((await workloads().describe(service)).scaledBy).toBe("cpu-70");

    group({ policies, suspended: ["AlarmNotification"] });

    expect((await workloads().describe(service)).scaledBy).toBeUndefined();
  });

  it("tell what their group did, newest last, with a warning for what failed", async () => {
    const at = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    world.cloud.state.activities = [
      {
        id: "3",
        startedAt: at(1),
        status: "Failed",
        says: `Launching a new EC2 instance: ${first}`,
        why: "",
      },
      { id: "2", startedAt: at(5), status: "Successful", says: "Updating load balancers", why: "" },
      { id: "1", startedAt: at(500), status: "Successful", says: "long ago", why: "" },
    ];

    const events = await workloads().events(service, "1h");

    expect(events.map(({ about, kind, says }) => [about, kind, says])).toEqual([
      ["csrd-api", "normal", "Updating load balancers"],
      [first, "warning", `Launching a new EC2 instance: ${first} (Failed)`],
    ]);
  });

  it("that a file lists are all there are: seen and restarted, not scaled", async () => {
    expect(await workloads().describe(listed)).toMatchObject({ desired: 1, most: 1, scaledBy: undefined });
    await admin().restart(listed, first, "graceful");
    const error = await failure(admin().scale(listed, 1, 2));

    expect(world.cloud.reboots).toEqual([first]);
    expect(error.code).toBe("tool-refused");
    expect(error.summary).toContain("no Auto Scaling group");
  });

  it("get no other size here, and the refusal says how they would", async () => {
    const size = { cpus: 2, memoryBytes: 2 };

    const error = await failure(admin().resize(service, size, size));

    expect(error.code).toBe("tool-refused");
    expect(error.hint).toContain("instance refresh");
  });

  it("are not scaled where somebody told the group to leave that alone", async () => {
    group({ suspended: ["Launch"] });

    const error = await failure(admin().scale(service, 2, 3));

    expect(error.summary).toContain("leave Launch alone");
    expect(world.cloud.state.groups[0]?.desired).toBe(2);
  });

  it("say that nothing was done when no agent is there to restart or to look", async () => {
    world.cloud.state.host = undefined;

    const restart = await failure(admin().restart(service, first, "graceful"));
    const look = await failure(hosts().look(service, first));

    expect(restart).toMatchObject({
      code: "tool-unreachable",
      hint: expect.stringContaining("Nothing was done"),
    });
    expect(look.code).toBe("tool-unreachable");
    expect(world.cloud.reboots).toEqual([]);
  });

  it("say in the machine's own words why it refused", async () => {
    const binding = { ...world.binding, machines: { ...world.binding.machines, unit: "another" } };

    const error = await failure(admin(binding).restart(service, first, "graceful"));

    expect(error.code).toBe("tool-refused");
    expect(error.summary).toContain("runs nothing but the scripts of ours");
  });

  it("are restarted once when the answer to a command was lost, and the rest is unknown; a look is sent again", async () => {
    world.standin.faults.add({ action: "SendCommand", kind: "reply-lost", times: 1 });
    const restart = await failure(admin().restart(service, first, "graceful"));
    world.standin.faults.add({ action: "SendCommand", kind: "reply-lost", times: 1 });

    const host = await hosts().look(service, first);

    expect(restart.code).toBe("state-unknown");
    expect(world.cloud.reboots).toEqual([first]);
    expect(host.disks).toEqual([
      {
        mount: "/",
        sizeBytes: 20_000_000 * 1024,
        usedBytes: 6_000_000 * 1024,
        volume: "vol-0123456789abcdef0",
      },
    ]);
  });

  it("are looked into with the reading key alone, which can restart nothing", async () => {
    await hosts().look(service, first);
    const trespasser = awsOperators(world.binding, world.binding.read).workloadAdmin;

    const errors = [
      await failure(trespasser.restart(service, first, "graceful")),
      await failure(trespasser.restart(service, first, "forced")),
      await failure(trespasser.scale(service, 2, 3)),
    ];

    expect(errors.map(({ code }) => code)).toEqual(["tool-refused", "tool-refused", "tool-refused"]);
    expect(world.standin.calls.filter(({ mutating, status }) => mutating && status === 200)).toEqual([]);
    expect(world.cloud.reboots).toEqual([]);
  });
});

describe("the name of a systemd unit", () => {
  const binding = (unit: string) => () =>
    parseAwsBinding({
      region: "eu-central-1",
      read: "default-chain",
      act: "default-chain",
      machines: { unit },
    });

  it.for(["csrd-platform", "csrd@api.service", "csrd.service"])("may be %s", (unit) => {
    expect(binding(unit)().machines.unit).toBe(unit);
  });

  it.for(["-a", "a b", "a;reboot", "$(id)", "a\nb", "", "a'b", "../a"])("may not be %j", (unit) => {
    expect(binding(unit)).toThrow(/machines\.unit/);
  });
});
