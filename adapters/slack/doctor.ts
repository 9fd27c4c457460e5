import { audiences } from "#kit/ports/announcer.ts";
import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import { hear } from "../http-clock.ts";
import { judgeHeard } from "../judge-heard.ts";
import type { SlackBinding } from "./binding.ts";
import { orOurs } from "./fault.ts";
import { slackLook, type SlackLook } from "./look.ts";
import { slackScopes } from "./permissions.ts";

const hints = {
  silent:
    "Runs go on without it and what is to be said waits; look at the network and at Slack's status page.",
  refused: "Renew the token to which bindings.slack.token points.",
};

/** Whether runs can be told in this channel: token, scopes, channel, membership. Nothing is posted. */
export function slackProbes(binding: SlackBinding, environment: string): readonly ReadinessProbe[] {
  const slack = slackLook(binding);
  return [
    {
      id: "slack.token",
      what: "Slack",
      needs: "telling",
      look: () => orOurs(hints, () => token(slack, binding, environment)),
    },
    {
      id: "slack.channel",
      what: `Slack channel ${binding.channel}`,
      needs: "telling",
      look: () => orOurs(hints, () => channel(slack, binding.channel, "bindings.slack.channel")),
    },
    ...audiences.flatMap((audience): readonly ReadinessProbe[] => {
      const named = binding.audiences[audience];
      if (named === undefined) return [];
      return [
        {
          id: `slack.audience.${audience}`,
          what: `Slack channel ${named} (${audience})`,
          // A run that cannot tell somebody goes on and says so.
          needs: "telling",
          look: () => orOurs(hints, () => channel(slack, named, `bindings.slack.audiences.${audience}`)),
        },
      ];
    }),
    {
      id: "slack.clock",
      what: `Slack clock (${new URL(binding.api).host})`,
      needs: "telling",
      look: async () => judgeHeard(await hear(binding.api, "Slack", 4_000), "clock"),
    },
  ];
}

async function token(slack: SlackLook, binding: SlackBinding, environment: string): Promise<Outcome> {
  const { user, team, scopes } = await slack.whoAmI();
  const who = `${user} in ${team}`;
  if (scopes.length === 0)
    return { state: "ready", says: `${who}; Slack does not say which scopes the token has` };
  const needed = slackScopes(binding);
  const missing = needed.filter((scope) => !scopes.includes(scope));
  if (missing.length === 0)
    return { state: "ready", says: `${who}, with the ${needed.length} scopes it needs` };
  return {
    // Without chat:write nothing is told; without the others a repeated message is not recognised as one.
    state: missing.includes("chat:write") ? "not-ready" : "warning",
    says: `${who}, and its token lacks ${missing.join(", ")}`,
    now: `Add the scopes and install the app again; its manifest: ops permissions --env ${environment} --part slack`,
  };
}

async function channel(slack: SlackLook, named: string, binding: string): Promise<Outcome> {
  const found = await slack.channel(named);
  if (found === "not-allowed")
    return {
      state: "unknown",
      says: "the token may not look channels up",
      now: "Add channels:read (groups:read for a private channel) to the app's scopes",
    };
  if (found === undefined)
    return {
      state: "not-ready",
      says: "there is no such channel, or the app cannot see it",
      now: `Correct ${binding}, or invite the app to ${named}`,
    };
  return found.isMember
    ? { state: "ready", says: "the app is a member" }
    : {
        state: "not-ready",
        says: "the app is not a member",
        now: `In Slack: /invite the app to ${named}`,
      };
}
