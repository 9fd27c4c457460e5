import type { Clock } from "#kit/clock.ts";
import { OpsError } from "#kit/errors.ts";

/** What every part of the fake world is built in. */
export type Room = {
  readonly clock: Clock;
  /** Does something and notes it among the effects; or fails instead, as the scenario's next trouble says. */
  readonly act: (effect: string, work: () => void) => void;
};

/** A tool that does not answer, as its adapter says it. */
export function noAnswer(tool: string): OpsError {
  return new OpsError("tool-unreachable", {
    summary: `${tool} did not answer in 5 s.`,
    hint: "Look whether it is there.",
  });
}
