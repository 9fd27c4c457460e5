import type { Command } from "commander";

/** `csrd work`: takes reports from the queue through the agents. */
export function register(program: Command): void {
  program
    .command("work")
    .description(
      "take reports from the queue and call the agents (configured by CSRD_* environment variables)",
    )
    .action(async () => {
      const [{ workSettings }, { createLog }, { stopOnSignal }, { workService }] = await Promise.all([
        import("#platform/service/settings.ts"),
        import("#platform/telemetry/log.ts"),
        import("#platform/service/shutdown.ts"),
        import("#platform/work/work-service.ts"),
      ]);
      const settings = workSettings(process.env);
      const log = createLog("worker", { level: settings.CSRD_LOG_LEVEL, file: settings.CSRD_LOG_FILE });
      const service = await workService(settings, log);
      stopOnSignal(log, settings.CSRD_RELEASE_MS + 10_000, () => service.stop());
    });
}
