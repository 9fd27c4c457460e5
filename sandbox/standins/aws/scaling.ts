import type { Cloud, CloudActivity, CloudScalingGroup } from "../../cloud.ts";
import { instanceType } from "./ec2.ts";
import { page } from "./pages.ts";
import type { Parameters } from "./parameters.ts";
import { ServiceError } from "./service-error.ts";
import { members, type Xml } from "./xml.ts";

/** What one Auto Scaling call is handed. */
type Context = { readonly cloud: Cloud; readonly given: Parameters; readonly pageSize: number };

const badToken = "InvalidNextToken";

/** The Auto Scaling calls the stand-in knows. Each refuses before it has any effect. */
export const scalingActions: Readonly<Record<string, (context: Context) => Promise<Xml>>> = {
  async DescribeAutoScalingGroups({ cloud, given, pageSize }) {
    const names = given.list("AutoScalingGroupNames.member");
    const { token, size } = paging(given, pageSize);
    given.done();
    const all = await cloud.scalingGroups();
    const wanted = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
    const { page: some, next } = page(wanted, token, size, badToken);
    return {
      AutoScalingGroups: members(some.map((group) => describeGroup(cloud, group))),
      NextToken: next,
    };
  },

  async DescribePolicies({ cloud, given, pageSize }) {
    const name = given.text("AutoScalingGroupName");
    const { token, size } = paging(given, pageSize);
    given.done();
    const groups = name === undefined ? await cloud.scalingGroups() : [await groupNamed(cloud, name)];
    const all = groups.flatMap(({ policies, ...group }) =>
      policies.map((policy) => ({ ...policy, group: group.name })),
    );
    const { page: some, next } = page(all, token, size, badToken);
    return {
      ScalingPolicies: members(
        some.map((policy) => ({
          AutoScalingGroupName: policy.group,
          PolicyName: policy.name,
          PolicyARN: `${arnOf(cloud, "scalingPolicy", policy.group)}:policyName/${policy.name}`,
          PolicyType: "TargetTrackingScaling",
          Enabled: policy.enabled,
        })),
      ),
      NextToken: next,
    };
  },

  async DescribeScalingActivities({ cloud, given, pageSize }) {
    const name = given.required("AutoScalingGroupName");
    const { token, size } = paging(given, pageSize);
    given.done();
    await groupNamed(cloud, name);
    const { page: some, next } = page(await cloud.activities(name), token, size, badToken);
    return { Activities: members(some.map((one) => describeActivity(one, name))), NextToken: next };
  },

  async SetDesiredCapacity({ cloud, given }) {
    const name = given.required("AutoScalingGroupName");
    const desired = given.whole("DesiredCapacity", 0, 10_000);
    given.flag("HonorCooldown");
    given.done();
    const group = await groupNamed(cloud, name);
    if (desired === undefined)
      throw new ServiceError(
        "ValidationError",
        "1 validation error detected: desiredCapacity must not be null",
      );
    const side = desired > group.most ? "above max" : desired < group.least ? "below min" : undefined;
    if (side !== undefined)
      throw new ServiceError(
        "ValidationError",
        `New SetDesiredCapacity value ${desired} is ${side} value ${
          desired > group.most ? group.most : group.least
        } for the AutoScalingGroup.`,
      );
    await cloud.setDesired(name, desired);
    return {};
  },
};

function paging(given: Parameters, pageSize: number) {
  return { size: given.whole("MaxRecords", 1, 100) ?? pageSize, token: given.text("NextToken") };
}

async function groupNamed(cloud: Cloud, wanted: string): Promise<CloudScalingGroup> {
  const found = (await cloud.scalingGroups()).find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  throw new ServiceError("ValidationError", `AutoScalingGroup name not found - no such group: ${wanted}`);
}

function describeGroup(cloud: Cloud, group: CloudScalingGroup): Xml {
  const { name, least, most, desired, template, suspended } = group;
  const LaunchTemplate = {
    LaunchTemplateId: "lt-00000000000000001",
    LaunchTemplateName: template.name,
    Version: template.version,
  };
  return {
    AutoScalingGroupName: name,
    AutoScalingGroupARN: arnOf(cloud, "autoScalingGroup", name),
    LaunchTemplate,
    MinSize: least,
    MaxSize: most,
    DesiredCapacity: desired,
    DefaultCooldown: 300,
    AvailabilityZones: members([`${cloud.region}a`]),
    HealthCheckType: "EC2",
    HealthCheckGracePeriod: 0,
    CreatedTime: "2026-11-01T00:00:00.000Z",
    Instances: members(
      group.members.map(({ instance, lifecycle }) => ({
        InstanceId: instance,
        InstanceType: instanceType.name,
        AvailabilityZone: `${cloud.region}a`,
        LifecycleState: lifecycle,
        HealthStatus: "Healthy",
        LaunchTemplate,
        ProtectedFromScaleIn: false,
      })),
    ),
    SuspendedProcesses: members(
      suspended.map((process) => ({
        ProcessName: process,
        SuspensionReason: "User suspended at 2026-11-01T00:00:00Z",
      })),
    ),
    TerminationPolicies: members(["NewestInstance"]),
    Tags: members([]),
  };
}

function describeActivity({ id, startedAt, endedAt, status, says, why }: CloudActivity, group: string): Xml {
  return {
    ActivityId: id,
    AutoScalingGroupName: group,
    Description: says,
    Cause: why,
    StartTime: startedAt.toISOString(),
    EndTime: endedAt?.toISOString(),
    StatusCode: status,
    Progress: status === "InProgress" ? 50 : 100,
    Details: "{}",
  };
}

/** AWS puts an id of its own into the ARN; a policy leaves that part open. */
function arnOf({ account, region }: Cloud, kind: string, name: string): string {
  return `arn:aws:autoscaling:${region}:${account}:${kind}:00000000-0000-4000-8000-000000000000:autoScalingGroupName/${name}`;
}
