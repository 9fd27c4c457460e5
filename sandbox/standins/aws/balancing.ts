import type { Cloud, CloudWeight } from "../../cloud.ts";
import type { Parameters } from "./parameters.ts";
import { ServiceError } from "./service-error.ts";
import { members, type Xml } from "./xml.ts";

/** What one load-balancing call is handed. */
type Context = { readonly cloud: Cloud; readonly given: Parameters };

const mostGroups = 5;

/** The Elastic Load Balancing v2 calls the stand-in knows. */
export const balancingActions: Readonly<Record<string, (context: Context) => Promise<Xml>>> = {
  async DescribeTargetHealth({ cloud, given }) {
    const group = given.required("TargetGroupArn");
    given.done();
    await requireGroup(cloud, group);
    const targets = await cloud.targets(group);
    return {
      TargetHealthDescriptions: members(
        targets.map(({ instance, port, state, reason, description }) => ({
          Target: { Id: instance, Port: port },
          HealthCheckPort: String(port),
          TargetHealth: { State: state, Reason: reason, Description: description },
        })),
      ),
    };
  },

  async DescribeRules({ cloud, given }) {
    const arns = given.list("RuleArns.member");
    if (arns.length === 0)
      throw new ServiceError("ValidationError", "A listener ARN or at least one rule ARN must be specified");
    given.done();
    for (const arn of arns) await requireRule(cloud, arn);
    return { Rules: members(await Promise.all(arns.map((arn) => describeRule(cloud, arn)))) };
  },

  async ModifyRule({ cloud, given }) {
    const rule = given.required("RuleArn");
    const weights = readForward(given);
    given.done();
    await requireRule(cloud, rule);
    for (const { group } of weights) await requireGroup(cloud, group);
    await cloud.setWeights(rule, weights);
    return { Rules: members([await describeRule(cloud, rule)]) };
  },
};

async function describeRule(cloud: Cloud, rule: string): Promise<Xml> {
  const weights = await cloud.weights(rule);
  const only = weights.length === 1 ? weights[0]?.group : undefined;
  return {
    RuleArn: rule,
    Priority: "1",
    Conditions: members([{ Field: "path-pattern", Values: members(["/*"]) }]),
    Actions: members([
      {
        Type: "forward",
        Order: 1,
        TargetGroupArn: only,
        ForwardConfig: {
          TargetGroups: members(
            weights.map(({ group, weight }) => ({ TargetGroupArn: group, Weight: weight })),
          ),
          TargetGroupStickinessConfig: { Enabled: false },
        },
      },
    ]),
    IsDefault: false,
  };
}

/** The weights of the one forward action; everything else a rule can do is not part of the practice production. */
function readForward(given: Parameters): readonly CloudWeight[] {
  if (given.count("Actions.member") !== 1)
    throw new ServiceError("ValidationError", "The practice production takes exactly one action, forward");
  const action = "Actions.member.1";
  if (given.required(`${action}.Type`) !== "forward")
    throw new ServiceError("InvalidLoadBalancerAction", "Only forward is available here");
  given.text(`${action}.Order`);
  const alone = given.text(`${action}.TargetGroupArn`);
  const config = `${action}.ForwardConfig`;
  given.text(`${config}.TargetGroupStickinessConfig.Enabled`);
  given.text(`${config}.TargetGroupStickinessConfig.DurationSeconds`);
  const listed = `${config}.TargetGroups.member`;
  const weights = Array.from({ length: given.count(listed) }, (_, index) => {
    const member = `${listed}.${index + 1}`;
    return {
      group: given.required(`${member}.TargetGroupArn`),
      weight: readWeight(given.text(`${member}.Weight`)),
    };
  });
  if (weights.length > mostGroups)
    throw new ServiceError("TooManyTargetGroups", `A rule forwards to at most ${mostGroups} target groups`);
  if (new Set(weights.map(({ group }) => group)).size < weights.length)
    throw new ServiceError("ValidationError", "The target group ARNs must be unique within a forward action");
  if (weights.length > 0) return weights;
  if (alone !== undefined) return [{ group: alone, weight: 1 }];
  throw new ServiceError("ValidationError", "A forward action must specify a target group");
}

function readWeight(text: string | undefined): number {
  const weight = Number(text ?? 1);
  if (Number.isInteger(weight) && weight >= 0 && weight <= 999) return weight;
  throw new ServiceError("ValidationError", `Weight '${text}' must be between 0 and 999`);
}

async function requireGroup(cloud: Cloud, group: string): Promise<void> {
  if (!/^arn:aws:elasticloadbalancing:[^:]+:\d{12}:targetgroup\/.+/.test(group))
    throw new ServiceError("ValidationError", `'${group}' is not a valid target group ARN`);
  if ((await cloud.groups()).includes(group)) return;
  throw new ServiceError("TargetGroupNotFound", "One or more target groups not found");
}

async function requireRule(cloud: Cloud, rule: string): Promise<void> {
  if (!/^arn:aws:elasticloadbalancing:[^:]+:\d{12}:listener-rule\/.+/.test(rule))
    throw new ServiceError("ValidationError", `'${rule}' is not a valid listener rule ARN`);
  if ((await cloud.rules()).includes(rule)) return;
  throw new ServiceError("RuleNotFound", "One or more rules not found");
}
