import type {
  Cloud,
  CloudFirewallRule,
  CloudInstance,
  CloudLogEvent,
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
  };
  readonly reboots: string[];
};

/** Two API instances behind the blue group, a green group without traffic, one log group. */
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
