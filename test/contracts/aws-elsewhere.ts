import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeSubnetsCommand,
  EC2Client,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsBinding } from "#adapters/aws/binding.ts";
import { memoryCloud } from "../sandbox/standins/memory-cloud.ts";
import type { AwsWorld } from "./aws.ts";

const region = "eu-central-1";
const account = "123456789012";
const logGroup = "/aws/csrd-platform";

/** The program that plays AWS, where a machine has it. */
export const motoServer = "moto_server";

/** Fills an AWS-compatible endpoint (moto, LocalStack) with what the contract asks for, through the vendor's own calls. Never point it at a real account: it creates instances. */
export async function openAwsWorld(endpoint: string, close: () => Promise<void>): Promise<AwsWorld> {
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
  const balancing = new ElasticLoadBalancingV2Client(options);
  const logs = new CloudWatchLogsClient(options);

  const subnets = (await ec2.send(new DescribeSubnetsCommand({}))).Subnets ?? [];
  const vpc = given(subnets[0]?.VpcId);
  const image = given(
    (await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"] }))).Images?.[0]?.ImageId,
  );
  const firewallGroup = given(
    (
      await ec2.send(
        new CreateSecurityGroupCommand({
          GroupName: `api-${Date.now()}`,
          Description: "contract",
          VpcId: vpc,
        }),
      )
    ).GroupId,
  );
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: firewallGroup,
      IpPermissions: [
        { IpProtocol: "tcp", FromPort: 8000, ToPort: 8000, IpRanges: [{ CidrIp: "10.0.0.0/8" }] },
      ],
    }),
  );
  const launch = async (number: number) => {
    const tags = { Name: `api-${number}`, ...memoryCloud().state.instances[0]?.tags };
    const answer = await ec2.send(
      new RunInstancesCommand({
        ImageId: image,
        MinCount: 1,
        MaxCount: 1,
        SubnetId: given(subnets[0]?.SubnetId),
        SecurityGroupIds: [firewallGroup],
        TagSpecifications: [
          { ResourceType: "instance", Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
        ],
      }),
    );
    return given(answer.Instances?.[0]?.InstanceId);
  };
  const instances = [await launch(1), await launch(2)] as const;

  const group = async (name: string) => {
    const answer = await balancing.send(
      new CreateTargetGroupCommand({
        Name: `${name}-${Date.now()}`,
        Protocol: "HTTP",
        Port: 8000,
        VpcId: vpc,
      }),
    );
    return given(answer.TargetGroups?.[0]?.TargetGroupArn);
  };
  const groups = [await group("blue"), await group("green")] as const;
  await balancing.send(
    new RegisterTargetsCommand({
      TargetGroupArn: groups[0],
      Targets: instances.map((Id) => ({ Id, Port: 8000 })),
    }),
  );
  const balancer = await balancing.send(
    new CreateLoadBalancerCommand({
      Name: `edge-${Date.now()}`,
      Subnets: subnets.slice(0, 2).map((subnet) => given(subnet.SubnetId)),
    }),
  );
  const forward = (weights: readonly number[]) => [
    {
      Type: "forward" as const,
      Order: 1,
      ForwardConfig: {
        TargetGroups: groups.map((TargetGroupArn, index) => ({
          TargetGroupArn,
          Weight: weights[index] ?? 0,
        })),
        TargetGroupStickinessConfig: { Enabled: false },
      },
    },
  ];
  const listener = await balancing.send(
    new CreateListenerCommand({
      LoadBalancerArn: given(balancer.LoadBalancers?.[0]?.LoadBalancerArn),
      Protocol: "HTTP",
      Port: 80,
      DefaultActions: [{ Type: "forward", TargetGroupArn: groups[0] }],
    }),
  );
  const rule = await balancing.send(
    new CreateRuleCommand({
      ListenerArn: given(listener.Listeners?.[0]?.ListenerArn),
      Priority: 1,
      Conditions: [{ Field: "path-pattern", Values: ["/*"] }],
      Actions: forward([100, 0]),
    }),
  );
  await logs.send(new CreateLogGroupCommand({ logGroupName: logGroup }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: logGroup, logStreamName: "api-1" }));

  return {
    binding,
    account,
    instances,
    groups,
    rule: given(rule.Rules?.[0]?.RuleArn),
    firewallGroup,
    logGroup,
    log: async (messages) => {
      const start = Date.now() - messages.length;
      await logs.send(
        new PutLogEventsCommand({
          logGroupName: logGroup,
          logStreamName: "api-1",
          logEvents: messages.map((message, index) => ({ timestamp: start + index, message })),
        }),
      );
    },
    close,
  };
}

/** Starts `moto_server` on a free port with a world in it. */
export async function openMotoWorld(): Promise<AwsWorld> {
  const { endpoint, stop } = await startMoto();
  return openAwsWorld(endpoint, stop);
}

/** Starts moto on a free port and waits until it answers. */
export async function startMoto(): Promise<{
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
}> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn(motoServer, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  await answering(endpoint, server);
  return { endpoint, stop: () => ended(server) };
}

/** Whether a program is on the PATH. */
export function onPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function answering(endpoint: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`moto_server ended with ${server.exitCode}`);
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      return;
    await pause(100);
  }
  throw new Error("moto_server did not answer");
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    server.once("exit", () => resolve());
    server.kill();
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the endpoint left out something it must give");
  return value;
}
