import { DelayedError, type Job, UnrecoverableError, Worker } from "bullmq";
import { type AgentName, reportQueue } from "../contract.ts";
import { openWaitingRedis } from "../service/redis.ts";
import type { WorkSettings } from "../service/settings.ts";
import { inSpan, remoteTrace } from "../telemetry/trace.ts";
import type { WatchedSwitches } from "../service/switches.ts";
import { listHalts } from "../storage/report-ends.ts";
import { abandon, type ProcessParts, processReport } from "./process-report.ts";
import { attempts, backoff, type ReportJob } from "./report-queue.ts";

/** A worker that takes reports from the queue until it is closed. */
export type ReportWorker = {
  /** Takes no more reports, finishes the stages in hand and hands the reports on; after `withinMs` it lets the stages go as well. */
  close(withinMs: number): Promise<void>;
};

/** An agent that answers and cannot, this often, will not: a defect is not retried for half an hour. */
const mostRefusals = 5;

/** How often the reports in hand are compared with what was asked for them; cancelling stops a stage within seconds. */
const haltMs = 1_000;

/** How long a report whose stage is switched off waits before it looks again. */
const switchedOffMs = 5_000;

/** A report that this worker has in hand. */
type InHand = { readonly halt: AbortController; agent: AgentName | undefined };

/** Starts taking reports. A report whose worker dies is taken by another one after the lock has run out. */
export async function startWorker(
  settings: WorkSettings,
  parts: ProcessParts & { readonly switches: WatchedSwitches },
): Promise<ReportWorker> {
  const connection = await openWaitingRedis({
    url: settings.CSRD_REDIS_URL,
    name: `csrd-worker/${settings.CSRD_INSTANCE}`,
    onError: () => undefined,
  });
  const pause = new AbortController();
  const release = new AbortController();
  const inHand = new Map<string, InHand>();

  const worker = new Worker<ReportJob>(
    reportQueue.name,
    // Each attempt is a span of the report's own trace, whichever worker makes it.
    (job, token) =>
      inSpan(
        "report attempt",
        "consumer",
        { "csrd.report_id": job.data.reportId, "csrd.attempt": job.attemptsMade + 1 },
        () => work(job, token),
        remoteTrace(job.data.traceparent),
      ),
    {
      connection,
      autorun: false,
      prefix: reportQueue.prefix,
      name: settings.CSRD_INSTANCE,
      concurrency: settings.CSRD_CONCURRENCY,
      lockDuration: settings.CSRD_LOCK_MS,
      stalledInterval: settings.CSRD_STALLED_MS,
      // A report may lose its worker many times over a bad day; the attempts bound what fails for reasons of its own.
      maxStalledCount: 25,
      settings: { backoffStrategy: (made: number) => backoff(made) },
    },
  );

  const work = async (job: Job<ReportJob>, token: string | undefined): Promise<void> => {
    const { reportId } = job.data;
    const checkpoint = (done: readonly string[]) => job.updateData({ ...job.data, done });
    const mine: InHand = { halt: new AbortController(), agent: undefined };
    inHand.set(reportId, mine);
    const processed = await processReport(parts, reportId, checkpoint, {
      pause: pause.signal,
      release: release.signal,
      halt: mine.halt.signal,
      entering: (agent) => {
        mine.agent = agent;
      },
    }).finally(() => inHand.delete(reportId));
    switch (processed.kind) {
      case "finished":
      case "let-go":
        return;
      case "released":
        parts.log.info("Pipeline handed on", { report_id: reportId });
        await job.moveToDelayed(Date.now(), token);
        throw new DelayedError();
      case "failed":
      case "given-up":
        throw new UnrecoverableError(processed.error.message);
      case "again": {
        if (processed.why === "switched-off") {
          // Not the report's fault and not an attempt: it looks again until it may.
          await job.moveToDelayed(Date.now() + switchedOffMs, token);
          throw new DelayedError();
        }
        const refusals = job.data.refusals + (processed.why === "refused" ? 1 : 0);
        if (refusals >= mostRefusals || job.attemptsMade + 1 >= attempts) {
          await abandon(parts, reportId, processed.why, processed.error, job.attemptsMade + 1);
          throw new UnrecoverableError(processed.error.message);
        }
        await job.updateData({ ...job.data, refusals });
        throw new Error(processed.error.message);
      }
    }
  };

  worker.on("error", (error) => parts.log.warning("Queue error", { error_message: error.message }));
  worker.on("stalled", (id) =>
    parts.log.warning("Report taken over from a worker that is gone", { report_id: id }),
  );
  worker.on("failed", (job, error) =>
    parts.log.debug("Attempt ended", { report_id: job?.data.reportId, error_message: error.message }),
  );

  // It takes no report before it knows that it may: one that is taken and put back would lose its turn.
  let isRunning = false;
  const onSwitch = (): void => {
    const off = parts.switches.off("all");
    if (off === undefined && isRunning) void worker.resume();
    else if (off === undefined) {
      isRunning = true;
      worker
        .run()
        .catch((error: Error) => parts.log.warning("Queue error", { error_message: error.message }));
    } else {
      parts.log.warning("Worker switched off", { reason: off.reason, by: off.by });
      if (isRunning) void worker.pause(true);
    }
    for (const { halt, agent } of inHand.values())
      if (parts.switches.off(agent ?? "all") !== undefined) halt.abort();
  };
  const forget = parts.switches.onChange(onSwitch);
  onSwitch();
  const haltAsked = async (): Promise<void> => {
    // While the database is away nothing is found; the next look does.
    const halts = await listHalts(parts.database, [...inHand.keys()]).catch(() => []);
    for (const { id } of halts) inHand.get(id)?.halt.abort();
  };
  const halting = setInterval(() => void haltAsked(), haltMs);

  return {
    close: async (withinMs) => {
      forget();
      clearInterval(halting);
      pause.abort();
      const timer = setTimeout(() => release.abort(), withinMs);
      await worker.close();
      clearTimeout(timer);
      connection.disconnect();
    },
  };
}
