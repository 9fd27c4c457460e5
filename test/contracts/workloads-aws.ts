import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
} from "@aws-sdk/client-auto-scaling";
import { CreateLaunchTemplateCommand, DescribeImagesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { AwsBinding } from "#adapters/aws/binding.ts";
import { awsOperators } from "#adapters/aws/operators.ts";
import { awsReaders } from "#adapters/aws/readers.ts";
import type { Service } from "#kit/ports.ts";
import type { Cloud } from "#sandbox/cloud.ts";
import { startAwsStandin } from "#sandbox/standins/start-aws-standin.ts";
import { groupArn, memoryCloud } from "../sandbox/standins/memory-cloud.ts";
import { startMoto } from "./aws-elsewhere.ts";
import { practiceKeys } from "./aws-standin.ts";
import type { WorkloadWorld } from "./workloads.ts";

const region = "eu-central-1";

/** The API of the small cloud, as an environment's file would name it. */
const service: Service = {
  name: "api",
  url: "https://api.example",
  group: groupArn("blue"),
  instances: [],
  firewallGroups: [],
  floor: 1,
  workload: "csrd-api",
};

/** The stand-in over the small cloud, in pages of one thing each, with a cloud that can be told to lag or to do nothing. */
export async function openStandinWorkloads(): Promise<WorkloadWorld> {
  let cloud = memoryCloud();
  let stale: { readonly groups: Awaited<ReturnType<Cloud["scalingGroups"]>>; left: number } | undefined;
  let lag = 0;
  let ignoring = false;
  const over: Cloud = {
    ...Object.fromEntries(
      Object.keys(cloud).map((name) => [
        name,
        (...given: readonly unknown[]) => Reflect.apply(Reflect.get(cloud, name), cloud, given),
      ]),
    ),
    account: cloud.account,
    region: cloud.region,
    async scalingGroups() {
      if (stale === undefined || stale.left === 0) return cloud.scalingGroups();
      stale.left -= 1;
      return stale.groups;
    },
    async setDesired(name: string, desired: number) {
      if (ignoring) {
        cloud.state.groups = cloud.state.groups.map((one) => ({ ...one, desired }));
        return;
      }
      // The change itself looks at the group once more.
      if (lag > 0) stale = { groups: await cloud.scalingGroups(), left: lag };
      await cloud.setDesired(name, desired);
    },
  } as Cloud;
  const standin = await startAwsStandin({
    cloud: over,
    keys: practiceKeys,
    pageSize: 1,
    systems: { unknownFor: 1 },
  });
  process.env["OPS_TEST_READ_ID"] = practiceKeys.read.accessKeyId;
  process.env["OPS_TEST_READ_KEY"] = practiceKeys.read.secretAccessKey;
  process.env["OPS_TEST_ACT_ID"] = practiceKeys.act.accessKeyId;
  process.env["OPS_TEST_ACT_KEY"] = practiceKeys.act.secretAccessKey;
  const binding = AwsBinding.parse({
    region,
    endpoint: standin.url,
    read: { accessKeyId: { env: "OPS_TEST_READ_ID" }, secretAccessKey: { env: "OPS_TEST_READ_KEY" } },
    act: { accessKeyId: { env: "OPS_TEST_ACT_ID" }, secretAccessKey: { env: "OPS_TEST_ACT_KEY" } },
  });
  const { workloads, hosts } = awsReaders(binding, binding.read);
  const describe = "DescribeAutoScalingGroups";
  return {
    workloads,
    hosts,
    admin: awsOperators(binding, binding.act).workloadAdmin,
    service,
    elsewhere: { ...service, workload: "csrd-nobody" },
    nameless: { ...service, workload: undefined },
    trouble: {
      throttle: (times) => standin.faults.add({ action: describe, kind: "throttled", times }),
      fail: (times) => standin.faults.add({ action: describe, kind: "unavailable", times }),
      loseReply: (of) =>
        standin.faults.add({
          action: of === "restart" ? "RebootInstances" : "SetDesiredCapacity",
          kind: "reply-lost",
          times: 1,
        }),
      lag: (looks) => (lag = looks),
      ignore: () => (ignoring = true),
      sicken: (unit) => {
        const targets = cloud.state.targets.get(groupArn("blue")) ?? [];
        cloud.state.targets.set(
          groupArn("blue"),
          targets.map((target) =>
            target.instance === unit
              ? { ...target, state: "unhealthy", reason: "Target.FailedHealthChecks" }
              : target,
          ),
        );
      },
      restarted: () => cloud.reboots,
    },
    reset: async () => {
      standin.faults.clear();
      cloud = memoryCloud();
      stale = undefined;
      lag = 0;
      ignoring = false;
    },
    close: () => standin.stop(),
  };
}

/** moto with a group of two; it keeps neither activities nor machines that could be looked into. */
export async function openMotoWorkloads(): Promise<WorkloadWorld> {
  const { endpoint, stop } = await startMoto();
  return openAwsWorkloads(endpoint, stop);
}

/** A group of two on an AWS-compatible endpoint that is there, made through the vendor's own calls. Never point it at a real account: it creates instances. */
export async function openAwsWorkloads(endpoint: string, stop: () => Promise<void>): Promise<WorkloadWorld> {
  process.env["OPS_TEST_ELSEWHERE_ID"] = "AKIAELSEWHERE0000001";
  process.env["OPS_TEST_ELSEWHERE_KEY"] = "elsewhere-secret-0000000000000000001";
  const credentials = {
    accessKeyId: { env: "OPS_TEST_ELSEWHERE_ID" },
    secretAccessKey: { env: "OPS_TEST_ELSEWHERE_KEY" },
  };
  const binding = AwsBinding.parse({ region, endpoint, timeout: "20s", read: credentials, act: credentials });
  const options = {
    region,
    endpoint,
    credentials: {
      accessKeyId: process.env["OPS_TEST_ELSEWHERE_ID"],
      secretAccessKey: process.env["OPS_TEST_ELSEWHERE_KEY"],
    },
  };
  const ec2 = new EC2Client(options);
  const scaling = new AutoScalingClient(options);
  const images = await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"] }));
  await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: "csrd-api",
      LaunchTemplateData: { ImageId: images.Images?.[0]?.ImageId, InstanceType: "t3.small" },
    }),
  );
  await scaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: "csrd-api",
      LaunchTemplate: { LaunchTemplateName: "csrd-api", Version: "1" },
      MinSize: 1,
      MaxSize: 4,
      DesiredCapacity: 2,
      AvailabilityZones: [`${region}a`],
    }),
  );
  const made = await scaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ["csrd-api"] }),
  );
  if (made.AutoScalingGroups?.[0]?.Instances?.length !== 2) throw new Error("moto made no instances");
  const here: Service = { ...service, group: undefined };
  return {
    workloads: awsReaders(binding, binding.read).workloads,
    admin: awsOperators(binding, binding.act).workloadAdmin,
    service: here,
    elsewhere: { ...here, workload: "csrd-nobody" },
    nameless: { ...here, workload: undefined },
    close: stop,
  };
}
