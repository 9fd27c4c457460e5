import { Argument, type Command } from "commander";
import { type AgentName, agentNames } from "#platform/contract.ts";

/** `csrd agent <name>`: one of the six agents over HTTP. */
export function register(program: Command): void {
  program
    .command("agent")
    .description("serve one agent over HTTP (configured by CSRD_* environment variables)")
    .addArgument(new Argument("<name>", "which agent").choices(agentNames))
    .action(async (name: AgentName) => {
      const [
        { agentSettings },
        { startService },
        { agentService },
        { loadAgent },
        { listen },
        pool,
        { serviceModels },
      ] = await Promise.all([
        import("#platform/service/settings.ts"),
        import("#platform/service/start.ts"),
        import("#platform/work/agent-service.ts"),
        import("#platform/pipeline/run.ts"),
        import("#platform/service/http-server.ts"),
        import("#platform/work/stage-pool.ts"),
        import("#platform/llm/service-models.ts"),
      ]);
      await startService(
        {
          name: `agents.${name}_agent`,
          settings: (environment) => agentSettings(name, environment),
          start: async (settings, log) => {
            const source = pool.agentSource(name);
            const app = await agentService(await loadAgent[name](), settings, log, {
              stages: (given, switches, asked) =>
                pool.stagesInProcesses({ source, settings: given, switches, models: asked }),
              ...(name === "materiality"
                ? { models: (room) => serviceModels(process.env, settings, room) }
                : {}),
            });
            const url = await listen(app, settings.CSRD_HOST, settings.CSRD_PORT);
            log
              .named("system")
              .info("Agent service started", { url, agent: name, instance: settings.CSRD_INSTANCE });
            return () => app.close();
          },
          grace: () => 25_000,
        },
        process.env,
      );
    });
}
