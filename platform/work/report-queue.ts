import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { reportQueue } from "../contract.ts";
import { CsrdError } from "../errors.ts";
import type { Report } from "../storage/report.ts";

/** What the queue knows of a report: references and the checkpoint, never payloads. */
export type ReportJob = {
  readonly reportId: string;
  readonly acceptedAt: string;
  readonly traceparent: string;
  /** Agents that are done, in order; where another worker goes on. */
  readonly done: readonly string[];
  /** How often an agent answered that it cannot for now; an agent that does not answer is not counted here. */
  readonly refusals: number;
};

/** Where a report's job is. */
type JobState = {
  readonly state: string;
  readonly reason: string | undefined;
  readonly endedAt: Date | undefined;
  readonly attemptsMade: number;
};

/** The queue as the API and the sweep use it. */
export type ReportQueue = {
  /** Puts a report in the queue; a report that is in it already stays as it is. Fails at once when Redis is away. */
  add(report: Report): Promise<void>;
  /** What the queue says of a report: `unknown` when it has no such job; why and when its job ended, where it has. */
  state(id: string): Promise<JobState>;
  /** Takes a report's job out, waiting or ended, so that it can be added again; one that a worker has in hand stays. */
  remove(id: string): Promise<void>;
  depth(): Promise<Readonly<Record<string, number>>>;
  /** Most reports worked on at once over all workers. */
  setGlobalConcurrency(most: number): Promise<void>;
  /** What Redis has of what an operator told the queue. */
  control(): Promise<{ readonly isPaused: boolean; readonly concurrency: number | undefined }>;
  /** Stops or lets workers take reports; those in hand go on. */
  setPaused(isPaused: boolean): Promise<void>;
  close(): Promise<void>;
};

/** Retries of one report whose stage cannot be reached: about 30 minutes of waiting in all. */
export const attempts = 180;

/** The highest number by which the queue can order. */
const mostTurn = 2_097_152;

/** Milliseconds before the next attempt: 1, 2, 4, … up to 10 seconds. */
export function backoff(attemptsMade: number): number {
  return Math.min(10_000, 1_000 * 2 ** Math.min(10, Math.max(0, attemptsMade - 1)));
}

/** The report queue over a connection whose commands fail at once (openRedis); loads BullMQ on first use, so that a service starts without waiting for it. */
export function openReportQueue(redis: Redis): ReportQueue {
  let opened: Promise<Queue<ReportJob>> | undefined;
  const queue = (): Promise<Queue<ReportJob>> => {
    opened ??= import("bullmq").then(({ Queue }) => {
      const made = new Queue<ReportJob>(reportQueue.name, {
        connection: redis,
        prefix: reportQueue.prefix,
        skipWaitingForReady: true,
        defaultJobOptions: {
          attempts,
          backoff: { type: "custom" },
          removeOnComplete: { age: 86_400, count: 10_000 },
          removeOnFail: { age: 7 * 86_400 },
        },
      });
      made.on("error", () => undefined);
      return made;
    });
    return opened;
  };
  return {
    add: async (report) => {
      const job: ReportJob = {
        reportId: report.id,
        acceptedAt: report.acceptedAt.toISOString(),
        traceparent: report.traceparent,
        done: [],
        refusals: 0,
      };
      // The lowest turn goes first, so that tenants take turns; those who had theirs before keep it when they are put back.
      await (await queue()).add("report", job, {
        jobId: report.id,
        priority: Math.min(mostTurn, Math.max(1, report.turn)),
      });
    },
    state: async (id) => {
      const job = await (await queue()).getJob(id);
      if (job === undefined)
        return { state: "unknown", reason: undefined, endedAt: undefined, attemptsMade: 0 };
      return {
        state: await job.getState(),
        reason: job.failedReason,
        endedAt: job.finishedOn === undefined ? undefined : new Date(job.finishedOn),
        attemptsMade: job.attemptsMade,
      };
    },
    remove: async (id) => {
      await (await queue()).remove(id);
    },
    depth: async () => (await queue()).getJobCounts("wait", "active", "delayed", "prioritized", "failed"),
    setGlobalConcurrency: async (most) => {
      await (await queue()).setGlobalConcurrency(most);
    },
    control: async () => {
      const opened = await queue();
      return {
        isPaused: await opened.isPaused(),
        concurrency: (await opened.getGlobalConcurrency()) ?? undefined,
      };
    },
    setPaused: async (isPaused) => {
      const opened = await queue();
      await (isPaused ? opened.pause() : opened.resume());
    },
    close: async () => {
      if (opened !== undefined) await (await opened).close();
      redis.disconnect();
    },
  };
}

/**
 * What Redis has of what an operator told the queue, read without a script, so that it needs no right to write: BullMQ keeps both in the
 * queue's `meta`. Undefined: nobody has told it.
 */
export async function readQueueConcurrency(redis: Redis): Promise<number | undefined> {
  const kept = await redis.hget(`${reportQueue.prefix}:${reportQueue.name}:meta`, "concurrency");
  const most = Number(kept ?? Number.NaN);
  return Number.isInteger(most) && most > 0 ? most : undefined;
}

/** Throws `queue-evicts` when Redis may drop keys under memory pressure: a dropped key is a lost report. */
export async function requireNoEviction(redis: Redis): Promise<void> {
  const info = await redis.info("memory");
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy === "noeviction") return;
  throw new CsrdError("queue-evicts", {
    summary: `Redis is set to ${policy ?? "an unknown policy"} and may drop reports that wait.`,
    hint: "Set maxmemory-policy noeviction on the Redis that holds the queue.",
  });
}
