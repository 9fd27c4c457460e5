import { OpsError } from "#kit/errors.ts";
import { plainText } from "./foreign-text.ts";
import { request, type Reply } from "./request.ts";
import { silence } from "./silence.ts";

/** What any answer tells about who gave it: its status, how long it took, and its clock. */
export type Heard = {
  readonly status: number;
  readonly tookMs: number;
  /** How far its clock is ahead of ours; undefined when the answer carries no time. */
  readonly aheadMs: number | undefined;
  /** How far off that may be: a `Date` is cut to whole seconds, and the answer was on its way for a while. */
  readonly errorMs: number;
};

const largest = 4_096;

/** Asks an address with GET and no credentials; any answer will do. Throws `tool-unreachable` when there is none. */
export async function hear(url: string, what: string, withinMs: number): Promise<Heard> {
  const asked = Date.now();
  const began = performance.now();
  const limit = AbortSignal.timeout(withinMs);
  let reply: Reply;
  try {
    reply = await request(url, {
      method: "GET",
      headers: { connection: "close", "user-agent": "csrd-ops" },
      signal: limit,
      most: largest,
    });
  } catch (error) {
    const why = limit.aborted ? `nothing heard in ${withinMs / 1_000} s` : plainText(silence(error), 120);
    throw new OpsError("tool-unreachable", {
      summary: `${what} at ${new URL(url).host} did not answer (${why}).`,
      hint: "Look at the network from here to that host.",
    });
  }
  const tookMs = performance.now() - began;
  const { date } = reply.headers;
  const at = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return { status: reply.status, tookMs: Math.round(tookMs), ...clockOf(at, asked, tookMs) };
}

/** How far a clock that was read as `at` (cut to whole seconds) is ahead of ours, asked at `asked` and heard `tookMs` later. */
export function clockOf(at: number, asked: number, tookMs: number): Pick<Heard, "aheadMs" | "errorMs"> {
  const errorMs = 500 + tookMs / 2;
  if (Number.isNaN(at)) return { aheadMs: undefined, errorMs };
  return { aheadMs: Math.round(at + 500 - (asked + tookMs / 2)), errorMs: Math.ceil(errorMs) };
}
