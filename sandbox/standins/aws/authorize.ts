import type { Cloud } from "../../cloud.ts";
import { evaluate, type PolicyDocument, type PolicyVerdict } from "./policy.ts";
import { ServiceError } from "./service-error.ts";
import type { Keys, Signer } from "./signature.ts";
import { roleArn, sessionArn } from "./tokens.ts";

/** The policies attached to each role; without any, the reading role may look at everything and the acting role do everything. */
export type Policies = Readonly<Record<keyof Keys, readonly PolicyDocument[]>>;

/** Calls that change something. */
const mutating: ReadonlySet<string> = new Set([
  "RebootInstances",
  "StopInstances",
  "ReplaceRoute",
  "ModifyVolume",
  "ModifyRule",
  "SetDesiredCapacity",
  "SendCommand",
]);

/** Whether a call changes something; a command that only looks into a machine does not. */
export function isMutating(action: string, looksOnly: boolean): boolean {
  return mutating.has(action) && !(action === "SendCommand" && looksOnly);
}

type Service = "ec2" | "elasticloadbalancing" | "autoscaling" | "sts" | "iam" | "logs" | "ssm";

/** A call before it is allowed: what it is about stands in its form or body. */
export type AuthorizedCall = {
  readonly service: Service;
  readonly action: string;
  readonly named: (parameter: string) => readonly string[];
  /** A command whose script changes nothing. */
  readonly looksOnly?: boolean;
};

/**
 * What a call is about, by the Service Authorization Reference; an action that is not listed knows no resource, and only a policy
 * for `*` allows it.
 */
function resourcesOf(
  { service, action, named }: AuthorizedCall,
  { account, region }: Cloud,
): readonly string[] {
  const instances = (parameter: string) =>
    named(parameter).map((id) => `arn:aws:ec2:${region}:${account}:instance/${id}`);
  const arns: Readonly<Record<string, () => readonly string[]>> = {
    "ec2:RebootInstances": () => instances("InstanceId"),
    "ec2:ModifyVolume": () => named("VolumeId").map((id) => `arn:aws:ec2:${region}:${account}:volume/${id}`),
    "ec2:StopInstances": () => instances("InstanceId"),
    "ec2:ReplaceRoute": () =>
      named("RouteTableId").map((id) => `arn:aws:ec2:${region}:${account}:route-table/${id}`),
    // Amazon's own documents belong to no account.
    "ssm:SendCommand": () => [
      ...named("DocumentName").map(
        (document) =>
          `arn:aws:ssm:${region}:${document.startsWith("AWS-") ? "" : account}:document/${document}`,
      ),
      ...instances("InstanceIds"),
    ],
    "autoscaling:SetDesiredCapacity": () =>
      named("AutoScalingGroupName").map(
        (group) =>
          `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/${group}`,
      ),
    "elasticloadbalancing:ModifyRule": () => named("RuleArn"),
    "logs:FilterLogEvents": () =>
      named("logGroupName").map(
        (group) => `arn:aws:logs:${region}:${account}:log-group:${group}:log-stream:`,
      ),
    "logs:StartQuery": () =>
      named("logGroupName").map((group) => `arn:aws:logs:${region}:${account}:log-group:${group}:*`),
    "iam:SimulatePrincipalPolicy": () => named("PolicySourceArn"),
  };
  const found = arns[`${service}:${action}`]?.() ?? [];
  return found.length === 0 ? ["*"] : found;
}

/** Refuses a call that the signer's role may not make, in the service's own words. Asking who one is is never refused. */
export async function authorize(
  signer: Signer,
  call: AuthorizedCall,
  cloud: Cloud,
  policies: Policies | undefined,
): Promise<void> {
  const { service, action } = call;
  if (service === "sts" || signer.kind !== "signed") return;
  if (policies === undefined && call.looksOnly === true) return;
  for (const resource of resourcesOf(call, cloud)) {
    const tags = policies === undefined ? {} : await tagsOf(resource, cloud);
    const verdict = verdictOf(policies, signer.key, `${service}:${action}`, resource, cloud, tags);
    if (verdict !== "allowed") throw refusal(call, sessionArn(cloud, signer.key), resource, verdict);
  }
}

/** What IAM would say about one action of one role. */
export function verdictOf(
  policies: Policies | undefined,
  key: keyof Keys,
  action: string,
  resource: string,
  { region }: Cloud,
  tags: Readonly<Record<string, string>> = {},
): PolicyVerdict {
  if (policies !== undefined)
    return evaluate(policies[key], {
      action,
      resource,
      context: { "aws:RequestedRegion": region, ...tags },
    });
  return mutating.has(action.split(":")[1] ?? "") && key !== "act" ? "implicitDeny" : "allowed";
}

/** An instance's tags, by the names under which a policy asks for them; the Systems Manager has a name of its own. */
async function tagsOf(resource: string, cloud: Cloud): Promise<Readonly<Record<string, string>>> {
  const id = /:instance\/(.+)$/.exec(resource)?.[1];
  const [instances, groups] = await Promise.all([cloud.instances(), cloud.scalingGroups()]);
  const instance = instances.find((one) => one.id === id);
  if (instance === undefined) return {};
  const group = groups.find(({ members }) => members.some((member) => member.instance === id));
  const tags = {
    ...instance.tags,
    ...(group === undefined ? {} : { "aws:autoscaling:groupName": group.name }),
  };
  return Object.fromEntries(
    Object.entries(tags).flatMap(([tag, value]) => [
      [`aws:ResourceTag/${tag}`, value],
      [`ec2:ResourceTag/${tag}`, value],
      [`ssm:resourceTag/${tag}`, value],
    ]),
  );
}

/** The role of that ARN; undefined where the practice account has none. */
export function keyOf(arn: string, cloud: Cloud): keyof Keys | undefined {
  return (["read", "act"] as const).find((key) => roleArn(cloud, key) === arn);
}

function refusal(
  { service, action }: AuthorizedCall,
  user: string,
  resource: string,
  verdict: PolicyVerdict,
): ServiceError {
  const why =
    verdict === "explicitDeny"
      ? "with an explicit deny in an identity-based policy"
      : `because no identity-based policy allows the ${service}:${action} action`;
  const about = resource === "*" ? "" : ` on resource: ${resource}`;
  const sentence = `User: ${user} is not authorized to perform: ${service}:${action}${about} ${why}`;
  if (service === "ec2")
    return new ServiceError(
      "UnauthorizedOperation",
      `You are not authorized to perform this operation. ${sentence}.`,
      403,
    );
  return service === "logs" || service === "ssm"
    ? new ServiceError("AccessDeniedException", sentence)
    : new ServiceError("AccessDenied", sentence, 403);
}
