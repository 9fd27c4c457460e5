import { expect, test } from "vitest";
import { evaluate, type PolicyDocument } from "#sandbox/standins/aws/policy.ts";

type Statement = PolicyDocument["Statement"][number];

const reboot = {
  action: "ec2:RebootInstances",
  resource: "arn:aws:ec2:eu-central-1:123456789012:instance/i-00000000000000001",
  context: { "aws:RequestedRegion": "eu-central-1" },
};
const describe = { ...reboot, action: "ec2:DescribeInstances", resource: "*" };
const filter = {
  ...reboot,
  action: "logs:FilterLogEvents",
  resource: "arn:aws:logs:eu-central-1:123456789012:log-group:/csrd:log-stream:",
};
const allow = (Action: Statement["Action"], Resource: Statement["Resource"], more: Partial<Statement> = {}) =>
  ({ Effect: "Allow", Action, Resource, ...more }) satisfies Statement;
const region = (name: string) => ({ Condition: { StringEquals: { "aws:RequestedRegion": name } } });

/** IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements"; CloudWatch Logs, "Log group ARNs". */
test.for([
  ["nothing allows it", reboot, [], "implicitDeny"],
  ["exactly it is allowed", reboot, [allow("ec2:RebootInstances", reboot.resource)], "allowed"],
  [
    "another instance is allowed",
    reboot,
    [allow("ec2:RebootInstances", `${reboot.resource}9`)],
    "implicitDeny",
  ],
  ["an action is written in another case", reboot, [allow("EC2:rebootinstances", "*")], "allowed"],
  ["a wildcard covers the action", describe, [allow("ec2:Describe*", "*")], "allowed"],
  ["a wildcard covers other actions", reboot, [allow("ec2:Describe*", "*")], "implicitDeny"],
  [
    "a question mark stands for one character",
    reboot,
    [allow("*", reboot.resource.replace(/1$/, "?"))],
    "allowed",
  ],
  ["a dot is a dot", reboot, [allow("ec2.RebootInstances", "*")], "implicitDeny"],
  [
    "an action without resources is allowed for a resource",
    describe,
    [allow("ec2:DescribeInstances", reboot.resource)],
    "implicitDeny",
  ],
  [
    "a no stands beside a yes",
    reboot,
    [allow("*", "*"), { ...allow("*", "*"), Effect: "Deny" }],
    "explicitDeny",
  ],
  ["the condition holds", describe, [allow("*", "*", region("eu-central-1"))], "allowed"],
  ["the condition does not hold", describe, [allow("*", "*", region("us-east-1"))], "implicitDeny"],
  [
    "the condition is one that is not known here",
    describe,
    [allow("*", "*", { Condition: { NumericLessThan: { "aws:MultiFactorAuthAge": "60" } } })],
    "implicitDeny",
  ],
  [
    "a log group is named with its streams",
    filter,
    [allow("*", filter.resource.replace("log-stream:", "*"))],
    "allowed",
  ],
  [
    "a log group is named without them",
    filter,
    [allow("*", filter.resource.replace(":log-stream:", ""))],
    "implicitDeny",
  ],
] as const)("when %s", ([, question, Statement, verdict]) => {
  expect(evaluate([{ Version: "2012-10-17", Statement }], question)).toBe(verdict);
});
