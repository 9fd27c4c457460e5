import { z } from "zod";
import { defineRunbook, escalate, eventually, plan } from "#kit";
import { headingWith } from "#kit/manual.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { serviceParam } from "./actions/service-param.ts";
import { groupName, moveTraffic } from "./actions/traffic.ts";
import { answers } from "./probes/answers.ts";

/**
 * Sends users back to the version that ran before: one flip of the load balancer's weights, while the old version is still up.
 * Source: csrd-production-runbook "Rollback Procedure", operations-runbook "3. Rollback Procedure", step 1.
 */
export const rollback = defineRunbook({
  id: "rollback",
  title: "Roll back a deploy",
  summary:
    "The version that takes traffic is bad and the one before it still runs. Flips traffic back, all at once.",
  severity: "P1",
  owner: "platform-oncall",
  implements: headingWith(
    "PR/deployment-procedures/rollback-procedures/immediate-rollback-blue-green",
    [1, 2, 3],
  ),
  symptoms: ["errors since the last deploy", "new version unhealthy", "deploy went wrong"],
  trigger: [],
  params: {
    service: serviceParam.default("api").describe("Service to roll back, as named in the environment file"),
    flip: z
      .enum(["unhealthy", "anyway"])
      .default("unhealthy")
      .describe(
        "unhealthy: only where targets of the live version are out; anyway: also where all are healthy and its answers are wrong",
      ),
  },
  lock: "deploy",
  within: "15m",

  diagnose: {
    traffic: {
      ask: "Which version takes traffic, and is the one before it ready?",
      async look({ balancer, inventory, params }) {
        const { rule, floor } = inventory.service(params.service);
        const weights = rule === undefined ? [] : await balancer.weights(rule);
        const groups = await Promise.all(
          weights.map(async ({ group, weight }) => {
            const targets = await balancer.targets(group);
            return {
              group,
              weight,
              healthy: targets.filter((target) => target.health === "healthy").length,
              of: targets.length,
            };
          }),
        );
        return { rule, floor, groups };
      },
      read: ({ groups }: Traffic) => ({
        state: groups.some((group) => group.weight > 0 && group.healthy < group.of) ? "bad" : "note",
        says:
          groups
            .map(
              (group) =>
                `${groupName(group.group)} weight ${group.weight}, ${group.healthy} of ${group.of} healthy`,
            )
            .join("; ") || "one version only",
      }),
    },
  },

  rules: {
    "one-version": "there is no second version behind the load balancer: a person deploys the last good one",
    "live-is-healthy":
      "every target of the live version is healthy: a person says whether its answers are wrong all the same",
    "no-single-way-back": "no idle version, or several, are registered: a person chooses",
    "old-version-not-ready": "the version before has too few healthy targets: a person is called",
    "flip-back":
      "the live version is unhealthy, or is to go anyway, and the one before it is ready: send all traffic back",
  },
  decide({ traffic }, { service, flip }, { moveTraffic }) {
    const { rule, groups, floor } = traffic;
    const live = groups.filter((group) => group.weight > 0);
    const idle = groups.filter((group) => group.weight === 0 && group.of > 0);
    const [back] = idle;
    if (rule === undefined || groups.length < 2)
      return escalate({
        rule: "one-version",
        because: `${service} has no second version behind its load balancer; deploy the last good version instead`,
      });
    const isHealthy = live.length > 0 && live.every((group) => group.of > 0 && group.healthy === group.of);
    // A version can be healthy to the load balancer and wrong to its users.
    if (isHealthy && flip !== "anyway")
      return escalate({
        rule: "live-is-healthy",
        because: `every target of the live version (${live.map(({ group }) => groupName(group)).join(", ")}) is healthy, so the load balancer sees nothing wrong with it; if its answers are wrong since the deploy all the same: ops run rollback --param service=${service} --param flip=anyway`,
      });
    if (back === undefined || idle.length > 1)
      return escalate({
        rule: "no-single-way-back",
        because: `${idle.length} idle versions are registered, so which one to go back to is not clear; ${idle.length === 0 ? "deploy the last good version again" : "look which of them ran before, and move the weights of the rule to it by hand"}`,
      });
    if (back.healthy < Math.max(1, floor))
      return escalate({
        rule: "old-version-not-ready",
        because: `the version before has ${back.healthy} of at least ${Math.max(1, floor)} healthy targets; start it again, or deploy it anew`,
      });
    return plan(
      {
        rule: "flip-back",
        because: `the live version is ${isHealthy ? "healthy to the load balancer and is to go all the same" : "unhealthy"}, and the one before it is ready`,
        leavesAlone: ["database", "both versions' instances"],
      },
      [
        moveTraffic({
          rule,
          from: groups.map(({ group, weight }) => ({ group, weight })),
          to: groups.map(({ group }) => ({ group, weight: group === back.group ? 100 : 0 })),
          label: `${service} to ${groupName(back.group)}`,
        }),
      ],
    );
  },

  mitigate: { moveTraffic },

  vitals: [answers],
  verify: [eventually(platformAnswers, { within: "verify", steadyFor: "steady" })],
  afterwards: [
    "Keep the bad version running at weight 0 until its logs are saved",
    "Freeze deploys until the cause is known",
    "If the deploy came from Git, revert it there too: the load balancer does not know Git",
  ],
});

/** What a rule sends where, and how many targets of each version could take it. */
type Traffic = {
  readonly rule: string | undefined;
  readonly floor: number;
  readonly groups: readonly {
    readonly group: string;
    readonly weight: number;
    readonly healthy: number;
    readonly of: number;
  }[];
};
