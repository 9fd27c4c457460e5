import { z } from "zod";
import { systemClock, type Clock } from "#kit/clock.ts";
import type { RunState } from "#kit/fold.ts";
import type { Delivery, Destination, Tidings } from "#kit/outbox.ts";
import { plainText } from "../foreign-text.ts";
import type { SlackBinding } from "./binding.ts";
import { slackChannel, SlackFailure, type SlackChannel, type Thread } from "./client.ts";
import { renderParent, renderRefused, type Message } from "./render.ts";
import { renderThread } from "./thread.ts";

const Span = z.object({ from: z.string(), to: z.string() });

/** What the destination remembers about one run between deliveries. */
const Memory = z.object({
  thread: z.object({ channel: z.string(), ts: z.string() }).optional(),
  /** Entry the parent was first posted at; what it said then needs no second notification. */
  born: z.number().default(0),
  /** Entry the parent shows now. */
  shown: z.number().default(0),
  /** Since when Slack has not been reached. */
  failing: z.string().optional(),
  /** The longest time Slack was not told, once it was over a minute. */
  silent: Span.optional(),
});
type Memory = z.infer<typeof Memory>;

/** Slack takes about one message a second per channel. */
const paceMs = 1_000;

/** A gap longer than this is owned up to in the next update. */
const silenceMs = 60_000;

/** One channel that is told about runs: a message per run, updated in place, and a thread under it. */
export function slackDestination(binding: SlackBinding, clock: Clock = systemClock): Destination {
  const slack = slackChannel(binding);
  /** What this process told itself, so that only an unsure delivery has to look first. */
  const told = new Map<string, number>();
  let lastUpdate = 0;

  async function pace(final: boolean): Promise<void> {
    const wait = lastUpdate + paceMs - clock.now().getTime();
    if (!final && wait > 0 && wait <= paceMs) await clock.sleep(wait);
    lastUpdate = clock.now().getTime();
  }

  return {
    name: `slack:${binding.channel}`,
    async deliver(tidings) {
      const { state } = tidings;
      const parsed = Memory.safeParse(tidings.memory ?? {});
      let memory: Memory = parsed.success ? parsed.data : Memory.parse({});
      let cursor = tidings.cursor;
      const sure = told.get(state.run) === cursor;
      told.delete(state.run);
      const refusals: string[] = [];
      try {
        const before =
          memory.thread ?? (sure ? undefined : await slack.findParent(state.run, new Date(state.askedAt)));
        const heard = { ...memory, ...spoken(memory, clock.now()) };
        await pace(state.ended !== undefined || state.phase === "waiting");
        const { thread, refused } = await showParent(slack, tidings, heard, before);
        if (refused !== undefined) refusals.push(`the head message at entry ${state.lastSeq} (${refused})`);
        memory = {
          ...heard,
          thread,
          shown: state.lastSeq,
          born: born(memory, thread, state.lastSeq, before),
        };
        if (!sure && before !== undefined) cursor = Math.max(cursor, await slack.lastTold(state.run, thread));

        for (const reply of renderThread(tidings.entries, cursor)) {
          const marker = { run: state.run, seq: reply.seq };
          const where = { ...thread, broadcast: reply.broadcast && reply.seq > memory.born };
          const why = await refusalOf(() => slack.post(reply, marker, where));
          if (why !== undefined) {
            refusals.push(`the reply up to entry ${reply.seq} (${why})`);
            await refusalOf(() => slack.post(renderRefused(state, reply.seq, why), marker, where));
          }
          cursor = reply.seq;
        }
        cursor = state.lastSeq;
        told.set(state.run, cursor);
        return { cursor, memory, ...refusedText(refusals) };
      } catch (error) {
        return {
          cursor,
          memory: { ...memory, failing: memory.failing ?? clock.now().toISOString() },
          failure: failure(error),
          ...refusedText(refusals),
        };
      }
    },
  };
}

/** Codes that mean this very message, and no other: it would be refused for ever. */
const unacceptable = new Set([
  "invalid_blocks",
  "invalid_blocks_format",
  "msg_too_long",
  "msg_blocks_too_long",
  "no_text",
  "invalid_arguments",
  "invalid_metadata_format",
  "invalid_metadata_schema",
  "metadata_too_large",
  "metadata_must_be_sent_from_app",
  "too_many_attachments",
]);

/** The word in which Slack refuses this message for good; undefined once it was taken. Everything else is thrown. */
async function refusalOf(send: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await send();
    return undefined;
  } catch (error) {
    if (error instanceof SlackFailure && unacceptable.has(error.code)) return plainText(error.code, 60);
    throw error;
  }
}

function refusedText(refusals: readonly string[]): Pick<Delivery, "refused"> {
  return refusals.length === 0 ? {} : { refused: `Slack refused ${refusals.join("; ")} for good` };
}

/** Updates the parent, or posts it when there is none any more. */
async function showParent(
  slack: SlackChannel,
  { state }: Tidings,
  memory: Memory,
  where: Thread | undefined,
): Promise<{ readonly thread: Thread; readonly refused?: string }> {
  const message = renderParent(state, memory.silent);
  const marker = { run: state.run, seq: state.lastSeq };
  if (where === undefined) return postParent(slack, state, message, marker);
  if (memory.shown >= state.lastSeq) return { thread: where };
  try {
    const refused = await refusalOf(() => slack.update(message, marker, where));
    if (refused === undefined) return { thread: where };
    await slack.update(renderRefused(state, state.lastSeq, refused), marker, where);
    return { thread: where, refused };
  } catch (error) {
    if (error instanceof SlackFailure && gone.has(error.code))
      return postParent(slack, state, message, marker);
    throw error;
  }
}

/** Without a parent there is no thread, so one that is refused is said in the plainest form. */
async function postParent(
  slack: SlackChannel,
  state: RunState,
  message: Message,
  marker: { readonly run: string; readonly seq: number },
): Promise<{ readonly thread: Thread; readonly refused?: string }> {
  let thread: Thread | undefined;
  const refused = await refusalOf(async () => {
    thread = await slack.post(message, marker);
  });
  if (thread !== undefined) return { thread };
  thread = await slack.post(renderRefused(state, marker.seq, refused ?? ""), marker);
  return { thread, refused: refused ?? "" };
}

/** Somebody deleted the message, or the workspace no longer lets it be edited. */
const gone = new Set(["message_not_found", "edit_window_closed", "cant_update_message", "thread_not_found"]);

function born(memory: Memory, thread: Thread, seq: number, before: Thread | undefined): number {
  return before?.ts === thread.ts ? memory.born : seq;
}

/** Ends a silence: forgets a short one, keeps a long one so that it stays in the message. */
function spoken(memory: Memory, now: Date): Pick<Memory, "failing" | "silent"> {
  if (memory.failing === undefined) return {};
  const span = { from: memory.failing, to: now.toISOString() };
  const long = now.getTime() - Date.parse(memory.failing) > silenceMs;
  return { failing: undefined, ...(long ? { silent: span } : {}) };
}

function failure(error: unknown): NonNullable<Delivery["failure"]> {
  if (error instanceof SlackFailure && error.retryAfterMs !== undefined)
    return { reason: error.message, retryAfterMs: error.retryAfterMs };
  return { reason: plainText(error instanceof Error ? error.message : String(error)) };
}
