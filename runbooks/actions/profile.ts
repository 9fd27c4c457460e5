import { z } from "zod";
import { defineAction } from "#kit";
import { isCodedError } from "#kit/errors.ts";

const without = new Set(["binding-missing", "tool-refused", "tool-unreachable"]);

/**
 * Keeps a profile of one unit's processes as evidence, before anything is restarted. A unit that gives none does not hold up the cure: what
 * there is to be done is done without.
 */
export const takeProfile = defineAction({
  title: "Take a profile",
  input: z.strictObject({
    service: z.string(),
    id: z.string(),
    name: z.string(),
    kind: z.enum(["cpu", "memory"]),
  }),
  risk: "safe",
  label: ({ name, kind }) => `Take a ${kind} profile of ${name}`,
  preview: ({ name, kind }) =>
    `sample ${kind === "cpu" ? "where the processes of" : "what is allocated by the processes of"} ${name} ${kind === "cpu" ? "spend their time " : ""}for 5 s, and keep it as evidence; nothing is stopped`,
  targets: ({ name }) => [name],
  within: "restart",
  returns: z.strictObject({ file: z.string(), hottest: z.string() }),
  before: async (_input, { inventory }) => ({ services: inventory.services.length }),
  async run({ service, id, kind }, { profiler, readers: { inventory } }) {
    try {
      const { file, hottest } = await profiler.capture(inventory.service(service), id, kind, "5s");
      const [first] = hottest;
      return {
        file,
        hottest: first === undefined ? "nothing" : `${Math.round(first.share * 100)} % ${first.what}`,
      };
    } catch (error) {
      // That the tool gives none is no reason to wait; that this run may not act any more is.
      if (!isCodedError(error) || !without.has(error.code)) throw error;
      return { file: "none", hottest: `not taken: ${error.summary}` };
    }
  },
  settle: async () => ({ outcome: "not-done", because: "a profile changes nothing, so it is taken again" }),
});
