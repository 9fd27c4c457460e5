import type { Action, TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import { OpsError } from "#kit/errors.ts";
import type { BalancerReader, Target, Weight } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { balancingSdk } from "./sdk.ts";

/** Looks at target groups and at how a rule splits its traffic. */
export function balancerReader(clients: AwsClients): BalancerReader {
  return {
    async targets(group) {
      const { DescribeTargetHealthCommand } = await balancingSdk();
      const client = await clients.balancing();
      const answer = await look(
        clients,
        { service: "elasticloadbalancing", action: "DescribeTargetHealth" },
        () => client.send(new DescribeTargetHealthCommand({ TargetGroupArn: group })),
      );
      return (answer.TargetHealthDescriptions ?? []).map(({ Target: target, TargetHealth: health }) => ({
        instance: target?.Id ?? "",
        port: target?.Port ?? 0,
        ...toHealth(health),
      }));
    },

    async weights(rule) {
      return forwardWeights(await ruleActions(clients, rule), rule);
    },
  };
}

/** All actions of one rule, in the vendor's words, because changing one means sending all of them. */
export async function ruleActions(clients: AwsClients, rule: string): Promise<readonly Action[]> {
  const { DescribeRulesCommand } = await balancingSdk();
  const client = await clients.balancing();
  const answer = await look(clients, { service: "elasticloadbalancing", action: "DescribeRules" }, () =>
    client.send(new DescribeRulesCommand({ RuleArns: [rule] })),
  );
  const found = (answer.Rules ?? []).find((each) => each.RuleArn === rule);
  if (found?.Actions !== undefined) return found.Actions;
  throw new OpsError("tool-refused", {
    summary: `AWS DescribeRules at ${clients.host("elasticloadbalancing")} left out the rule asked for.`,
    hint: "The environment file names a listener rule this account and region do not have; correct it there.",
  });
}

/** The forward action's split; throws `tool-refused` when the rule forwards nowhere. */
export function forwardWeights(actions: readonly Action[], rule: string): readonly Weight[] {
  const forward = actions.find((action) => action.Type === "forward");
  const groups =
    forward?.ForwardConfig?.TargetGroups ??
    (forward?.TargetGroupArn === undefined ? [] : [{ TargetGroupArn: forward.TargetGroupArn, Weight: 1 }]);
  if (groups.length === 0)
    throw new OpsError("tool-refused", {
      summary: `The listener rule ${plainText(rule, 160)} forwards to no target group.`,
      hint: "Name the rule that carries the service's traffic in the environment file.",
    });
  return groups.map(({ TargetGroupArn, Weight }) => ({ group: TargetGroupArn ?? "", weight: Weight ?? 1 }));
}

function toHealth(health: TargetHealth | undefined): Pick<Target, "health" | "reason"> {
  const state = health?.State === "unhealthy.draining" ? "draining" : (health?.State ?? "unavailable");
  const said = [health?.Reason, health?.Description].filter((part) => part !== undefined).join(": ");
  return { health: state, ...(said === "" || state === "healthy" ? {} : { reason: plainText(said) }) };
}
