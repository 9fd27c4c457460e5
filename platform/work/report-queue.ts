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

/** The queue as the API and the sweep use it. */
export type ReportQueue = {
  /** Puts a report in the queue; a report that is in it already stays as it is. Fails at once when Redis is away. */
  add(report: Report): Promise<void>;
  /** What the queue says of a report: `unknown` when it has no such job. */
  state(id: string): Promise<{ readonly state: string; readonly reason: string | undefined }>;
  /** Takes a finished job out, so that it can be added again. */
  remove(id: string): Promise<void>;
  depth(): Promise<Readonly<Record<string, number>>>;
  /** Most reports worked on at once over all workers. */
  setGlobalConcurrency(most: number): Promise<void>;
  close(): Promise<void>;
};

/** Retries of one report whose stage cannot be reached: about 30 minutes of waiting in all. */
export const attempts = 180;

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
      await (await queue()).add("report", job, { jobId: report.id });
    },
    state: async (id) => {
      const job = await (await queue()).getJob(id);
      if (job === undefined) return { state: "unknown", reason: undefined };
      return { state: await job.getState(), reason: job.failedReason };
    },
    remove: async (id) => {
      await (await queue()).remove(id);
    },
    depth: async () => (await queue()).getJobCounts("wait", "active", "delayed", "prioritized", "failed"),
    setGlobalConcurrency: async (most) => {
      await (await queue()).setGlobalConcurrency(most);
    },
    close: async () => {
      if (opened !== undefined) await (await opened).close();
      redis.disconnect();
    },
  };
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
