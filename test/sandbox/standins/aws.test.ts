import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeVpcsCommand,
  EC2Client,
  RebootInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  DescribeListenersCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startAwsStandin, type AwsStandin } from "#sandbox/standins/start-aws-standin.ts";
import { practiceKeys } from "../../contracts/aws-standin.ts";
import { groupArn, memoryCloud, ruleArn, type MemoryCloud } from "./memory-cloud.ts";

describe("AWS stand-in", () => {
  let cloud: MemoryCloud;
  let standin: AwsStandin;
  const options = (credentials: { accessKeyId: string; secretAccessKey: string } = practiceKeys.act) => ({
    region: cloud.region,
    endpoint: standin.url,
    maxAttempts: 1,
    credentials,
  });
  const ec2 = () => new EC2Client(options());
  const balancing = () => new ElasticLoadBalancingV2Client(options());

  beforeEach(async () => {
    cloud = memoryCloud();
    standin = await startAwsStandin({ cloud, keys: practiceKeys });
  });
  afterEach(() => standin.stop());

  it("refuses what is not signed, signed with another secret, for another region, or long ago", async () => {
    const unsigned = await fetch(standin.url, {
      method: "POST",
      body: new URLSearchParams({ Action: "DescribeInstances", Version: "2016-11-15" }),
    });
    const forged = new EC2Client(options({ ...practiceKeys.act, secretAccessKey: "guessed" }));
    const stranger = new EC2Client(options({ accessKeyId: "AKIASTRANGER", secretAccessKey: "x" }));
    const abroad = new EC2Client({ ...options(), region: "us-east-1" });
    const late = new EC2Client({ ...options(), systemClockOffset: -16 * 60_000 });
    const lateIdentity = new STSClient({ ...options(), systemClockOffset: 16 * 60_000 });

    expect(unsigned.status).toBe(403);
    expect(await unsigned.text()).toContain("<Code>MissingAuthenticationToken</Code>");
    expect(
      await Promise.all([
        refusal(forged.send(new DescribeInstancesCommand({}))),
        refusal(stranger.send(new DescribeInstancesCommand({}))),
        refusal(abroad.send(new DescribeInstancesCommand({}))),
        refusal(late.send(new DescribeInstancesCommand({}))),
        refusal(lateIdentity.send(new GetCallerIdentityCommand({}))),
      ]),
    ).toEqual(["AuthFailure", "AuthFailure", "AuthFailure", "RequestExpired", "SignatureDoesNotMatch"]);
  });

  it("refuses a body that was changed after it was signed", async () => {
    let signed: { headers: Record<string, string>; body: string } | undefined;
    const client = ec2();
    client.middlewareStack.add(
      (next) => async (args) => {
        const request = args.request as { headers: Record<string, string>; body: string };
        signed = { headers: { ...request.headers }, body: request.body };
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    await client.send(new RebootInstancesCommand({ InstanceIds: ["i-00000000000000001"] }));
    const { host: _, "content-length": __, ...headers } = signed?.headers ?? {};
    const replay = (body: string) => fetch(`${standin.url}/`, { method: "POST", headers, body });

    const same = await replay(signed?.body ?? "");
    const changed = await replay((signed?.body ?? "").replace("0001", "0002"));

    expect([same.status, changed.status]).toEqual([200, 401]);
    expect(cloud.reboots).toEqual(["i-00000000000000001", "i-00000000000000001"]);
  });

  it("answers what it does not know by AWS's own codes", async () => {
    expect(
      await Promise.all([
        refusal(ec2().send(new DescribeVpcsCommand({}))),
        refusal(balancing().send(new DescribeListenersCommand({ ListenerArns: ["arn:aws:x"] }))),
        refusal(ec2().send(new DescribeInstancesCommand({ InstanceIds: ["i-xyz"] }))),
        refusal(ec2().send(new DescribeInstancesCommand({ Filters: [{ Name: "tag:x", Values: ["y"] }] }))),
        refusal(ec2().send(new DescribeInstanceStatusCommand({ Filters: [{ Name: "x", Values: ["y"] }] }))),
        refusal(
          ec2().send(new DescribeInstancesCommand({ InstanceIds: ["i-00000000000000001"], MaxResults: 5 })),
        ),
        refusal(ec2().send(new DescribeInstancesCommand({ NextToken: "made-up" }))),
        refusal(balancing().send(new DescribeRulesCommand({ RuleArns: ["not-an-arn"] }))),
        refusal(
          new CloudWatchLogsClient(options()).send(
            new FilterLogEventsCommand({ logGroupName: "/aws/csrd-platform", filterPattern: "{ broken" }),
          ),
        ),
      ]),
    ).toEqual([
      "InvalidAction",
      "InvalidAction",
      "InvalidInstanceID.Malformed",
      "InvalidParameterValue",
      "UnknownParameter",
      "InvalidParameterCombination",
      "InvalidNextToken",
      "ValidationError",
      "InvalidParameterException",
    ]);
  });

  it.for([
    ["a weight over 999", [{ TargetGroupArn: groupArn("blue"), Weight: 1000 }], "ValidationError"],
    ["an unknown group", [{ TargetGroupArn: groupArn("red"), Weight: 1 }], "TargetGroupNotFound"],
    [
      "six groups",
      ["1", "2", "3", "4", "5", "6"].map((name) => ({ TargetGroupArn: groupArn(name), Weight: 1 })),
      "TooManyTargetGroups",
    ],
    ["no group", [], "ValidationError"],
  ] as const)("refuses a split with %s and leaves the old one", async ([, groups, code]) => {
    const before = cloud.state.weights;

    const refused = await refusal(
      balancing().send(
        new ModifyRuleCommand({
          RuleArn: ruleArn,
          Actions: [{ Type: "forward", ForwardConfig: { TargetGroups: [...groups] } }],
        }),
      ),
    );

    expect(refused).toMatch(new RegExp(`^${code}(Exception)?$`));
    expect(cloud.state.weights).toBe(before);
  });

  it("leaves stopped instances out of the status unless all are asked for", async () => {
    cloud.state.instances = cloud.state.instances.map((instance, index) =>
      index === 0 ? { ...instance, state: "stopped" } : instance,
    );

    const running = await ec2().send(new DescribeInstanceStatusCommand({}));
    const all = await ec2().send(new DescribeInstanceStatusCommand({ IncludeAllInstances: true }));

    expect([running.InstanceStatuses?.length, all.InstanceStatuses?.length]).toEqual([1, 2]);
  });

  it("reboots none when one of several is missing or stopped", async () => {
    const missing = await refusal(
      ec2().send(new RebootInstancesCommand({ InstanceIds: ["i-00000000000000001", "i-0000000000000000f"] })),
    );
    cloud.state.instances = cloud.state.instances.map((instance, index) =>
      index === 1 ? { ...instance, state: "stopped" } : instance,
    );
    const stopped = await refusal(
      ec2().send(new RebootInstancesCommand({ InstanceIds: ["i-00000000000000001", "i-00000000000000002"] })),
    );

    expect([missing, stopped]).toEqual(["InvalidInstanceID.NotFound", "IncorrectState"]);
    expect(cloud.reboots).toEqual([]);
  });

  it("says in a dry run what would have happened, and does nothing", async () => {
    const allowed = await refusal(
      ec2().send(new RebootInstancesCommand({ InstanceIds: ["i-00000000000000001"], DryRun: true })),
    );
    const forbidden = await refusal(
      new EC2Client(options(practiceKeys.read)).send(
        new RebootInstancesCommand({ InstanceIds: ["i-00000000000000001"], DryRun: true }),
      ),
    );

    expect([allowed, forbidden]).toEqual(["DryRunOperation", "UnauthorizedOperation"]);
    expect(cloud.reboots).toEqual([]);
  });

  it("pages through empty pages of a filtered log", async () => {
    await standin.stop();
    standin = await startAwsStandin({ cloud, keys: practiceKeys, pageSize: 2 });
    const now = Date.now();
    cloud.state.logs = ["INFO", "INFO", "INFO", "ERROR"].map((level, index) => ({
      stream: "api-1",
      timestamp: now + index,
      message: JSON.stringify({ level }),
    }));
    const client = new CloudWatchLogsClient(options());
    const request = { logGroupName: "/aws/csrd-platform", filterPattern: '{ $.level = "ERROR" }' };

    const first = await client.send(new FilterLogEventsCommand(request));
    const second = await client.send(new FilterLogEventsCommand({ ...request, nextToken: first.nextToken }));

    expect([first.events?.length, second.events?.length, second.nextToken]).toEqual([0, 1, undefined]);
  });

  it("writes down every call with its key, and which of them change something", async () => {
    await ec2().send(new DescribeInstancesCommand({}));
    await ec2().send(new RebootInstancesCommand({ InstanceIds: ["i-00000000000000001"] }));

    expect(standin.calls).toEqual([
      { service: "ec2", action: "DescribeInstances", mutating: false, key: "act", status: 200 },
      { service: "ec2", action: "RebootInstances", mutating: true, key: "act", status: 200 },
    ]);
  });

  it("writes foreign text into XML without letting it out of its element", async () => {
    const hostile = `</value><x>&amp;"'\u0007é😀`;
    cloud.state.instances = cloud.state.instances.map((instance) => ({
      ...instance,
      tags: { note: hostile },
    }));

    const answer = await ec2().send(new DescribeInstancesCommand({}));

    const tags = answer.Reservations?.[0]?.Instances?.[0]?.Tags;
    expect(tags?.find(({ Key }) => Key === "note")?.Value).toBe(hostile.replace("\u0007", ""));
  });
});

/** The vendor's error name a call was refused by. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "accepted",
    (error: Error) => error.name,
  );
}
