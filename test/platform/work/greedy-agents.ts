import { setTimeout as pause } from "node:timers/promises";
import type { Agent, AgentResult, AgentWork } from "#platform/agent.ts";

/** Agents that go too far in one way each, so that the limits have something to end. */
function greedy(name: string, run: (work: AgentWork) => Promise<number>): Agent {
  return {
    name: "calculator",
    purpose: `Goes too far: ${name}`,
    reads: [],
    writes: [],
    run: async (work): Promise<AgentResult> => ({
      status: "ok",
      summary: `${await run(work)} pieces`,
      figures: {},
      warnings: [],
      wrote: [],
    }),
    health: async () => ({}),
  };
}

/** Takes memory of the engine's heap without end. */
export const objects = greedy("objects", async () => {
  const kept: object[] = [];
  for (;;) kept.push({ a: kept.length, b: [kept.length, "text"] });
});

/** Takes it in a few very large pieces. */
export const arrays = greedy("arrays", async () => {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 20_000_000 }, (_, i) => i + 0.5));
});

/** Takes memory outside of the heap, which the engine's own limit does not count. */
export const buffers = greedy("buffers", async () => {
  const kept: Buffer[] = [];
  for (;;) {
    kept.push(Buffer.alloc(8 * 1024 * 1024, kept.length));
    await pause(5);
  }
});

/** Computes without end and never looks up. */
export const spinning = greedy("spinning", async () => {
  let turns = 0;
  for (;;) turns += 1;
});

/** Computes without end over texts that nobody but the report's owner may read, and holds on to them. */
export const kneading = greedy("kneading", async function kneadDough({ progress }) {
  progress?.(1, 1, "pieces");
  await pause(50);
  const held: Record<string, string>[] = [];
  for (let turn = 0; ; turn += 1) {
    const { [`Very Private ${turn % 7}`]: made } = {
      [`Very Private ${turn % 7}`]: () => `Very Private GmbH ${turn}`.repeat(3),
    };
    held[turn % 20_000] = { company: made?.() ?? "", words: "Very Private ".repeat(1 + (turn % 9)).trim() };
  }
});

/** Publishes a small file twenty times a second, without end. */
export const publishing = greedy("publishing", async ({ artifacts, progress }) => {
  for (let i = 0; ; i += 1) {
    await artifacts.write(`pieces/${String(i).padStart(5, "0")}.txt`, new Date().toISOString());
    progress?.(i, undefined, "pieces");
    await pause(50);
  }
});

/** Does what it should: one file, one measure, one line of log. */
export const calm = greedy("calm", async ({ artifacts, log, measure, progress }) => {
  log("INFO", "Calm as ever", { pieces: 1 });
  measure?.({ kind: "count", metric: "csrd_llm_requests_total", labels: { provider: "none" }, value: 1 });
  await artifacts.write("calm.txt", "calm\n");
  progress?.(1, 1, "pieces");
  return 1;
});
