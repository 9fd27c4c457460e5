import { Gauge, type Registry } from "prom-client";
import { metrics as names } from "../contract.ts";

/** A page of metrics does not wait longer than this for somebody else's answer. */
const patienceMs = 1_000;

/** What is asked about the queue; an answer that does not come leaves its series out, so that nobody reads an old one. */
export type QueueLooks = {
  /** Reports by state. */
  readonly depth: () => Promise<Readonly<Record<string, number>>>;
  /** When the report that has waited longest was accepted; undefined when none waits. */
  readonly oldest: () => Promise<Date | undefined>;
};

/** Shows how many reports are in the queue by state, and how long the oldest of those that wait has waited. */
export function watchQueue(registry: Registry, { depth, oldest }: QueueLooks): void {
  const jobs: Gauge<"state"> = new Gauge({
    name: names.queueJobs,
    help: "Reports in the queue by state",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      const counts = await inTime(depth());
      jobs.reset();
      for (const [state, count] of Object.entries(counts ?? {})) jobs.set({ state }, count);
    },
  });
  const age: Gauge = new Gauge({
    name: names.queueOldest,
    help: "Seconds since the report that has waited longest was accepted; 0 when none waits",
    registers: [registry],
    async collect() {
      const looked = await inTime(oldest().then((accepted) => ({ accepted })));
      age.reset();
      if (looked === undefined) return;
      const { accepted } = looked;
      age.set(accepted === undefined ? 0 : Math.max(0, (Date.now() - accepted.getTime()) / 1000));
    },
  });
}

async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  try {
    return await Promise.race([answer, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
