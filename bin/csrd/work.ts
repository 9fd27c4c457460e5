import type { Command } from "commander";

/** `csrd work`: takes reports from the queue through the agents. */
export function register(program: Command): void {
  program
    .command("work")
    .description("take reports from the queue and run them (configured by CSRD_* environment variables)")
    .action(async () => {
      const [{ workSettings }, { startService }, { workService }] = await Promise.all([
        import("#platform/service/settings.ts"),
        import("#platform/service/start.ts"),
        import("#platform/work/work-service.ts"),
      ]);
      await startService(
        {
          name: "worker",
          settings: workSettings,
          start: async (settings, log) => {
            const service = await workService(settings, log);
            return () => service.stop();
          },
          grace: (settings) => settings.CSRD_RELEASE_MS + 10_000,
        },
        process.env,
      );
    });
}
