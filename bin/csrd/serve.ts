import type { Command } from "commander";

/** `csrd serve`: the platform's HTTP API. */
export function register(program: Command): void {
  program
    .command("serve")
    .description("run the API (configured by CSRD_* environment variables)")
    .action(async () => {
      const [{ serveSettings }, { startService }, { apiService }] = await Promise.all([
        import("#platform/service/settings.ts"),
        import("#platform/service/start.ts"),
        import("#platform/api/api-service.ts"),
      ]);
      await startService(
        {
          name: "api",
          settings: serveSettings,
          start: async (settings, log) => {
            const service = await apiService(settings, log);
            return async () => {
              await service.drain();
              await service.stop();
            };
          },
          grace: (settings) => settings.CSRD_DRAIN_MS + 25_000,
        },
        process.env,
      );
    });
}
