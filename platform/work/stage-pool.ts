import { AsyncResource } from "node:async_hooks";
import { type ChildProcess, fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { childEnvironment } from "#kit/redact/child-environment.ts";
import type { AgentName } from "../contract.ts";
import { mostStages, type ProfiledProcess, type ProfileOrder } from "../profiling/profile-order.ts";
import type { Models } from "../llm/port.ts";
import { factsOf, serveModels } from "../llm/remote-models.ts";
import type { AgentSettings } from "../service/settings.ts";
import type { WatchedSwitches } from "../service/switches.ts";
import { profileStage } from "./profile-stage.ts";
import type { StageOutcome, StageRefusal } from "./run-stage.ts";
import {
  type AgentSource,
  profileLine,
  type StageMessage,
  type StageNews,
  type StageOrder,
} from "./stage-messages.ts";

/** One stage as the agent's service asks for it. */
type StageRequest = {
  readonly reportId: string;
  readonly now: string;
  /** Milliseconds that this stage may run; waiting for its turn is not counted. */
  readonly limitMs: number;
  /** Aborted when the stage is to stop. */
  readonly signal: AbortSignal;
  /** Called when its turn has come, and with whatever it says from then on. */
  readonly hear: (news: StageNews) => void;
};

/** Runs stages, each within its limits. */
export type StageRunner = {
  run(request: StageRequest): Promise<StageOutcome>;
  /** Stages that run, and stages that wait for their turn. */
  load(): { readonly running: number; readonly waiting: number };
  /** Profiles of stages that run, at most so many; one that ends meanwhile is not among them. */
  profile?(order: ProfileOrder): Promise<readonly ProfiledProcess[]>;
  /** Ends all processes at once. */
  close(): Promise<void>;
};

/** How long a stage has to put down its pen before its process is ended. */
const graceMs = 1_000;
/** A process without work ends, and with it the memory it holds. */
const idleMs = 60_000;
/** How long the last words of a process that ended are waited for. */
const lastWordsMs = 2_000;
/** How often the memory of a running stage is looked at. */
const lookMs = 500;
/** Of a process that ends by itself, the last words that are kept. */
const mostWords = 4_096;

/** Where the shipped agents are. */
export function agentSource(name: AgentName): AgentSource {
  return { module: new URL(`../agents/${name}.ts`, import.meta.url).href, name };
}

/** A process of a pool; it works on one stage at a time. */
type Room = {
  readonly child: ChildProcess;
  readonly exit: Promise<string>;
  idle: NodeJS.Timeout | undefined;
  words: string;
};

/** What a pool works with. `models` are the service's language models: their limits hold over all stages, so they stay with the service. */
export type PoolParts = {
  readonly source: AgentSource;
  readonly settings: AgentSettings;
  readonly switches: WatchedSwitches;
  readonly models: Models | undefined;
};

/**
 * Runs each stage in a process of its own, so that a report that needs too much memory or time ends, and the service goes on: it answers its
 * probes while a stage computes. A process serves one stage after the other, is started when there is work, and ends after a minute without any.
 */
export function stagesInProcesses(parts: PoolParts): StageRunner {
  const { settings, switches } = parts;
  const memoryMb = settings.CSRD_REPORT_MEMORY_MB;
  const free: Room[] = [];
  const busy = new Set<Room>();
  const queue: (() => void)[] = [];
  let isClosed = false;

  const takeFree = (): Room | undefined => {
    for (let room = free.pop(); room !== undefined; room = free.pop()) if (!isOver(room)) return room;
    return undefined;
  };
  const turn = async (signal: AbortSignal): Promise<Room | undefined> => {
    while (busy.size >= settings.CSRD_AGENT_CONCURRENCY) {
      const place = Promise.withResolvers<void>();
      const giveUp = (): void => {
        // Who no longer waits must not be given a turn that somebody else waits for.
        if (queue.includes(place.resolve)) queue.splice(queue.indexOf(place.resolve), 1);
        place.resolve();
      };
      queue.push(place.resolve);
      signal.addEventListener("abort", giveUp, { once: true });
      await place.promise;
      signal.removeEventListener("abort", giveUp);
      if (signal.aborted || isClosed) return undefined;
    }
    if (signal.aborted || isClosed) return undefined;
    const room = takeFree() ?? openRoom(memoryMb);
    clearTimeout(room.idle);
    busy.add(room);
    return room;
  };
  const leave = (room: Room): void => {
    busy.delete(room);
    if (!isOver(room) && !isClosed) {
      free.push(room);
      room.idle = setTimeout(() => {
        free.splice(free.indexOf(room), 1);
        room.child.kill("SIGKILL");
      }, idleMs).unref();
    }
    queue.shift()?.();
  };
  const forget = switches.onChange(() => {
    for (const { child } of busy) order(child, { kind: "switches", off: switches.all() });
  });

  return {
    load: () => ({ running: busy.size, waiting: queue.length }),
    profile: async (order) => {
      const rooms = [...busy].slice(0, mostStages);
      const taken = await Promise.all(rooms.map(({ child }) => profileStage(child, order)));
      return taken.filter((one) => one !== undefined);
    },
    run: async (request) => {
      const room = await turn(request.signal);
      if (room === undefined) return { kind: "stopped" };
      try {
        request.hear({ kind: "started" });
        return await runIn(room, request, parts);
      } finally {
        leave(room);
      }
    },
    close: async () => {
      isClosed = true;
      forget();
      for (const wake of queue) wake();
      for (const room of [...free, ...busy]) {
        clearTimeout(room.idle);
        room.child.kill("SIGKILL");
      }
      await Promise.all([...free, ...busy].map(({ exit }) => exit));
    },
  };
}

async function runIn(
  room: Room,
  request: StageRequest,
  { source, settings, switches, models }: PoolParts,
): Promise<StageOutcome> {
  const { child, exit } = room;
  const memoryMb = settings.CSRD_REPORT_MEMORY_MB;
  const timers: NodeJS.Timeout[] = [];
  let why: StageOutcome | undefined;
  const end = (reason: StageOutcome, within: number): void => {
    if (why !== undefined) return;
    why = reason;
    order(child, { kind: "stop" });
    timers.push(setTimeout(() => child.kill("SIGKILL"), within));
  };
  const onAbort = (): void => end({ kind: "stopped" }, graceMs);
  const lookAtMemory = async (): Promise<void> => {
    const used = await residentMb(child.pid);
    // At once: it may not get to its next write before the machine has no memory left.
    if (used !== undefined && used > memoryMb)
      end(memoryLimit(source.name, memoryMb, `${used} MB were seen`), 0);
  };
  const served =
    models === undefined ? undefined : serveModels(models, (back) => order(child, { kind: "models", back }));
  const outcome = new Promise<StageOutcome>((resolve) => {
    child.removeAllListeners("message");
    child.on(
      "message",
      AsyncResource.bind((message: StageMessage) => {
        if (message.kind === "outcome") resolve(message.outcome);
        else if (message.kind === "models") served?.hear(message.sent);
        else request.hear(message);
      }),
    );
  });
  request.signal.addEventListener("abort", onAbort);
  timers.push(
    setTimeout(() => end(timeLimit(source.name, request.limitMs), graceMs), request.limitMs),
    setInterval(() => void lookAtMemory(), lookMs),
  );
  try {
    if (request.signal.aborted) return { kind: "stopped" };
    order(child, {
      kind: "begin",
      source,
      files: settings,
      reportId: request.reportId,
      now: request.now,
      off: switches.all(),
      models: models === undefined ? undefined : factsOf(models),
    });
    // Nothing is told of a process that was ended before it is gone: what it had in hand would otherwise be published after that.
    const ended = await Promise.race([outcome, exit]);
    if (why !== undefined) return why;
    if (typeof ended !== "string") return ended;
    return /heap out of memory|Array buffer allocation failed/.test(room.words)
      ? memoryLimit(source.name, memoryMb, "its heap was full")
      : gone(source.name, ended);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    request.signal.removeEventListener("abort", onAbort);
    served?.close();
  }
}

function openRoom(memoryMb: number): Room {
  const child = fork(new URL("./stage-process.ts", import.meta.url), {
    execArgv: [`--max-old-space-size=${memoryMb}`],
    env: childEnvironment(process.env, Object.keys(process.env).filter(isForStages)),
    // The last one is the line to its watch: profileLine.
    stdio: ["ignore", "ignore", "pipe", "ipc", "pipe"],
    serialization: "advanced",
  });
  child.stdio[profileLine]?.on("error", () => undefined);
  const room: Room = {
    child,
    exit: new Promise((resolve) => {
      // Its last words may come after it has gone; they say whether its heap was full.
      child.once("close", (code, signal) => resolve(signal ?? `exit ${code}`));
      child.once("exit", (code, signal) => setTimeout(() => resolve(signal ?? `exit ${code}`), lastWordsMs));
      child.once("error", (error) => resolve(error.message));
    }),
    idle: undefined,
    words: "",
  };
  child.stderr?.on("data", (data: Buffer) => {
    room.words = (room.words + String(data)).slice(-mostWords);
  });
  return room;
}

/** Settings that a stage needs: where files are, which language model. Not how to reach database, queue and worker. */
function isForStages(name: string): boolean {
  if (/^CSRD_(DATABASE|REDIS|API|INTERNAL|OIDC|AUTH)/.test(name)) return false;
  return /^(CSRD_|AWS_|NODE_EXTRA_CA_CERTS$|HTTPS?_PROXY$|NO_PROXY$)/i.test(name);
}

function isOver({ child }: Room): boolean {
  return child.exitCode !== null || child.signalCode !== null || !child.connected;
}

function order(child: ChildProcess, message: StageOrder): void {
  // A process that is gone says so by its exit.
  if (child.connected) child.send(message, () => undefined);
}

/** Megabytes that a process holds, everything included; undefined where the system does not say. */
async function residentMb(pid: number | undefined): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/statm`, "utf8").catch(() => undefined);
  const pages = Number(text?.split(" ")[1]);
  return Number.isFinite(pages) ? Math.round((pages * 4096) / 1024 / 1024) : undefined;
}

function memoryLimit(stage: string, mostMb: number, seen: string): StageRefusal {
  return {
    kind: "refused",
    code: "memory-limit",
    message: `The ${stage} stage needed more than the ${mostMb} MB that one report may use (${seen}).`,
    hint: "Send a smaller report, or have CSRD_REPORT_MEMORY_MB raised and the report put back.",
    retry: false,
  };
}

function timeLimit(stage: string, limitMs: number): StageRefusal {
  return {
    kind: "refused",
    code: "time-limit",
    message: `The ${stage} stage was ended after ${Math.round(limitMs / 100) / 10} s, the most that it may take.`,
    hint: "Have the limits raised (CSRD_STAGE_TIMEOUT_MS, CSRD_REPORT_TIMEOUT_MS) and the report put back.",
    retry: false,
  };
}

function gone(stage: string, how: string): StageRefusal {
  return {
    kind: "refused",
    code: "csrd-defect",
    message: `The process of the ${stage} stage ended by itself (${how}).`,
    hint: "Read the agent's log; the report is tried again.",
    retry: true,
  };
}
