import type { SlackBinding } from "./binding.ts";

/** The part of Slack's app manifest that says what an app may do. */
export type SlackManifest = {
  readonly display_information: { readonly name: string; readonly description: string };
  readonly features: {
    readonly bot_user: { readonly display_name: string; readonly always_online: boolean };
  };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: {
    readonly org_deploy_enabled: boolean;
    readonly socket_mode_enabled: boolean;
    readonly token_rotation_enabled: boolean;
  };
};

/**
 * The scopes that telling needs. Writing and editing is one scope. So that a repeated delivery is recognised, the channels'
 * messages are read; a channel that is bound by its name is looked up first among public and private ones, and Slack refuses
 * such a list as a whole to an app that may see only one of the two kinds. An id that begins with G is a private channel.
 */
export function slackScopes({ channel, audiences }: SlackBinding): readonly string[] {
  const needed = new Set([channel, ...Object.values(audiences)].flatMap(scopesOf));
  return ["chat:write", "channels:history", "groups:history", "channels:read", "groups:read"].filter(
    (scope) => needed.has(scope),
  );
}

function scopesOf(channel: string): readonly string[] {
  if (/^G[A-Z0-9]{8,}$/.test(channel)) return ["chat:write", "groups:history"];
  if (/^C[A-Z0-9]{8,}$/.test(channel)) return ["chat:write", "channels:history"];
  return ["chat:write", "channels:history", "channels:read", "groups:read"];
}

/** An app that can tell about runs and nothing more; pasted at api.slack.com/apps, "from a manifest". */
export function slackManifest(binding: SlackBinding): SlackManifest {
  return {
    display_information: { name: "csrd-ops", description: "Tells what runs did" },
    features: { bot_user: { display_name: "csrd-ops", always_online: false } },
    oauth_config: { scopes: { bot: slackScopes(binding) } },
    settings: { org_deploy_enabled: false, socket_mode_enabled: false, token_rotation_enabled: false },
  };
}
