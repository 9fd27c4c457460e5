import { writeFile } from "node:fs/promises";
import module from "node:module";
import { Worker } from "node:worker_threads";
import type { Agent } from "../agent.ts";
import { remoteModels } from "../llm/remote-models.ts";
import { type SwitchedOff, type SwitchScope, switchedOff } from "../service/switches.ts";
import { openFiles } from "../storage/open-files.ts";
import type { ReportFiles } from "../storage/report-files.ts";
import { refusalOf, runStage } from "./run-stage.ts";
import { type AgentSource, profileLine, type StageMessage, type StageOrder } from "./stage-messages.ts";

/**
 * A process that runs stages, one after the other, as the agent's service orders them. It keeps what the agent has loaded for the next one, and ends
 * with the service: by itself when it can hear of it, by its watch when it computes.
 */
module.enableCompileCache();
// Where the machine's memory runs out, the stage goes before the service that called for it.
void writeFile("/proc/self/oom_score_adj", "500").catch(() => undefined);
// Whoever stops the service from a terminal stops the whole group; the service says when its stages end.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit());
const watch = new Worker(new URL("./stage-watch.ts", import.meta.url), {
  workerData: { parent: process.ppid, line: profileLine },
  resourceLimits: { maxOldGenerationSizeMb: 64 },
});
watch.unref();

let files: ReportFiles | undefined;
let off: readonly SwitchedOff[] = [];
let ending = new AbortController();
let models: ReturnType<typeof remoteModels> | undefined;

const say = (message: StageMessage): void => {
  process.send?.(message);
};

const isOff = (scope: SwitchScope): SwitchedOff | undefined =>
  off.find((one) => one.scope === "all" || one.scope === scope);

process.on("message", (order: StageOrder) => {
  if (order.kind === "switches") off = order.off;
  else if (order.kind === "stop") ending.abort();
  else if (order.kind === "models") models?.hear(order.back);
  else void begin(order);
});

async function begin(order: Extract<StageOrder, { kind: "begin" }>): Promise<void> {
  ending = new AbortController();
  const { signal } = ending;
  off = order.off;
  try {
    const agent = await loadAgent(order.source);
    files ??= openFiles(order.files).files;
    const now = new Date(order.now);
    models =
      order.models === undefined
        ? undefined
        : remoteModels(
            order.models,
            (sent) => say({ kind: "models", sent }),
            (vendor) => (vendor === undefined ? undefined : isOff(`llm-${vendor}`)) ?? isOff("llm"),
          );
    const outcome = await runStage(agent, {
      reportId: order.reportId,
      artifacts: files.of(order.reportId),
      now: () => now,
      log: (level, message, context) => say({ kind: "log", level, message, context: plain(context) }),
      progress: paced((done, total, what) => say({ kind: "progress", done, total, what })),
      measure: (measure) => say({ kind: "measure", measure }),
      signal,
      switches: {
        off: isOff,
        require: (scope) => {
          const found = isOff(scope);
          if (found !== undefined) throw switchedOff(found);
        },
      },
      ...(models === undefined ? {} : { models }),
      isStopped: () => signal.aborted,
    });
    say({ kind: "outcome", outcome });
  } catch (error) {
    say({ kind: "outcome", outcome: refusalOf(error) });
  }
}

async function loadAgent({ module: address, name }: AgentSource): Promise<Agent> {
  const exports: Readonly<Record<string, Agent>> = await import(address);
  const agent = exports[name];
  if (agent === undefined) throw new TypeError(`${address} exports no ${name}`);
  return agent;
}

/** Ten times a second is enough for whoever watches; the last word of a count always goes out. */
function paced(
  tell: (done: number, total: number | undefined, what: string) => void,
): (done: number, total: number | undefined, what: string) => void {
  let last = -Infinity;
  return (done, total, what) => {
    const now = performance.now();
    if (now - last < 100 && done !== total) return;
    last = now;
    tell(done, total, what);
  };
}

/** What of a log line's facts can leave the process. */
function plain(context: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return structuredClone(context);
  } catch {
    return JSON.parse(JSON.stringify(context));
  }
}
