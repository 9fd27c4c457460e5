import type { Agent } from "#platform/agent.ts";
import { folderFiles, type ReportFiles } from "#platform/storage/report-files.ts";
import { runStage } from "#platform/work/run-stage.ts";
import type { StageRunner } from "#platform/work/stage-pool.ts";

/** Runs an agent's stages in the test's own process: for agents that are about something else than limits. */
export function stagesHere(agent: Agent, where: string | ReportFiles): StageRunner {
  const files = typeof where === "string" ? folderFiles(where) : where;
  let running = 0;
  return {
    load: () => ({ running, waiting: 0 }),
    close: async () => undefined,
    run: async ({ reportId, now, signal, hear }) => {
      running += 1;
      hear({ kind: "started" });
      const at = new Date(now);
      return runStage(agent, {
        reportId,
        artifacts: files.of(reportId),
        now: () => at,
        log: (level, message, context) => hear({ kind: "log", level, message, context }),
        progress: (done, total, what) => hear({ kind: "progress", done, total, what }),
        signal,
        isStopped: () => signal.aborted,
      }).finally(() => {
        running -= 1;
      });
    },
  };
}
