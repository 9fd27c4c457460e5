import { blockFault, shownText, undo } from "./limits.ts";

/** A message as the workspace keeps it. */
type Stored = {
  readonly ts: string;
  readonly thread: string | undefined;
  readonly broadcast: boolean;
  text: string;
  blocks: unknown;
  metadata: unknown;
  edits: number;
};

/** A message as a person sees it. */
type SeenMessage = {
  readonly ts: string;
  /** What a notification would read out. */
  readonly text: string;
  /** What stands in the channel: the blocks' text, or `text` without blocks. */
  readonly shown: string;
  /** How often it was updated in place. */
  readonly edits: number;
  /** True for a reply that was also sent to the channel. */
  readonly broadcast: boolean;
};

/** A channel with its messages, each with its thread; oldest first. */
export type SeenChannel = {
  readonly name: string;
  readonly messages: readonly (SeenMessage & { readonly replies: readonly SeenMessage[] })[];
};

/** An answer in which Slack says no. */
export class SlackError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.name = "SlackError";
    this.code = code;
  }
}

/** Arguments of a Web API method, already read from form or JSON. */
export type Args = Readonly<Record<string, unknown>>;

/** Channels, messages and threads, kept in memory only. */
export type Workspace = {
  readonly methods: Readonly<Record<string, (args: Args) => Readonly<Record<string, unknown>>>>;
  readonly inbox: () => readonly SeenChannel[];
  /** Takes away what stands in a channel. */
  readonly forget: (channel: string) => void;
};

const mostText = 40_000;

/** A workspace with these channels, whose one bot is `ops`. */
export function workspace(names: readonly string[]): Workspace {
  const channels = new Map(names.map((name, index) => [`C${String(index + 1).padStart(9, "0")}`, name]));
  const messages = new Map<string, Stored[]>([...channels.keys()].map((id) => [id, []]));
  let lastTs = 0;

  const nextTs = () => {
    lastTs = Math.max(lastTs + 1, Date.now() * 1_000);
    return `${Math.floor(lastTs / 1e6)}.${String(lastTs % 1e6).padStart(6, "0")}`;
  };
  const idOf = (args: Args) => {
    const wanted = textArg(args, "channel") ?? "";
    for (const [id, name] of channels) if (wanted === id || wanted.replace(/^#/, "") === name) return id;
    throw new SlackError("channel_not_found");
  };
  const strictId = (args: Args) => {
    const wanted = textArg(args, "channel") ?? "";
    if (channels.has(wanted)) return wanted;
    throw new SlackError("channel_not_found");
  };
  const stored = (id: string) => messages.get(id) ?? [];
  const find = (id: string, ts: string | undefined) => stored(id).find((message) => message.ts === ts);

  return {
    methods: {
      "auth.test": () => ({
        url: "https://practice.slack.invalid/",
        team: "practice",
        user: "ops",
        team_id: "T000000001",
        user_id: "U000000001",
        bot_id: "B000000001",
      }),

      "conversations.list": () => ({
        channels: [...channels].map(([id, name]) => ({ id, name, is_channel: true, is_member: true })),
        response_metadata: { next_cursor: "" },
      }),

      "conversations.info": (args) => {
        const id = strictId(args);
        return { channel: { id, name: channels.get(id), is_channel: true, is_member: true } };
      },

      "chat.postMessage": (args) => {
        const id = idOf(args);
        const content = contentOf(args);
        const thread = textArg(args, "thread_ts");
        const parent = thread === undefined ? undefined : find(id, thread);
        if (thread !== undefined && (parent === undefined || parent.thread !== undefined))
          throw new SlackError("cannot_reply_to_message");
        const message = {
          ...content,
          ts: nextTs(),
          thread,
          broadcast: flagArg(args, "reply_broadcast"),
          edits: 0,
        };
        stored(id).push(message);
        return { channel: id, ts: message.ts, message: describe(message, stored(id), true) };
      },

      "chat.update": (args) => {
        const id = strictId(args);
        const message = find(id, textArg(args, "ts"));
        if (message === undefined) throw new SlackError("message_not_found");
        const content = contentOf(args);
        Object.assign(message, content, {
          metadata: content.metadata ?? message.metadata,
          edits: message.edits + 1,
        });
        return {
          channel: id,
          ts: message.ts,
          text: message.text,
          message: describe(message, stored(id), true),
        };
      },

      "conversations.history": (args) => {
        const id = strictId(args);
        const oldest = Number(textArg(args, "oldest") ?? 0);
        const seen = stored(id)
          .filter((message) => message.thread === undefined || message.broadcast)
          .filter((message) => Number(message.ts) > oldest)
          .reverse();
        return paged(
          "messages",
          seen.map((message) => describe(message, stored(id), flagArg(args, "include_all_metadata"))),
          args,
        );
      },

      "conversations.replies": (args) => {
        const id = strictId(args);
        const ts = textArg(args, "ts");
        const parent = find(id, ts);
        if (parent === undefined) throw new SlackError("thread_not_found");
        const seen = [parent, ...stored(id).filter((message) => message.thread === ts)];
        return paged(
          "messages",
          seen.map((message) => describe(message, stored(id), flagArg(args, "include_all_metadata"))),
          args,
        );
      },
    },

    forget: (channel) => {
      for (const [id, name] of channels) if (name === channel) messages.set(id, []);
    },

    inbox: () =>
      [...channels].map(([id, name]) => ({
        name,
        messages: stored(id)
          .filter((message) => message.thread === undefined)
          .map((message) => ({
            ...see(message),
            replies: stored(id)
              .filter((reply) => reply.thread === message.ts)
              .map(see),
          })),
      })),
  };
}

function contentOf(args: Args): Pick<Stored, "text" | "blocks" | "metadata"> {
  const text = textArg(args, "text") ?? "";
  const blocks = jsonArg(args, "blocks", "invalid_blocks_format");
  const metadata = jsonArg(args, "metadata", "invalid_metadata_format");
  if (text === "" && blocks === undefined) throw new SlackError("no_text");
  if (text.length > mostText) throw new SlackError("msg_too_long");
  const fault = blocks === undefined ? undefined : blockFault(blocks);
  if (fault !== undefined) throw new SlackError(fault);
  return { text, blocks, metadata };
}

function describe(
  message: Stored,
  all: readonly Stored[],
  withMetadata: boolean,
): Readonly<Record<string, unknown>> {
  const replies = all.filter((reply) => reply.thread === message.ts);
  return {
    type: "message",
    user: "U000000001",
    bot_id: "B000000001",
    ts: message.ts,
    text: message.text,
    ...(message.blocks === undefined ? {} : { blocks: message.blocks }),
    ...(withMetadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
    ...(message.edits === 0 ? {} : { edited: { user: "U000000001", ts: message.ts } }),
    ...(message.thread === undefined ? {} : { thread_ts: message.thread }),
    ...(message.broadcast ? { subtype: "thread_broadcast" } : {}),
    ...(replies.length === 0
      ? {}
      : { thread_ts: message.ts, reply_count: replies.length, latest_reply: replies.at(-1)?.ts }),
  };
}

function see(message: Stored): SeenMessage {
  const { ts, text, blocks, edits, broadcast } = message;
  return {
    ts,
    text: undo(text),
    shown: blocks === undefined ? undo(text) : shownText(blocks),
    edits,
    broadcast,
  };
}

/** A page of a list; Slack's cursors are opaque, ours hold the place. */
function paged(name: string, all: readonly unknown[], args: Args): Readonly<Record<string, unknown>> {
  const size = Number(textArg(args, "limit") ?? 100);
  const cursor = textArg(args, "cursor");
  const start =
    cursor === undefined || cursor === "" ? 0 : Number(Buffer.from(cursor, "base64url").toString());
  if (!Number.isInteger(start) || start < 0) throw new SlackError("invalid_cursor");
  const end = start + size;
  const more = end < all.length;
  return {
    [name]: all.slice(start, end),
    has_more: more,
    response_metadata: { next_cursor: more ? Buffer.from(String(end)).toString("base64url") : "" },
  };
}

function textArg(args: Args, name: string): string | undefined {
  const value = args[name];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function flagArg(args: Args, name: string): boolean {
  return args[name] === true || args[name] === "true" || args[name] === "1";
}

/** A structured argument: an object in a JSON body, JSON text in a form. */
function jsonArg(args: Args, name: string, fault: string): unknown {
  const value = args[name];
  if (typeof value !== "string") return value;
  if (value === "") return undefined;
  try {
    return JSON.parse(value);
  } catch {
    throw new SlackError(fault);
  }
}
