import { OpsError } from "#kit/errors.ts";
import type { QueueAdmin, QueuedReport, QueueReader } from "#kit/ports/queue.ts";
import { keepReport, limitQueue, mostAtOnce, pauseQueue, requeueOne } from "#platform/operate/queue.ts";
import type { PlatformBinding } from "#platform/probe/binding.ts";
import { readQueueControl } from "#platform/storage/queue-control.ts";
import { listQueued, lookAtQueue, type QueuedReport as Listed } from "#platform/storage/queue-look.ts";
import type { ActAnswer } from "#platform/storage/report-ends.ts";
import { isReportId } from "#platform/storage/report-files.ts";
import { runningVersions } from "#platform/storage/running-versions.ts";
import { readQueueConcurrency } from "#platform/work/report-queue.ts";
import { plainText } from "../foreign-text.ts";
import { placesOf } from "./places.ts";

/** A worker says every half minute that it runs; one that is silent for longer than this and is not connected is gone. */
const workerSilence = "45 seconds";
/** What workers start with where neither an operator nor Redis says another number (CSRD_GLOBAL_CONCURRENCY). */
const atFirst = 10;
const workerName = "csrd-worker/";

/** The report queue, read from the platform's database, which is the truth of it; Redis adds only how many reports go at once. */
export function queueReader(binding: PlatformBinding): QueueReader {
  const places = placesOf(binding, "read");
  return {
    look: () =>
      places.database(async (database) => {
        const [look, control, processes, told] = await Promise.all([
          lookAtQueue(database),
          readQueueControl(database),
          runningVersions(database, workerSilence),
          // The queue can be looked at while Redis is down: then what the operator or the settings said stands.
          places.redis(readQueueConcurrency).catch(() => undefined),
        ]);
        const { paused } = control;
        const count = (status: string) => look.byStatus[status] ?? 0;
        return {
          waiting: Math.max(0, count("queued") + count("waiting") - look.quarantined),
          active: count("running"),
          deadLetter: count("dead-letter"),
          quarantined: look.quarantined,
          oldestSeconds: Math.round((look.oldestMs ?? 0) / 1000),
          paused:
            paused === undefined
              ? undefined
              : {
                  by: plainText(paused.by, 100),
                  reason: plainText(paused.reason, 300),
                  at: paused.at.toISOString(),
                },
          concurrency: told ?? control.concurrency ?? atFirst,
          workers: processes
            .filter(({ name }) => name.startsWith(workerName))
            .map(({ name }) => plainText(name.slice(workerName.length), 60)),
        };
      }),
    reports: (state, most) =>
      places.database(async (database) => {
        // A kept report has one of the other states as well; there it is left out.
        const listed = await listQueued(database, state, state === "waiting" ? most + mostAtOnce : most);
        return listed
          .filter(({ quarantine }) => state === "quarantined" || quarantine === undefined)
          .slice(0, most)
          .map((report) => reportOf(report, state));
      }),
  };
}

/** Hands on the queue; `by` stands in the platform's audit log for whoever does it, and the run behind each reason. */
export function queueAdmin(
  binding: PlatformBinding,
  { by, run }: { readonly by: string; readonly run: string },
): QueueAdmin {
  const places = placesOf(binding, "act");
  const act = (reason: string) => ({ by, reason: `${plainText(reason, 260)} (ops run ${run})` });
  return {
    pause: (reason) => places.both(async (both) => void (await pauseQueue(both, true, act(reason)))),
    resume: (reason) => places.both(async (both) => void (await pauseQueue(both, false, act(reason)))),
    setConcurrency: (from, to) =>
      places.both(async (both) => {
        if (to < 1 || to > mostAtOnce)
          throw new OpsError("guard-refused", {
            summary: `${to} reports at once is outside of 1 to ${mostAtOnce}, the platform's bounds.`,
            hint: "Nothing was changed.",
          });
        const told = await readQueueConcurrency(both.redis);
        const now = told ?? (await readQueueControl(both.database)).concurrency ?? atFirst;
        if (now !== from) return "changed";
        await limitQueue(both, to, by);
        return "accepted";
      }),
    quarantine: (id, reason) =>
      places.both(async (both) => mustTake(id, await keepReport(both, known(id), true, act(reason)))),
    release: (id, reason) =>
      places.both(async (both) => mustTake(id, await keepReport(both, known(id), false, act(reason)))),
    requeue: (id, reason) =>
      places.both(async (both) => mustTake(id, await requeueOne(both, known(id), act(reason)))),
  };
}

function reportOf(report: Listed, state: QueuedReport["state"]): QueuedReport {
  const { id, stage, acceptedAt, deadLetter, error, kills } = report;
  return { id, state, stage, acceptedAt: acceptedAt.toISOString(), code: deadLetter ?? error?.code, kills };
}

function mustTake(id: string, answer: ActAnswer): void {
  if (answer.kind !== "refused" && answer.kind !== "unknown") return;
  throw new OpsError("tool-refused", {
    summary:
      answer.kind === "refused"
        ? `${id} is ${answer.status} and stays as it is.`
        : `The platform has no report ${id}.`,
    hint: "Look again: csrd queue list shows the reports.",
  });
}

function known(id: string): string {
  if (isReportId(id)) return id;
  throw new OpsError("tool-refused", {
    summary: `"${plainText(id, 40)}" is no report id.`,
    hint: "Nothing was done with it.",
  });
}
