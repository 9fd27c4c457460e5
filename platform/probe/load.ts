import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { isCodedError } from "#kit/errors.ts";
import { routes } from "../contract.ts";
import {
  askPatiently,
  isOver,
  jsonOf,
  type PlatformAt,
  ReportPage,
  reportStatus,
  sendReport,
  statusIn,
  takeBack,
} from "./client.ts";
import type { Depth, LoadResult, Sent } from "./load-judge.ts";
import type { Sample } from "./sample.ts";

/** What is sent, how much of it at once, and who hears how it goes. */
export type LoadParts = {
  readonly at: PlatformAt;
  readonly sample: Sample;
  readonly reports: number;
  /** Most reports that are sent and not finished. */
  readonly concurrent: number;
  readonly onDepth: (depth: Depth, sent: number) => void;
  /** Told when the load is called off: how many were taken back, and which could not be. */
  readonly onTakenBack: (taken: number, left: readonly string[]) => void;
};

/** One report under way. */
type Under = { readonly sentAt: number; readonly answeredMs: number; status: string };

const lookMs = 500;
const Code = z.object({ code: z.string() });
const ends = ["completed", "failed", "dead-letter", "cancelled"] as const;

/**
 * Sends real reports, so many at once, and follows all of them to their end by the platform's own lists. When it is called off, what
 * has not ended is taken back before it gives what it has.
 */
export async function load(parts: LoadParts): Promise<LoadResult> {
  const { at, reports, concurrent } = parts;
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const under = new Map<string, Under>();
  const over: { readonly id: string; readonly was: Under }[] = [];
  const refused: Sent[] = [];
  const depths: Depth[] = [];
  let begun = 0;
  let heldBack = 0;
  const sending = new Set<Promise<void>>();

  const send = async (): Promise<void> => {
    const sentAt = since();
    const from = performance.now();
    try {
      const answer = await sendReport(at, parts.sample, `load-${randomUUID()}`, () => (heldBack += 1));
      const answeredMs = performance.now() - from;
      if (answer.status === 202)
        under.set(statusIn(answer, routes.reports).id, { sentAt, answeredMs, status: "queued" });
      else refused.push({ sentAt, answeredMs, end: "refused", reason: codeIn(answer) });
    } catch (error) {
      if (at.signal.aborted) return;
      const reason = isCodedError(error) ? error.code : "unknown";
      refused.push({ sentAt, answeredMs: performance.now() - from, end: "refused", reason });
    }
  };
  const look = async (): Promise<void> => {
    const seen = await statuses(at, new Set(under.keys()));
    for (const [id, was] of under) {
      const status = seen.get(id);
      if (status === undefined) continue;
      was.status = status;
      if (!isOver(status)) continue;
      under.delete(id);
      over.push({ id, was });
    }
    const running = [...under.values()].filter(({ status }) => status === "running").length;
    const depth = { at: since(), waiting: under.size - running, running, over: over.length };
    depths.push(depth);
    parts.onDepth(depth, begun - sending.size);
  };
  try {
    while (begun < reports || under.size > 0 || sending.size > 0) {
      at.signal.throwIfAborted();
      const next = since() + lookMs;
      while (begun < reports && under.size + sending.size < concurrent) {
        begun += 1;
        const one: Promise<void> = send().finally(() => sending.delete(one));
        sending.add(one);
      }
      if (under.size > 0 || over.length > 0) await look();
      await sleep(Math.max(20, next - since()), undefined, { signal: at.signal });
    }
  } catch (error) {
    if (!at.signal.aborted) throw error;
  }
  const tookMs = since();
  // What was being sent is known once its answer is there; only then can it be taken back.
  await Promise.all(sending);
  const left = [...under.keys()];
  if (left.length > 0) {
    const stuck = await takeBack(at, left, 30_000);
    parts.onTakenBack(left.length - stuck.length, stuck);
  }
  const ended = await Promise.all(batched(over, at));
  const unfinished = [...under.values()].map(
    ({ sentAt, answeredMs }): Sent => ({ sentAt, answeredMs, end: "unfinished" }),
  );
  return { concurrent, sent: [...ended.flat(), ...refused, ...unfinished], depths, tookMs, heldBack };
}

/** The records of what has ended, eight at a time. */
function batched(
  over: readonly { readonly id: string; readonly was: Under }[],
  at: PlatformAt,
): readonly Promise<readonly Sent[]>[] {
  const next = over.values();
  const reader: PlatformAt = { ...at, signal: AbortSignal.timeout(180_000) };
  return Array.from({ length: 8 }, async () => {
    const sent: Sent[] = [];
    for (const { id, was } of next) sent.push(await recordOf(reader, id, was));
    return sent;
  });
}

async function recordOf(at: PlatformAt, id: string, { sentAt, answeredMs }: Under): Promise<Sent> {
  const status = await reportStatus(at, id);
  const end = ends.find((one) => one === status.status) ?? "unfinished";
  const durationMs =
    status.finished_at === undefined
      ? undefined
      : Date.parse(status.finished_at) - Date.parse(status.accepted_at);
  return {
    sentAt,
    answeredMs,
    end,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(status.error === undefined ? {} : { reason: status.error.code }),
  };
}

/** The status of each of these reports, from the newest pages that hold them; one that no page holds is left out. */
async function statuses(at: PlatformAt, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let route: string | undefined = `${routes.reports}?limit=200`;
  // A bound, so that a list that never ends does not keep us.
  for (let pages = 0; route !== undefined && found.size < ids.size && pages < 40; pages += 1) {
    const answer = await askPatiently(at, route);
    const page = ReportPage.safeParse(jsonOf(answer));
    if (!page.success) statusIn(answer, route);
    for (const { id, status } of page.data?.reports ?? []) if (ids.has(id)) found.set(id, status);
    route = page.data?.next;
  }
  return found;
}

function codeIn(answer: Parameters<typeof jsonOf>[0]): string {
  return Code.safeParse(jsonOf(answer)).data?.code ?? `HTTP ${answer.status}`;
}
