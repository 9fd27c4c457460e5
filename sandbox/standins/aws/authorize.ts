import type { Cloud } from "../../cloud.ts";
import { evaluate, type PolicyDocument, type PolicyVerdict } from "./policy.ts";
import { ServiceError } from "./service-error.ts";
import type { Keys, Signer } from "./signature.ts";
import { roleArn, sessionArn } from "./tokens.ts";

/** The policies attached to each role; without any, the reading role may look at everything and the acting role do everything. */
export type Policies = Readonly<Record<keyof Keys, readonly PolicyDocument[]>>;

/** Calls that change something. */
export const mutating: ReadonlySet<string> = new Set(["RebootInstances", "ModifyRule"]);

type Service = "ec2" | "elasticloadbalancing" | "sts" | "iam" | "logs";

/** A call before it is allowed: what it is about stands in its form or body. */
export type AuthorizedCall = {
  readonly service: Service;
  readonly action: string;
  readonly named: (parameter: string) => readonly string[];
};

/**
 * What a call is about, by the Service Authorization Reference; an action that is not listed knows no resource, and only a policy
 * for `*` allows it.
 */
function resourcesOf(
  { service, action, named }: AuthorizedCall,
  { account, region }: Cloud,
): readonly string[] {
  const arns: Readonly<Record<string, () => readonly string[]>> = {
    "ec2:RebootInstances": () =>
      named("InstanceId").map((id) => `arn:aws:ec2:${region}:${account}:instance/${id}`),
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
export function authorize(
  signer: Signer,
  call: AuthorizedCall,
  cloud: Cloud,
  policies: Policies | undefined,
): void {
  const { service, action } = call;
  if (service === "sts" || signer.kind !== "signed") return;
  for (const resource of resourcesOf(call, cloud)) {
    const verdict = verdictOf(policies, signer.key, `${service}:${action}`, resource, cloud);
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
): PolicyVerdict {
  if (policies !== undefined)
    return evaluate(policies[key], { action, resource, context: { "aws:RequestedRegion": region } });
  return mutating.has(action.split(":")[1] ?? "") && key !== "act" ? "implicitDeny" : "allowed";
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
  return service === "logs"
    ? new ServiceError("AccessDeniedException", sentence)
    : new ServiceError("AccessDenied", sentence, 403);
}
