import type { Logger, LogLevel } from "@slack/web-api";
import { plainText } from "../foreign-text.ts";
import { readSecret } from "../secret.ts";
import { silence } from "../silence.ts";
import type { SlackBinding } from "./binding.ts";
import type { Message } from "./render.ts";
import { slackTransport } from "./transport.ts";

/** Which entry of which run a message tells; travels as message metadata, so that a repeated delivery recognises it. */
type Marker = { readonly run: string; readonly seq: number };

/** What we ask of Slack. Every failure is a `SlackFailure`. */
export type SlackChannel = {
  post(message: Message, marker: Marker, thread?: Thread & { readonly broadcast: boolean }): Promise<Thread>;
  /** Throws a failure with code `message_not_found` when the message is gone. */
  update(message: Message, marker: Marker, where: Thread): Promise<void>;
  /** The run's parent among the channel's messages since an instant; undefined when there is none or we may not look. */
  findParent(run: string, since: Date): Promise<Thread | undefined>;
  /** Highest entry told in a thread; 0 when there is none or we may not look. */
  lastTold(run: string, where: Thread): Promise<number>;
};

/** Where a message is. */
export type Thread = { readonly channel: string; readonly ts: string };

/** Slack said no, or nothing. */
export class SlackFailure extends Error {
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, reason: string, retryAfterMs?: number) {
    super(reason);
    this.name = "SlackFailure";
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

const eventType = "csrd_ops_entry";
const timeoutMs = 4_000;

/** A channel behind the official client; the SDK and the token are loaded at the first call. */
export function slackChannel(binding: SlackBinding): SlackChannel {
  const host = new URL(binding.api).host;
  let client: ReturnType<typeof connect> | undefined;
  const slack = () => (client ??= connect(binding));
  let known: string | undefined;

  async function call<T>(method: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw translate(`Slack ${method} at ${host}`, error);
    }
  }

  const look = async <T>(method: string, send: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await call(method, send);
    } catch (error) {
      // Without the history scope a repeat cannot be recognised; telling twice is better than not telling.
      if (error instanceof SlackFailure && notAllowed.has(error.code)) return undefined;
      throw error;
    }
  };

  /** The channel's id, looked up once when the binding gives its name; undefined when we may not look. */
  async function channelId(): Promise<string | undefined> {
    if (/^[CG][A-Z0-9]{8,}$/.test(binding.channel)) return binding.channel;
    const name = binding.channel.replace(/^#/, "");
    let cursor: string | undefined;
    while (known === undefined && cursor !== "") {
      const page = await look("conversations.list", async () =>
        (await slack()).conversations.list({
          exclude_archived: true,
          limit: 1_000,
          types: "public_channel,private_channel",
          ...(cursor === undefined ? {} : { cursor }),
        }),
      );
      known = page?.channels?.find((channel) => channel.name === name)?.id;
      cursor = page?.response_metadata?.next_cursor ?? "";
    }
    return known;
  }

  return {
    async post(message, marker, thread) {
      const answer = await call("chat.postMessage", async () => {
        const { postMessage } = (await slack()).chat;
        return postMessage({
          ...content(message),
          channel: thread?.channel ?? binding.channel,
          metadata: metadata(marker),
          unfurl_links: false,
          unfurl_media: false,
          ...(thread === undefined
            ? {}
            : thread.broadcast
              ? { thread_ts: thread.ts, reply_broadcast: true }
              : { thread_ts: thread.ts }),
        });
      });
      return { channel: answer.channel ?? binding.channel, ts: answer.ts ?? "" };
    },

    async update(message, marker, where) {
      await call("chat.update", async () =>
        (await slack()).chat.update({
          ...content(message),
          channel: where.channel,
          ts: where.ts,
          metadata: metadata(marker),
        }),
      );
    },

    async findParent(run, since) {
      const id = await channelId();
      if (id === undefined) return undefined;
      const answer = await look("conversations.history", async () =>
        (await slack()).conversations.history({
          channel: id,
          oldest: String(Math.floor(since.getTime() / 1000) - 60),
          limit: 200,
          include_all_metadata: true,
        }),
      );
      const found = answer?.messages?.find((message) => isRoot(message) && markerOf(message)?.run === run);
      return found?.ts === undefined ? undefined : { channel: id, ts: found.ts };
    },

    async lastTold(run, where) {
      let last = 0;
      let cursor: string | undefined;
      do {
        const page = await look("conversations.replies", async () =>
          (await slack()).conversations.replies({
            channel: where.channel,
            ts: where.ts,
            limit: 200,
            include_all_metadata: true,
            ...(cursor === undefined ? {} : { cursor }),
          }),
        );
        for (const message of page?.messages ?? []) {
          const marker = markerOf(message);
          if (message.ts !== where.ts && marker?.run === run) last = Math.max(last, marker.seq);
        }
        cursor = page?.response_metadata?.next_cursor;
      } while (cursor !== undefined && cursor !== "");
      return last;
    },
  };
}

/** The official client; the outbox decides when to try again, and nothing is logged. */
export async function connect(binding: SlackBinding) {
  const { WebClient, LogLevel } = await import("@slack/web-api");
  const token = await readSecret(binding.token);
  return new WebClient(token.reveal(), {
    slackApiUrl: binding.api.endsWith("/") ? binding.api : `${binding.api}/`,
    allowAbsoluteUrls: false,
    timeout: timeoutMs,
    fetch: slackTransport,
    // The outbox decides when to try again; the SDK would hold the command line.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: quiet(LogLevel.ERROR),
  });
}

/** The SDK logs to the console otherwise, in the middle of the run view. */
const quiet = (level: LogLevel): Logger => ({
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => level,
  setName: () => undefined,
});

function content(message: Message) {
  return {
    text: message.text,
    blocks: message.blocks.map(copied),
    parse: "none" as const,
    link_names: false,
  };
}

/** The SDK's block types are mutable; ours are not. */
function copied(block: Message["blocks"][number]) {
  return block.type === "section" ? { ...block } : { ...block, elements: [...block.elements] };
}

function metadata(marker: Marker) {
  return { event_type: eventType, event_payload: { run: marker.run, seq: marker.seq } };
}

function markerOf(message: object): Marker | undefined {
  if (!("metadata" in message)) return undefined;
  const { metadata: found } = message;
  if (typeof found !== "object" || found === null || !("event_payload" in found)) return undefined;
  const { event_payload: payload } = found;
  if (typeof payload !== "object" || payload === null || !("run" in payload) || !("seq" in payload))
    return undefined;
  const { run, seq } = payload;
  return typeof run === "string" && typeof seq === "number" ? { run, seq } : undefined;
}

function isRoot(message: { readonly ts?: string; readonly thread_ts?: string }): boolean {
  return message.thread_ts === undefined || message.thread_ts === message.ts;
}

/** Slack's ways to say that a token may not do something. */
export const notAllowed: ReadonlySet<string> = new Set([
  "missing_scope",
  "not_allowed_token_type",
  "no_permission",
]);

/** Whatever the client threw as a `SlackFailure`. */
export function translate(what: string, error: unknown): SlackFailure {
  if (error instanceof SlackFailure) return error;
  if (!(error instanceof Error))
    return new SlackFailure("unknown", `${what} failed: ${plainText(String(error))}.`);
  if ("retryAfter" in error && typeof error.retryAfter === "number")
    return new SlackFailure(
      "ratelimited",
      `${what} asks to wait ${error.retryAfter} s.`,
      error.retryAfter * 1_000,
    );
  const data = "data" in error ? error.data : undefined;
  if (typeof data === "object" && data !== null && "error" in data && typeof data.error === "string")
    return new SlackFailure(data.error, `${what} refused: ${plainText(data.error, 80)}.`);
  if ("statusCode" in error) return new SlackFailure("http", `${what} answered ${String(error.statusCode)}.`);
  return new SlackFailure("unreachable", `${what} did not answer: ${silence(error)}.`);
}
