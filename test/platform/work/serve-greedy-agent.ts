import { listen } from "#platform/service/http-server.ts";
import { agentSettings } from "#platform/service/settings.ts";
import { createLog } from "#platform/telemetry/log.ts";
import { agentService } from "#platform/work/agent-service.ts";
import { stagesInProcesses } from "#platform/work/stage-pool.ts";
import { calm } from "./greedy-agents.ts";

/** A calculator whose stages are the greedy agent that is named by the first argument. Prints `calculator=url`. */
const settings = agentSettings("calculator", process.env);
const log = createLog("agents.calculator_agent", {
  level: "INFO",
  file: settings.CSRD_LOG_FILE,
  to: { write: () => undefined },
});
const source = { module: import.meta.resolve("./greedy-agents.ts"), name: process.argv[2] ?? "" };
const app = await agentService(calm, settings, log, {
  stages: (given, switches) => stagesInProcesses({ source, settings: given, switches, models: undefined }),
});
process.stdout.write(`calculator=${await listen(app, settings.CSRD_HOST, settings.CSRD_PORT)}\n`);
