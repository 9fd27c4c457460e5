import type { Command } from "commander";

/** `csrd serve`: the platform's HTTP API. */
export function register(program: Command): void {
  program
    .command("serve")
    .description("serve the platform's HTTP API (configured by CSRD_* environment variables)")
    .action(async () => {
      const [{ serveSettings }, { createLog }, { stopOnSignal }, { apiService }] = await Promise.all([
        import("#platform/service/settings.ts"),
        import("#platform/telemetry/log.ts"),
        import("#platform/service/shutdown.ts"),
        import("#platform/api/api-service.ts"),
      ]);
      const settings = serveSettings(process.env);
      const log = createLog("api", { level: settings.CSRD_LOG_LEVEL, file: settings.CSRD_LOG_FILE });
      const service = await apiService(settings, log);
      stopOnSignal(log, 25_000, () => service.stop());
    });
}
