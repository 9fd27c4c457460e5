import type {
  Cloud,
  CloudActivity,
  CloudFirewallRule,
  CloudHost,
  CloudInstance,
  CloudLogEvent,
  CloudScalingGroup,
  CloudTarget,
  CloudWeight,
} from "#sandbox/cloud.ts";

const account = "123456789012";
const region = "eu-central-1";

/** ARN of a target group of the small cloud. */
export const groupArn = (name: string) =>
  `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/${name}/0123456789abcdef`;

/** ARN of its listener rule. */
export const ruleArn = `arn:aws:elasticloadbalancing:${region}:${account}:listener-rule/app/edge/0123456789abcdef/0123456789abcdef/0123456789abcdef`;

/** A cloud small enough to hold in the hand: its state is public, and every change is written down. */
export type MemoryCloud = Cloud & {
  state: {
    instances: CloudInstance[];
    targets: Map<string, CloudTarget[]>;
    weights: CloudWeight[];
    firewall: CloudFirewallRule[];
    logs: CloudLogEvent[];
    groups: CloudScalingGroup[];
    activities: CloudActivity[];
    host: CloudHost | undefined;
  };
  readonly reboots: string[];
};

/** What the agent of every machine of it sees. */
const restingHost: CloudHost = {
  cores: 2,
  coresUsed: 0.25,
  memory: { total: 2_048 * 1024, available: 1_536 * 1024 },
  disks: [
    {
      device: "/dev/nvme0n1p1",
      mount: "/",
      size: 20_000_000,
      used: 6_000_000,
      serial: "vol0123456789abcdef0",
    },
  ],
  processes: [
    { pid: 812, command: "node", resident: 420_000, cores: 0.2, age: 86_400 },
    { pid: 1, command: "systemd", resident: 12_000, cores: 0, age: 90_000 },
  ],
};

/** Two API instances behind the blue group, kept by a scaling group of one to four, a green group without traffic, one log group. */
export function memoryCloud(): MemoryCloud {
  const state: MemoryCloud["state"] = {
    instances: ["1", "2"].map((number) => ({
      id: `i-0000000000000000${number}`,
      name: `api-${number}`,
      state: "running",
      check: "ok",
      address: "127.0.0.1",
      port: 8000,
      firewallGroups: ["sg-00000001"],
      launchedAt: new Date("2026-11-01T00:00:00Z"),
      tags: {
        "csrd:version": "2.4.1",
        "csrd:previous-version": "2.4.0",
        "csrd:deployed-at": "2026-11-20T10:00:00Z",
      },
    })),
    targets: new Map([
      [
        groupArn("blue"),
        ["1", "2"].map((number) => ({
          instance: `i-0000000000000000${number}`,
          port: 8000,
          state: "healthy",
        })),
      ],
      [groupArn("green"), []],
    ]),
    weights: [
      { group: groupArn("blue"), weight: 100 },
      { group: groupArn("green"), weight: 0 },
    ],
    firewall: [
      { group: "sg-00000001", protocol: "tcp", fromPort: 8000, toPort: 8000, cidrs: ["10.0.0.0/8"] },
    ],
    logs: [],
    groups: [
      {
        name: "csrd-api",
        least: 1,
        most: 4,
        desired: 2,
        template: { name: "csrd-api", version: "7" },
        suspended: [],
        members: ["1", "2"].map((number) => ({
          instance: `i-0000000000000000${number}`,
          lifecycle: "InService",
        })),
        policies: [],
      },
    ],
    activities: [],
    host: restingHost,
  };
  const scale = (group: CloudScalingGroup, desired: number): void => {
    const [first] = state.instances;
    if (first === undefined) return;
    const members = group.members.slice(0, desired);
    for (let at = members.length + 1; at <= desired; at += 1) {
      const id = `i-0000000000000000${at}`;
      members.push({ instance: id, lifecycle: "InService" });
      state.instances.push({ ...first, id, name: `api-${at}`, launchedAt: new Date() });
      state.targets.get(groupArn("blue"))?.push({ instance: id, port: 8000, state: "healthy" });
      state.activities.unshift({
        id: `activity-${state.activities.length}`,
        startedAt: new Date(),
        endedAt: new Date(),
        status: "Successful",
        says: `Launching a new EC2 instance: ${id}`,
        why: "a user request",
      });
    }
    const gone = group.members.slice(desired).map(({ instance }) => instance);
    state.instances = state.instances.filter(({ id }) => !gone.includes(id));
    for (const [arn, targets] of state.targets)
      state.targets.set(
        arn,
        targets.filter(({ instance }) => !gone.includes(instance)),
      );
    state.groups = state.groups.map((one) => (one.name === group.name ? { ...one, desired, members } : one));
  };
  const reboots: string[] = [];
  return {
    account,
    region,
    state,
    reboots,
    instances: async () => state.instances,
    reboot: async (id) => {
      reboots.push(id);
    },
    scalingGroups: async () => state.groups,
    setDesired: async (name, desired) => {
      const group = state.groups.find((one) => one.name === name);
      if (group !== undefined) scale(group, desired);
    },
    activities: async () => state.activities,
    lookInto: async () => state.host,
    restartUnit: async (id) => {
      if (state.host !== undefined) reboots.push(id);
      return state.host !== undefined;
    },
    groups: async () => [...state.targets.keys()],
    targets: async (group) => state.targets.get(group) ?? [],
    rules: async () => [ruleArn],
    weights: async () => state.weights,
    setWeights: async (_, weights) => {
      state.weights = [...weights];
    },
    firewall: async () => state.firewall,
    logGroups: async () => ["/aws/csrd-platform"],
    logEvents: async (_, since, until) =>
      state.logs.filter(({ timestamp }) => timestamp >= since && timestamp <= until),
  };
}
