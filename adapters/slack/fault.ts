import { OpsError } from "#kit/errors.ts";
import { SlackFailure } from "./client.ts";

/** Does something with Slack; its failure becomes one of ours, `hints` say what to do where it was silent or said no. Throws `tool-unreachable` and `tool-refused`. */
export async function orOurs<T>(
  hints: { readonly silent: string; readonly refused: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SlackFailure)) throw error;
    const silent = error.code === "unreachable" || error.code === "http" || error.code === "ratelimited";
    throw new OpsError(silent ? "tool-unreachable" : "tool-refused", {
      summary: error.message,
      hint: silent ? hints.silent : hints.refused,
    });
  }
}
