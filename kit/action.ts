import type { z } from "zod";
import type { Clock } from "./clock.ts";
import type { Duration } from "./duration.ts";
import type { Answering, Risk, StepCall } from "./plan.ts";
import type { Operators, Readers, Times } from "./ports.ts";

/** A limit given outright, or by the name of the environment's own time constant. */
export type Within = Duration | keyof Times;

/** What an action's `run` is handed: hands to act, eyes to look again first, and what was seen `before`. */
export type ActContext<Before> = Operators & {
  readonly readers: Readers;
  readonly before: Before;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Whether the postcondition holds. `hopeless` ends the wait at once, with the reason, instead of waiting for the clock. */
type Confirmation =
  | { readonly met: true; readonly saw: string }
  | { readonly met: false; readonly saw: string; readonly hopeless?: string };

/** Whether an interrupted effect happened: looked at, not guessed. */
export type Settlement = {
  readonly outcome: "done" | "not-done" | "unknown";
  readonly because: string;
  /** What it gave back, where that can still be known and a later step may refer to it. */
  readonly result?: unknown;
};

/** One way to change the world, with everything needed to preview, approve, repeat, settle and prove it. */
export type Action<Input, Before, Result> = {
  /** Imperative, for the manual: "Restart one instance". */
  readonly title: string;
  readonly input: z.ZodType<Input>;
  readonly risk: Risk;
  /** Somebody who answers for this must be among those who approve; the environment's file says who does. */
  readonly wordOf?: Answering;
  /** Imperative, with its target: "Restart api-1". */
  label(input: Input): string;
  /** What exactly would happen, from the input alone. */
  preview(input: Input): string;
  /** Names of what it touches. */
  targets(input: Input): readonly string[];
  readonly within: Within;
  /** What `run` gives back, when later steps need it; checked, journaled, and reached by `ref`. Secrets do not belong in it. */
  readonly returns?: z.ZodType<Result>;
  /** Looked at and journaled before `run`; what `settle` compares with. */
  before(input: Input, readers: Readers): Promise<Before>;
  /** Does it; looks again first, and may be run twice. */
  run(input: Input, context: ActContext<Before>): Promise<Result>;
  /** Looked at again and again until it is met: success is this, not the absence of an error. */
  confirm?(input: Input, before: Before, readers: Readers): Promise<Confirmation>;
  /** After a crash: did the effect happen? */
  settle?(input: Input, before: Before, readers: Readers): Promise<Settlement>;
  /** The steps that take it back, from what was seen before and what it gave back. */
  undo?(input: Input, before: Before, result: Result | undefined): readonly StepCall[];
};

/** Calls an action as data: `restart({ instance })` becomes a plan item, nothing happens. */
export type ActionCall<Input, Result = unknown> = (input: Input) => StepCall<Result>;

/** An action whose types do not matter to the holder. */
// oxlint-disable-next-line typescript/no-explicit-any -- Input and Before are contravariant; the engine parses input through the action's own schema first
export type AnyAction = Action<any, any, any>;

/** Defines an action; `before` is declared above `run`, so its type reaches `run`, `confirm` and `settle`. */
export function defineAction<Input, Before, Result>(
  action: Action<Input, Before, Result>,
): Action<Input, Before, Result> {
  return action;
}
