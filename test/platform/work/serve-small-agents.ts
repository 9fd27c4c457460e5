import { type AgentName, agentNames } from "#platform/contract.ts";
import { listen } from "#platform/service/http-server.ts";
import { agentSettings } from "#platform/service/settings.ts";
import { openFiles } from "#platform/storage/open-files.ts";
import { createLog } from "#platform/telemetry/log.ts";
import { agentService } from "#platform/work/agent-service.ts";
import { smallAgent } from "./small-agent.ts";
import { stagesHere } from "./stages-here.ts";

/** A process that serves small agents: the names are its arguments, `SLOW_MS` their pace, `SMALL_PORT` the port where only one is served. Prints one line `name=url,…`. */
const names = agentNames.filter((name) => process.argv.includes(name));
const urls: string[] = [];
for (const name of names satisfies readonly AgentName[]) {
  const settings = agentSettings(name, { ...process.env, CSRD_PORT: process.env["SMALL_PORT"] ?? "0" });
  const log = createLog(`agents.${name}_agent`, {
    level: "INFO",
    file: settings.CSRD_LOG_FILE,
    to: { write: () => undefined },
  });
  const agent = smallAgent(name, Number(process.env["SLOW_MS"] ?? 0));
  const app = await agentService(agent, settings, log, {
    stages: () => stagesHere(agent, openFiles(settings).files),
  });
  urls.push(`${name}=${await listen(app, settings.CSRD_HOST, settings.CSRD_PORT)}`);
}
process.stdout.write(`${urls.join(",")}\n`);
