import type { Args } from "./workspace.ts";

/** A token that may do everything this workspace knows. */
export const everyScope = [
  "chat:write",
  "channels:history",
  "channels:read",
  "groups:history",
  "groups:read",
];

const kinds: Readonly<Record<string, string>> = {
  public_channel: "channels:read",
  private_channel: "groups:read",
};

/** The scope that a call needs and the token lacks; all channels here are public ones. Source: Slack Web API, each method's page. */
export function lackingScope(method: string, args: Args, scopes: readonly string[]): string | undefined {
  return neededScopes(method, args).find((scope) => !scopes.includes(scope));
}

function neededScopes(method: string, args: Args): readonly string[] {
  switch (method) {
    case "chat.postMessage":
    case "chat.update":
      return ["chat:write"];
    case "conversations.history":
    case "conversations.replies":
      return ["channels:history"];
    case "conversations.info":
      return ["channels:read"];
    case "conversations.list": {
      // A list of two kinds is refused as a whole to a token that may see only one of them.
      const types = typeof args["types"] === "string" ? args["types"] : "public_channel";
      return types.split(",").flatMap((type) => kinds[type.trim()] ?? []);
    }
    default:
      return [];
  }
}
