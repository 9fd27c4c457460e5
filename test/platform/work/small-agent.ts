import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Agent } from "#platform/agent.ts";
import { type AgentName, agentNames } from "#platform/contract.ts";

/**
 * A small agent that really reads and writes: each stage's file names the SHA-256 of the one before it, so that a chain of six
 * proves that every stage saw its predecessor's whole output. `slowMs` gives a test time to kill somebody; data that name the variable
 * `KILLED_BY` end the process.
 */
export function smallAgent(name: AgentName, slowMs = 0): Agent {
  const position = agentNames.indexOf(name);
  const before = agentNames[position - 1];
  const reads = before === undefined ? ["inputs/data.csv", "company.json"] : [`chain/${before}.json`];
  const wrote = `chain/${name}.json`;
  return {
    name,
    purpose: `Stage ${position + 1} of a chain for tests`,
    reads,
    writes: [wrote],
    run: async ({ artifacts, now, progress, log }) => {
      const sources = await Promise.all(reads.map((source) => artifacts.read(source)));
      const text = Buffer.concat(sources).toString("utf8");
      if (position === 0 && text.includes("refuse me"))
        return {
          status: "failed",
          summary: "The data asked to be refused",
          figures: {},
          warnings: [],
          wrote: [],
        };
      const poison = process.env["KILLED_BY"];
      if (
        poison !== undefined &&
        Buffer.from(await artifacts.read("inputs/data.csv"))
          .toString("utf8")
          .includes(poison)
      ) {
        await pause(100);
        process.exit(1);
      }
      progress?.(1, 2, "halves");
      await pause(slowMs);
      const sha256 = createHash("sha256").update(text).digest("hex");
      await artifacts.write(wrote, JSON.stringify({ name, at: now().toISOString(), sha256 }));
      log("INFO", "Chain extended", { sha256 });
      return {
        status: "ok",
        summary: `${text.length} characters hashed`,
        figures: { characters: text.length, quality_score: 92.5 },
        warnings: [],
        wrote: [wrote],
      };
    },
    health: async () => ({ chain_position: position + 1 }),
  };
}
