import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { OpsError } from "#kit/errors.ts";
import type { BalancerAdmin, Weight } from "#kit/ports.ts";
import { forwardWeights, ruleActions } from "./balancer.ts";
import { act } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { balancingSdk } from "./sdk.ts";

/** Elastic Load Balancing's own limits for one forward action. */
const mostGroups = 5;
const heaviest = 999;

/**
 * Moves traffic by the weights of a listener rule. Target groups themselves are never modified:
 * `ModifyTargetGroup` only edits health-check settings and moves nothing.
 */
export function balancerAdmin(clients: AwsClients): BalancerAdmin {
  return {
    async setWeights(rule, weights) {
      checkWeights(weights);
      const actions = await ruleActions(clients, rule);
      forwardWeights(actions, rule);
      const { ModifyRuleCommand } = await balancingSdk();
      const client = await clients.balancing();
      await act(clients, { service: "elasticloadbalancing", action: "ModifyRule" }, () =>
        client.send(
          new ModifyRuleCommand({
            RuleArn: rule,
            Actions: actions.map((action) => withWeights(action, weights)),
          }),
        ),
      );
    },
  };
}

/** Throws `selector-empty` for no groups and `guard-refused` for a split that AWS would refuse or that would stop all traffic. */
function checkWeights(weights: readonly Weight[]): void {
  if (weights.length === 0)
    throw new OpsError("selector-empty", {
      summary: "No target group was named for the new split.",
      hint: "Name every target group of the rule with its weight.",
    });
  const fault =
    weights.length > mostGroups
      ? `a rule forwards to at most ${mostGroups} target groups, not ${weights.length}`
      : weights.some(({ weight }) => !Number.isInteger(weight) || weight < 0 || weight > heaviest)
        ? `a weight is a whole number from 0 to ${heaviest}`
        : new Set(weights.map(({ group }) => group)).size < weights.length
          ? "a target group is named twice"
          : weights.every(({ weight }) => weight === 0)
            ? "all weights are 0, which would stop all traffic"
            : undefined;
  if (fault === undefined) return;
  throw new OpsError("guard-refused", {
    summary: `The split was not set: ${fault}.`,
    hint: "Nothing was changed. Correct the weights.",
  });
}

/** The same action with another split; stickiness stays, and a login step keeps the secret that AWS does not give out. */
function withWeights(action: Action, weights: readonly Weight[]): Action {
  if (action.AuthenticateOidcConfig !== undefined)
    return {
      ...action,
      AuthenticateOidcConfig: { ...action.AuthenticateOidcConfig, UseExistingClientSecret: true },
    };
  if (action.Type !== "forward") return action;
  const stickiness = action.ForwardConfig?.TargetGroupStickinessConfig;
  return {
    Type: "forward",
    ...(action.Order === undefined ? {} : { Order: action.Order }),
    ForwardConfig: {
      TargetGroups: weights.map(({ group, weight }) => ({ TargetGroupArn: group, Weight: weight })),
      ...(stickiness === undefined ? {} : { TargetGroupStickinessConfig: stickiness }),
    },
  };
}
