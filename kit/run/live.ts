import type { EngineParts, Request } from "../engine.ts";
import type { RunState } from "../fold.ts";
import type { Plan } from "../plan.ts";
import type { Runbook } from "../runbook.ts";
import type { Fault, Outcome } from "../timeline.ts";
import type { Beside } from "./beside.ts";
import type { Holding } from "./lease.ts";
import type { Recorder } from "./recorder.ts";

/** A run that another one hands over to. */
export type Child = {
  /** Its id, journaled by the parent before it begins. */
  readonly run: string;
  readonly runbook: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parent: { readonly run: string; readonly depth: number };
  /** The parent's lock, when it passes it on: the child holds it from its first moment. */
  readonly holdsLock: boolean;
};

/** A request with the means to stop it, and the plan it must equal when one was named. */
export type Drive = Request & {
  readonly interruption: { readonly signal: AbortSignal; readonly stopping: () => string | undefined };
  readonly mustBe?: Plan;
  /** True for a child whose parent passed its lock on. */
  readonly holdsLock?: boolean;
  /** Begins a child run, or goes on with it, and drives it as far as it goes. */
  readonly drive: (child: Child) => Promise<RunState>;
};

/** How a stage ended the run; `again` begins another round, undefined goes on to the next stage. */
export type End =
  | { readonly outcome: Outcome; readonly fault?: Fault; readonly exit?: number }
  | "left"
  | "again"
  | undefined;

/** One part of the score. */
export type Stage = (run: Live) => Promise<End>;

/** A run in flight. */
export type Live = {
  readonly parts: EngineParts;
  readonly runbook: Runbook;
  readonly recorder: Recorder;
  readonly holding: Holding;
  readonly request: Drive;
  readonly signal: AbortSignal;
  readonly beside: Beside;
};
