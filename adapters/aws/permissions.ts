import { OpsError } from "#kit/errors.ts";
import type { Service } from "#kit/ports.ts";
import type { PortsUsed } from "#kit/uses.ts";
import { arn, distinct, looking, partitionOf, type AwsPlace, type Statement } from "./iam-policy.ts";
import { hostStatements, unitLooks, unitStatements } from "./unit-permissions.ts";

export type { AwsPlace, Statement } from "./iam-policy.ts";

/** An IAM policy, ready to be attached. */
export type Policy = { readonly Version: "2012-10-17"; readonly Statement: readonly Statement[] };

/** The least that the two roles of an environment need, and what `ops doctor` needs beside it. */
export type AwsPolicies = {
  readonly read: Policy;
  readonly act: Policy;
  /** For the reading role, where it is wanted: asks what the acting role may do. Nothing that runs depends on it. */
  readonly doctor: Policy | undefined;
  /** For the reading role, where people ask saved queries (`ops logs query`). No runbook depends on it. */
  readonly queries: Policy | undefined;
};

/** The most characters of a managed policy, white space not counted; IAM quotas. */
export const mostPolicyCharacters = 6_144;

const volumeLooks = ["ec2:DescribeVolumes", "ec2:DescribeVolumesModifications"];

/** What each reader asks of AWS; several readers share a call. */
const readerActions: Readonly<Record<string, readonly string[]>> = {
  instances: ["ec2:DescribeInstances", "ec2:DescribeInstanceStatus"],
  deploys: ["ec2:DescribeInstances"],
  firewall: ["ec2:DescribeSecurityGroups"],
  balancer: ["elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeRules"],
  volumes: volumeLooks,
};

/**
 * The policies for what is used. Source: AWS Service Authorization Reference. The `Describe` calls of EC2 and Elastic Load
 * Balancing know no resource, so they are held to the region; rebooting, changing a rule and reading a log group are held to
 * the environment's own. `sts:GetCallerIdentity` needs no permission and cannot be denied.
 */
export function awsPolicies(place: AwsPlace, uses: PortsUsed): AwsPolicies {
  return {
    read: policy([
      looking(
        "Look",
        [...uses.readers].flatMap((port) => [
          ...(readerActions[port] ?? []),
          ...(port === "replication" && place.database !== undefined ? ["ec2:DescribeRouteTables"] : []),
          ...unitLooks(port, place),
        ]),
        place,
      ),
      ...logs(place, uses),
      ...hostStatements(place, uses),
    ]),
    act: policy([
      ...rebooting(place, uses),
      ...movingTraffic(place, uses),
      ...failingOver(place, uses),
      ...growingVolumes(place, uses),
      ...unitStatements(place, uses),
    ]),
    doctor: simulating(place, uses),
    queries: querying(place),
  };
}

function policy(statements: readonly (Statement | undefined)[]): Policy {
  return { Version: "2012-10-17", Statement: statements.filter((statement) => statement !== undefined) };
}

function logs(place: AwsPlace, { readers }: PortsUsed): readonly Statement[] {
  const groups = distinct(place.services.map(({ logGroup }) => logGroup));
  if (!readers.has("logs") || groups.length === 0) return [];
  return [
    {
      Sid: "ReadLogs",
      Effect: "Allow",
      Action: ["logs:FilterLogEvents"],
      // What is asked for is the group with its streams; without the ending the group alone would match and nothing be allowed.
      Resource: groups.map((group) => arn("logs", place, `log-group:${group}:*`)),
    },
  ];
}

/** A query is started on a group; its results are asked for by its id, which is no resource. */
function querying(place: AwsPlace): Policy | undefined {
  const groups = distinct(place.services.map(({ logGroup }) => logGroup));
  if (groups.length === 0) return undefined;
  return policy([
    {
      Sid: "AskLogs",
      Effect: "Allow",
      Action: ["logs:StartQuery"],
      Resource: groups.map((group) => arn("logs", place, `log-group:${group}:*`)),
    },
    looking("ReadAnswers", ["logs:GetQueryResults", "logs:StopQuery"], place),
  ]);
}

function rebooting(place: AwsPlace, { operators }: PortsUsed): readonly Statement[] {
  // Whoever restarts units restarts those of a group by their tag.
  const listed = operators.has("instanceAdmin")
    ? [...place.services.flatMap(({ instances: ids }) => ids), ...(place.database?.instances ?? [])]
    : operators.has("workloadAdmin")
      ? place.services.flatMap(({ workload, instances: ids }) => (workload === undefined ? ids : []))
      : [];
  const instances = distinct(listed);
  if (instances.length === 0) return [];
  return [
    {
      Sid: "RestartInstances",
      Effect: "Allow",
      Action: ["ec2:RebootInstances"],
      Resource: instances.map((id) => arn("ec2", place, `instance/${id}`)),
    },
  ];
}

/** Volumes come and go with their machines, so that the file names none: those that may grow say so themselves, by a tag. */
function growingVolumes(place: AwsPlace, { operators }: PortsUsed): readonly Statement[] {
  if (!operators.has("volumeAdmin")) return [];
  const look = looking("FindVolumes", volumeLooks, place);
  return [
    ...(look === undefined ? [] : [look]),
    {
      Sid: "GrowVolumes",
      Effect: "Allow",
      Action: ["ec2:ModifyVolume"],
      Resource: [arn("ec2", place, "volume/*")],
      Condition: { StringEquals: { "aws:ResourceTag/csrd:may-grow": "true" } },
    },
  ];
}

/** A database's machine is stopped and its address led to another: each named, and no other. */
function failingOver(place: AwsPlace, { operators }: PortsUsed): readonly Statement[] {
  const { database } = place;
  if (!operators.has("failover") || database === undefined || database.instances.length === 0) return [];
  // Before it is stopped, the instance must prove to be where the server answers.
  const look = looking("FindDatabase", ["ec2:DescribeInstances"], place);
  const arns = (kind: string, ids: readonly string[]) =>
    distinct(ids).map((id) => arn("ec2", place, `${kind}/${id}`));
  return [
    ...(look === undefined ? [] : [look]),
    {
      Sid: "FenceDatabase",
      Effect: "Allow",
      Action: ["ec2:StopInstances"],
      Resource: arns("instance", database.instances),
    },
    ...(database.routeTables.length === 0
      ? []
      : [
          {
            Sid: "MoveDatabaseAddress",
            Effect: "Allow" as const,
            Action: ["ec2:ReplaceRoute"],
            Resource: arns("route-table", database.routeTables),
          },
        ]),
  ];
}

function movingTraffic(place: AwsPlace, { operators }: PortsUsed): readonly Statement[] {
  const rules = rulesOf(place);
  if (!operators.has("balancerAdmin") || rules.length === 0) return [];
  // All actions of a rule are sent when one changes, so they are read first, by the hand that changes them.
  const look = looking("ReadRules", ["elasticloadbalancing:DescribeRules"], place);
  return [
    ...(look === undefined ? [] : [look]),
    { Sid: "MoveTraffic", Effect: "Allow", Action: ["elasticloadbalancing:ModifyRule"], Resource: rules },
  ];
}

/** Changing a rule, a group's number or a machine's unit has no rehearsal of its own, so whether it is allowed can only be asked of IAM. */
function simulating(place: AwsPlace, { operators }: PortsUsed): Policy | undefined {
  const rules = operators.has("balancerAdmin") && rulesOf(place).length > 0;
  if (!rules && !(operators.has("workloadAdmin") && place.services.length > 0)) return undefined;
  return policy([
    {
      Sid: "AskWhatActMay",
      Effect: "Allow",
      Action: ["iam:SimulatePrincipalPolicy"],
      Resource: [place.actRole ?? `arn:${partitionOf(place.region)}:iam::${place.account}:role/csrd-ops-act`],
    },
  ]);
}

function rulesOf({ services }: AwsPlace): readonly string[] {
  return distinct(services.map(({ rule }) => rule));
}

/** The account that the ARNs of an environment belong to; throws `environment-invalid` when nothing in its file says it. */
export function accountOf(identity: Readonly<Record<string, string>>, services: readonly Service[]): string {
  const named =
    identity["account"] ??
    services
      .flatMap(({ group, rule }) => [group, rule])
      .find((text) => text !== undefined)
      ?.split(":")[4];
  if (named !== undefined && /^\d{12}$/.test(named)) return named;
  throw new OpsError("environment-invalid", {
    summary: "The environment's file does not say which AWS account it is.",
    hint: "Add identity.account, twelve digits in quotes.",
  });
}

/** The role or user behind an STS identity, as IAM names it; a role's path is not part of what STS says. Undefined for the account's root. */
export function principalOf(identityArn: string): string | undefined {
  const assumed = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(identityArn);
  if (assumed !== null) return `arn:${assumed[1]}:iam::${assumed[2]}:role/${assumed[3]}`;
  return /:iam::\d{12}:(user|role)\//.test(identityArn) ? identityArn : undefined;
}
