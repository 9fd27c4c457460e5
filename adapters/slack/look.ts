import { plainText } from "../foreign-text.ts";
import type { SlackBinding } from "./binding.ts";
import { connect, notAllowed, SlackFailure, translate } from "./client.ts";

/** What can be seen without saying anything. Every failure is a `SlackFailure`. */
export type SlackLook = {
  /** Whose token it is, and the scopes that Slack says it has. */
  whoAmI(): Promise<{ readonly user: string; readonly team: string; readonly scopes: readonly string[] }>;
  /** A channel by name or id; undefined when there is none that the token can see. */
  channel(named: string): Promise<SeenChannel | "not-allowed" | undefined>;
};

type SeenChannel = { readonly id: string; readonly isMember: boolean };

/** Looks at a binding behind the official client. */
export function slackLook(binding: SlackBinding): SlackLook {
  const host = new URL(binding.api).host;
  let client: ReturnType<typeof connect> | undefined;
  const slack = () => (client ??= connect(binding));
  const call = async <T>(method: string, send: () => Promise<T>): Promise<T> => {
    try {
      return await send();
    } catch (error) {
      throw translate(`Slack ${method} at ${host}`, error);
    }
  };

  async function pages(name: string): Promise<SeenChannel | undefined> {
    let cursor: string | undefined;
    do {
      const page = await call("conversations.list", async () =>
        (await slack()).conversations.list({
          exclude_archived: true,
          limit: 1_000,
          types: "public_channel,private_channel",
          ...(cursor === undefined ? {} : { cursor }),
        }),
      );
      const found = page.channels?.find((one) => one.name === name);
      if (found?.id !== undefined) return { id: found.id, isMember: found.is_member === true };
      cursor = page.response_metadata?.next_cursor ?? "";
    } while (cursor !== "");
    return undefined;
  }

  return {
    async whoAmI() {
      const answer = await call("auth.test", async () => (await slack()).auth.test());
      return {
        user: plainText(answer.user ?? "somebody", 80),
        team: plainText(answer.team ?? "some workspace", 80),
        scopes: answer.response_metadata?.scopes ?? [],
      };
    },
    async channel(named) {
      try {
        if (!/^[CG][A-Z0-9]{8,}$/.test(named)) return await pages(named.replace(/^#/, ""));
        const { channel: found } = await call("conversations.info", async () =>
          (await slack()).conversations.info({ channel: named }),
        );
        return { id: named, isMember: found?.is_member === true };
      } catch (error) {
        if (error instanceof SlackFailure && notAllowed.has(error.code)) return "not-allowed";
        if (error instanceof SlackFailure && error.code === "channel_not_found") return undefined;
        throw error;
      }
    },
  };
}
