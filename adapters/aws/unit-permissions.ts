import type { PortsUsed } from "#kit/uses.ts";
import { anyScript } from "./binding.ts";
import { arn, distinct, looking, partitionOf, type AwsPlace, type Statement } from "./iam-policy.ts";

const describeGroups = "autoscaling:DescribeAutoScalingGroups";
/** Tag that Auto Scaling puts on each instance of a group; who is in it changes, so the right follows the tag. */
const groupTag = "aws:autoscaling:groupName";

/** What looking at units, or into their machines, asks of AWS: groups only where the file names some, the balancer only where one looks. */
export function unitLooks(port: string, place: AwsPlace): readonly string[] {
  const grouped = groupsOf(place).length > 0;
  if (port === "hosts") return ["ssm:GetCommandInvocation", ...(grouped ? [describeGroups] : [])];
  if (port !== "workloads") return [];
  const balanced = place.services.some(({ group }) => group !== undefined);
  return [
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypes",
    ...(balanced ? ["elasticloadbalancing:DescribeTargetHealth"] : []),
    ...(grouped
      ? [describeGroups, "autoscaling:DescribePolicies", "autoscaling:DescribeScalingActivities"]
      : []),
  ];
}

/** Looking into machines: the one document that may be sent there, for the reading role; to those of the database as well where its servers are looked at. */
export function hostStatements(place: AwsPlace, { readers }: PortsUsed): readonly Statement[] {
  if (!readers.has("hosts") || place.services.length === 0) return [];
  const more = readers.has("replication") ? (place.database?.instances ?? []) : [];
  return sending("LookIntoMachines", place, place.machines?.lookDocument ?? anyScript, more);
}

/** Restarting a unit and setting how many there are: only in the groups that the file names, and on the instances that it lists. */
export function unitStatements(place: AwsPlace, { operators }: PortsUsed): readonly Statement[] {
  if (!operators.has("workloadAdmin") || place.services.length === 0) return [];
  const { account, region } = place;
  const groups = groupsOf(place);
  const look = looking(
    "WatchCommands",
    ["ssm:GetCommandInvocation", ...(groups.length === 0 ? [] : [describeGroups])],
    place,
  );
  return [
    ...(look === undefined ? [] : [look]),
    ...sending("RestartUnits", place, place.machines?.restartDocument ?? anyScript),
    ...(groups.length === 0
      ? []
      : ([
          {
            Sid: "RebootUnits",
            Effect: "Allow",
            Action: ["ec2:RebootInstances"],
            Resource: [arn("ec2", place, "instance/*")],
            Condition: { StringEquals: { [`aws:ResourceTag/${groupTag}`]: groups } },
          },
          {
            Sid: "ScaleGroups",
            Effect: "Allow",
            Action: ["autoscaling:SetDesiredCapacity"],
            Resource: groups.map(
              (group) =>
                `arn:${partitionOf(region)}:autoscaling:${region}:${account}:autoScalingGroup:*:autoScalingGroupName/${group}`,
            ),
          },
        ] as const)),
  ];
}

/** One document, on the machines of the groups by their tag and on those that the file lists; document and machine must both be allowed. */
function sending(
  Sid: string,
  place: AwsPlace,
  document: string,
  more: readonly string[] = [],
): readonly Statement[] {
  const groups = groupsOf(place);
  const listed = distinct([
    ...place.services.flatMap(({ workload, instances }) => (workload === undefined ? instances : [])),
    ...more,
  ]);
  const { account, region } = place;
  const owner = document.startsWith("AWS-") ? "" : account;
  const send = { Effect: "Allow", Action: ["ssm:SendCommand"] } as const;
  return [
    {
      Sid,
      ...send,
      Resource: [
        `arn:${partitionOf(region)}:ssm:${region}:${owner}:document/${document}`,
        ...listed.map((id) => arn("ec2", place, `instance/${id}`)),
      ],
    },
    ...(groups.length === 0
      ? []
      : [
          {
            Sid: `${Sid}OfGroups`,
            ...send,
            Resource: [arn("ec2", place, "instance/*")],
            Condition: { StringEquals: { [`ssm:resourceTag/${groupTag}`]: groups } },
          },
        ]),
  ];
}

function groupsOf({ services }: AwsPlace): readonly string[] {
  return distinct(services.map(({ workload }) => workload));
}
