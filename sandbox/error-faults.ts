import { setTimeout as sleep } from "node:timers/promises";
import { routes } from "#platform/contract.ts";
import { sendSample, sendSampleThrough } from "./demo/sample-report.ts";
import { workloadOf } from "./fleet.ts";
import { type Line, startLine } from "./line.ts";
import type { Machine } from "./machine.ts";
import { othersOfGroup, processorMs } from "./machine-host.ts";
import { machineNamed } from "./machines.ts";
import type { Production } from "./production.ts";
import { untilReady } from "./readiness.ts";

/** What has to be undone of one production. */
type Broken = {
  readonly stop: AbortController;
  /** Machines that run with other settings than they would be started with. */
  readonly wrong: Map<Machine, number | undefined>;
  readonly lines: Line[];
};

const broken = new WeakMap<Production["balancer"], Broken>();

function breaking({ balancer }: Pick<Production, "balancer">): Broken {
  const made = broken.get(balancer) ?? { stop: new AbortController(), wrong: new Map(), lines: [] };
  broken.set(balancer, made);
  return made;
}

/** Does something again and again until it is mended; what fails is part of the practice. */
function again(stop: AbortSignal, everyMs: number, work: (signal: AbortSignal) => Promise<unknown>): void {
  void (async () => {
    while (!stop.aborted) {
      await work(AbortSignal.any([stop, AbortSignal.timeout(20_000)])).catch(() => undefined);
      await sleep(everyMs, undefined, { signal: stop }).catch(() => undefined);
    }
  })();
}

/** Customers send a report every so often. */
function reportsCome(production: Production, everyMs: number): void {
  const { balancer, around } = production;
  again(breaking(production).stop.signal, everyMs, (signal) =>
    sendSample({ url: balancer.url, key: around.apiKey, signal }),
  );
}

/** Customers look at their reports, some times a second. */
function readersCome(production: Production): void {
  const { balancer, around } = production;
  const headers = { authorization: `Bearer ${around.apiKey}`, connection: "close" };
  for (let reader = 0; reader < 4; reader += 1)
    again(breaking(production).stop.signal, 600, async (signal) => {
      const answer = await fetch(`${balancer.url}${routes.reports}`, { headers, signal });
      await answer.arrayBuffer();
    });
}

/** What the API needs is taken away while customers look at their reports, so that they see it. */
export async function whileReadersCome(
  production: Production,
  breakIt: () => void | Promise<void>,
): Promise<void> {
  readersCome(production);
  await breakIt();
}

/**
 * The calculator is started with too little memory for any report; the setting is put right at once, and its process goes on with the wrong one.
 * Customers send reports meanwhile.
 */
export async function startWithWrongSettings(production: Production): Promise<void> {
  const machine = machineNamed(production.machines, "calculator");
  if (machine === undefined) return;
  const right = machine.program();
  machine.setProgram({ ...right, env: { ...right.env, CSRD_REPORT_MEMORY_MB: "64" } });
  machine.reboot();
  await sleep(1_500);
  await untilReady(machine);
  machine.setProgram(right);
  breaking(production).wrong.set(machine, machine.pid());
  reportsCome(production, 1_000);
}

/**
 * One of two API instances is started with an address of the database that leads over a slow line; the setting is put right at once, and its
 * process goes on with the wrong one. Customers look at their reports meanwhile.
 */
export async function startBehindSlowLine(production: Production): Promise<void> {
  const machine = machineNamed(production.machines, "api-2");
  if (machine === undefined) return;
  const right = machine.program();
  const address = new URL(right.env["CSRD_DATABASE_URL"] ?? "");
  const line = await startLine(address.href);
  breaking(production).lines.push(line);
  // Slow for whoever asks, and not so slow that the load balancer takes it out.
  line.delay(300);
  address.port = new URL(line.url).port;
  machine.setProgram({ ...right, env: { ...right.env, CSRD_DATABASE_URL: address.href } });
  machine.reboot();
  await sleep(1_500);
  await untilReady(machine);
  machine.setProgram(right);
  breaking(production).wrong.set(machine, machine.pid());
  readersCome(production);
}

/** What is left of the time: so much processor time, and then nothing for so long. What waits for something else may do so meanwhile. */
const [leftMs, longestMs, stoppedMs] = [20, 200, 1_600];

/**
 * Somebody else takes most of the time of the processes in which one of two reporting agents writes, as it runs now; the agent itself answers
 * as ever, as it does where only its work is starved. Customers send reports meanwhile.
 */
export async function takeTime(production: Production): Promise<void> {
  const second = await oneMore(production, "reporting");
  if (second !== undefined) await untilReady(second);
  // Each has a process to write in before it is starved: how long one takes to start is not what is practised.
  const { balancer, around } = production;
  const api = { url: balancer.url, key: around.apiKey, signal: AbortSignal.timeout(30_000) };
  await Promise.all([sendSampleThrough(api), sendSampleThrough(api)]).catch(() => undefined);
  const machine = machineNamed(production.machines, "reporting");
  const pid = machine?.pid();
  if (machine === undefined || pid === undefined) return;
  const { signal } = breaking(production).stop;
  void (async () => {
    while (!signal.aborted && machine.pid() === pid) {
      const writing = othersOfGroup(pid);
      signalAll(writing, "SIGSTOP");
      await sleep(stoppedMs);
      const before = processorMs(writing);
      const until = performance.now() + longestMs;
      signalAll(writing, "SIGCONT");
      while (processorMs(writing) - before < leftMs && performance.now() < until) await sleep(10);
    }
  })();
  reportsCome(production, 4_000);
}

/** Signals each that is still there. */
function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
}

/** One more machine of a service, where there is only one; undefined where it does not come. */
async function oneMore({ fleet }: Production, service: "reporting"): Promise<Machine | undefined> {
  const added = () => fleet.serving().find(({ name }) => name === `${service}-2`);
  fleet.setDesired(workloadOf(service), 2);
  for (let tries = 0; tries < 100 && added() === undefined; tries += 1) await sleep(100);
  return added();
}

/** Nobody sends or looks any more, and what runs with wrong settings is started again. */
export async function mendErrors(production: Production): Promise<void> {
  const found = broken.get(production.balancer);
  production.data.machines.delay(0);
  if (found === undefined) return;
  broken.delete(production.balancer);
  found.stop.abort();
  await sleep(stoppedMs + longestMs);
  for (const [machine, pid] of found.wrong) if (machine.pid() === pid) machine.reboot();
  if (found.wrong.size > 0) await sleep(1_500);
  await Promise.all(found.lines.map((line) => line.stop()));
}
