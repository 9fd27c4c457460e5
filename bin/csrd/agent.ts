import { Argument, type Command } from "commander";
import { type AgentName, agentNames } from "#platform/contract.ts";

/** `csrd agent <name>`: one of the six agents over HTTP. */
export function register(program: Command): void {
  program
    .command("agent")
    .description("serve one agent over HTTP (configured by CSRD_* environment variables)")
    .addArgument(new Argument("<name>", "which agent").choices(agentNames))
    .action(async (name: AgentName) => {
      const [{ agentSettings }, { createLog }, { stopOnSignal }, { agentService }, { agents }, { listen }] =
        await Promise.all([
          import("#platform/service/settings.ts"),
          import("#platform/telemetry/log.ts"),
          import("#platform/service/shutdown.ts"),
          import("#platform/work/agent-service.ts"),
          import("#platform/agents/index.ts"),
          import("#platform/service/http-server.ts"),
        ]);
      const settings = agentSettings(name, process.env);
      const log = createLog(`agents.${name}_agent`, {
        level: settings.CSRD_LOG_LEVEL,
        file: settings.CSRD_LOG_FILE,
      });
      const app = await agentService(agents[name], settings, log);
      const url = await listen(app, settings.CSRD_HOST, settings.CSRD_PORT);
      log.info("Agent service started", { url, agent: name, instance: settings.CSRD_INSTANCE });
      stopOnSignal(log, 25_000, () => app.close());
    });
}
