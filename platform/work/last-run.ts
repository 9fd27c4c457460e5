import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Artifacts } from "../agent.ts";
import { remembered } from "../service/remembered.ts";

const LastRun = z.object({ last_successful_run: z.string() });

/** When this agent last did its work, on any instance, kept beside the reports. What cannot be read in a second is not known; what cannot be written is not worth a stage. */
export function lastRunRecord(
  notes: Artifacts,
  name: string,
): {
  read(): Promise<string | undefined>;
  write(at: Date): Promise<void>;
} {
  let own: string | undefined;
  const noted = async (): Promise<string | undefined> => {
    try {
      const text = Buffer.from(await notes.read(name)).toString("utf8");
      return LastRun.parse(JSON.parse(text)).last_successful_run;
    } catch {
      return undefined;
    }
  };
  const any = remembered(5_000, () => Promise.race([noted(), pause(1_000, undefined, { ref: false })]));
  return {
    read: async () =>
      [own, await any()]
        .filter((at) => at !== undefined)
        .toSorted()
        .at(-1),
    write: async (at) => {
      own = `${at.toISOString().slice(0, 19)}Z`;
      await notes.write(name, JSON.stringify({ last_successful_run: own })).catch(() => undefined);
    },
  };
}
