import type { Agent } from "#platform/agent.ts";
import { agentNames } from "#platform/contract.ts";
import { listen } from "#platform/service/http-server.ts";
import { agentSettings } from "#platform/service/settings.ts";
import { openFiles } from "#platform/storage/open-files.ts";
import { createLog } from "#platform/telemetry/log.ts";
import { agentService } from "#platform/work/agent-service.ts";
import { smallAgent } from "../platform/work/small-agent.ts";
import { stagesHere } from "../platform/work/stages-here.ts";

/** A process that serves one small agent, named by its argument, on CSRD_PORT; `SLOW_MS` is its pace. Its intake takes whichever file was sent. */
const name = agentNames.find((one) => one === process.argv[2]);
if (name === undefined) throw new TypeError("which agent?");
const chained = smallAgent(name, Number(process.env["SLOW_MS"] ?? 0));
const agent: Agent = name === "intake" ? { ...chained, reads: ["company.json"], run: withAnyInput } : chained;
const settings = agentSettings(name, process.env);
const log = createLog(`agents.${name}_agent`, { level: "INFO", to: { write: () => undefined } });
const app = await agentService(agent, settings, log, {
  stages: () => stagesHere(agent, openFiles(settings).files),
});
await listen(app, settings.CSRD_HOST, settings.CSRD_PORT);

async function withAnyInput(work: Parameters<Agent["run"]>[0]): ReturnType<Agent["run"]> {
  const { artifacts } = work;
  const names = await artifacts.list();
  const first = names.find((one) => one.startsWith("inputs/")) ?? "inputs/data.csv";
  const read = (asked: string) => artifacts.read(asked === "inputs/data.csv" ? first : asked);
  return chained.run({ ...work, artifacts: { ...artifacts, read } });
}
