import { systemClock, type Clock } from "#kit/clock.ts";
import { OpsError } from "#kit/errors.ts";
import {
  type Announced,
  type AnnouncementReader,
  type Announcer,
  type Audience,
  audiences,
  saidForMs,
} from "#kit/ports/announcer.ts";
import { parseSlackBinding, type SlackBinding } from "./binding.ts";
import { connect, notAllowed, SlackFailure, translate } from "./client.ts";
import { orOurs } from "./fault.ts";
import { slackLook } from "./look.ts";
import { cutMrkdwn, inert } from "./mrkdwn.ts";
import { limits } from "./render.ts";

const eventType = "csrd_ops_announcement";

const hints = {
  silent: "Tell them yourself when it cannot wait; ops resume tells what was not told.",
  refused: "ops doctor says what the app lacks; tell them yourself meanwhile.",
};

/** Pages of a channel's messages that are looked through, of 200 each: more than four hours of any channel that people read. */
const mostPages = 10;

/**
 * Who was told what, read from the channels of `bindings.slack.audiences`; needs the scopes for reading them. The binding is read at the
 * first call, so that one that cannot be used stops nothing else. Throws `environment-invalid`, `tool-refused` and `tool-unreachable`.
 */
export function slackAnnouncements(binding: unknown, clock: Clock = systemClock): AnnouncementReader {
  const open = opened(binding);
  return {
    audiences: async () => audiences.filter((audience) => open()?.channels[audience] !== undefined),
    said: (audience, key) =>
      orOurs(hints, async () => {
        const slack = open();
        const channel = slack?.channels[audience];
        return slack === undefined || channel === undefined ? undefined : find(slack, channel, key, clock);
      }),
  };
}

/** Tells people in the channels of `bindings.slack.audiences`; each thing once. */
export function slackAnnouncer(binding: unknown, clock: Clock = systemClock): Announcer {
  const open = opened(binding);
  return {
    say: (audience, key, text) =>
      orOurs(hints, async () => {
        const slack = open();
        const channel = slack?.channels[audience];
        if (slack === undefined || channel === undefined) throw nobodyNamed(audience);
        const before = await find(slack, channel, key, clock).catch(unlessBlind);
        return before ?? slack.post(channel, key, text);
      }),
  };
}

/** What the binding names, made once; undefined in an environment without Slack. */
function opened(binding: unknown): () => Slack | undefined {
  let slack: Slack | undefined;
  return () => {
    if (binding === undefined) return undefined;
    slack ??= channelsOf(parseSlackBinding(binding));
    return slack;
  };
}

type Slack = ReturnType<typeof channelsOf>;

function channelsOf(binding: SlackBinding) {
  const host = new URL(binding.api).host;
  const look = slackLook(binding);
  let client: ReturnType<typeof connect> | undefined;
  const slack = () => (client ??= connect(binding));
  const ids = new Map<string, string>();
  const call = async <T>(method: string, send: () => Promise<T>): Promise<T> => {
    try {
      return await send();
    } catch (error) {
      throw translate(`Slack ${method} at ${host}`, error);
    }
  };
  return {
    channels: binding.audiences,
    async idOf(channel: string): Promise<string> {
      const known = ids.get(channel);
      if (known !== undefined) return known;
      const found = await look.channel(channel);
      if (found === "not-allowed")
        throw new SlackFailure("missing_scope", "Slack does not let us look channels up.");
      if (found === undefined)
        throw new SlackFailure("channel_not_found", `Slack knows no channel ${channel}.`);
      ids.set(channel, found.id);
      return found.id;
    },
    async page(channel: string, oldest: Date, cursor: string | undefined) {
      return call("conversations.history", async () =>
        (await slack()).conversations.history({
          channel,
          oldest: String(oldest.getTime() / 1000),
          limit: 200,
          include_all_metadata: true,
          ...(cursor === undefined ? {} : { cursor }),
        }),
      );
    },
    async post(channel: string, key: string, text: string): Promise<Announced> {
      const shown = lines(text);
      const answer = await call("chat.postMessage", async () => {
        const { postMessage } = (await slack()).chat;
        return postMessage({
          channel,
          text: shown,
          blocks: [{ type: "section", text: { type: "mrkdwn", text: shown, verbatim: true } }],
          parse: "none",
          link_names: false,
          unfurl_links: false,
          unfurl_media: false,
          metadata: { event_type: eventType, event_payload: { key } },
        });
      });
      return announced(channel, answer.ts ?? "0");
    },
  };
}

/** Our own words with foreign ones in them: every line inert, so that nobody is mentioned and nothing is linked. */
function lines(text: string): string {
  return cutMrkdwn(
    text
      .split("\n")
      .map((line) => inert(line, limits.section))
      .join("\n"),
    limits.section,
  );
}

async function find(
  slack: Slack,
  channel: string,
  key: string,
  clock: Clock,
): Promise<Announced | undefined> {
  const id = await slack.idOf(channel);
  const oldest = new Date(clock.now().getTime() - saidForMs);
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await slack.page(id, oldest, cursor);
    const found = (answer.messages ?? []).find((message) => keyOf(message) === key);
    if (found?.ts !== undefined) return announced(channel, found.ts);
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === "") return undefined;
  }
  throw new SlackFailure(
    "too_many",
    `Slack has more than ${mostPages * 200} messages of the last hours in ${channel}.`,
  );
}

function announced(channel: string, ts: string): Announced {
  return { at: new Date(Number(ts) * 1_000).toISOString(), where: `Slack ${channel}, message ${ts}` };
}

function keyOf(message: object): string | undefined {
  if (!("metadata" in message)) return undefined;
  const { metadata } = message;
  if (typeof metadata !== "object" || metadata === null) return undefined;
  if (!("event_type" in metadata) || metadata.event_type !== eventType) return undefined;
  if (!("event_payload" in metadata)) return undefined;
  const { event_payload: payload } = metadata;
  if (typeof payload !== "object" || payload === null || !("key" in payload)) return undefined;
  return typeof payload.key === "string" ? payload.key : undefined;
}

/** Without the scopes for reading, a repeat cannot be recognised; telling twice is better than not telling. */
function unlessBlind(error: unknown): undefined {
  if (error instanceof SlackFailure && notAllowed.has(error.code)) return undefined;
  throw error;
}

function nobodyNamed(audience: Audience): OpsError {
  return new OpsError("binding-missing", {
    summary: `This environment names no place where ${audience} can be told.`,
    hint: "Name a channel under bindings.slack.audiences, or tell them yourself.",
  });
}
