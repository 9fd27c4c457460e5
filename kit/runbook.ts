import type { z } from "zod";
import type { Action, AnyAction, ActionCall, Within } from "./action.ts";
import type { Alert } from "./alert.ts";
import type { AnyCheck } from "./check.ts";
import type { Decision } from "./decision.ts";
import type { Duration } from "./duration.ts";
import type { Finding, Reading } from "./finding.ts";
import type { PlanCall, WatchCall } from "./plan.ts";
import type { Readers, Times } from "./ports.ts";
import type { Severity } from "./severity.ts";
import type { AnyWatch, Watch } from "./watch.ts";

/** Parameters of a runbook: a zod schema each, with `describe` texts and defaults. */
export type ParamShape = Readonly<Record<string, z.ZodType>>;

/** The values of a parameter shape. */
type Params<Shape extends ParamShape> = { readonly [Name in keyof Shape]: z.infer<Shape[Name]> };

/** One question put to the world. Handed readers only: neither its type nor the object it gets can change anything. */
export type Probe<P, T> = {
  /** The question, as a person would ask it. */
  readonly ask: string;
  readonly within?: Duration;
  /** A member and no method, so that a probe that needs a parameter is refused where the runbook has none of that name. */
  readonly look: (
    context: Readers & { readonly params: P; readonly signal: AbortSignal; readonly now: () => Date },
  ) => Promise<T>;
  /** How the answer reads at a glance. Pure. */
  read(value: T): Reading;
};

/** A number to watch while acting: is it getting better? */
export type Vital = {
  /** Short label: "healthy". */
  readonly label: string;
  look(readers: Readers): Promise<{
    readonly value: number;
    readonly of?: number;
    readonly floor?: number;
    readonly unit?: string;
  }>;
};

/** A check that must hold, steadily, before a run counts as solved. */
export type Verification = {
  readonly check: AnyCheck;
  readonly within: Within;
  readonly steadyFor: Within;
};

/** The check must come true within a time and then stay true for a time. */
export function eventually(
  check: AnyCheck,
  limits: { readonly within: Within; readonly steadyFor: Within },
): Verification {
  return { check, ...limits };
}

/** What `decide` knows beside the findings. */
export type DecideContext = {
  /** The instant of deciding, ISO; findings carry their own. */
  readonly now: string;
  readonly times: Times;
  /** From 1; later rounds follow a cure that could not be proven (`notVerified: "again"`). */
  readonly round?: number;
  /** What earlier rounds did; planning any of it again is refused. */
  readonly tried?: readonly PlanCall[];
};

/** Probes by name, each with its own answer type. */
type Probes<P, F> = { readonly [Name in keyof F]: Probe<P, F[Name]> };

/** Actions and watches as `decide` sees them: callable, yielding data. */
type Calls<M extends Readonly<Record<string, AnyAction>>, W extends Readonly<Record<string, AnyWatch>>> = {
  readonly [Name in keyof M]: M[Name] extends Action<infer Input, infer _B, infer Result>
    ? ActionCall<Input, Result>
    : never;
} & {
  readonly [Name in keyof W]: W[Name] extends Watch<infer Input, infer _S>
    ? (input: Input) => WatchCall
    : never;
};

/** A runbook, read top to bottom like the manual: trigger, questions, decision, actions, proof. */
export type RunbookDefinition<
  S extends ParamShape,
  F extends Readonly<Record<string, unknown>>,
  O extends Readonly<Record<string, unknown>>,
  M extends Readonly<Record<string, AnyAction>>,
  W extends Readonly<Record<string, AnyWatch>>,
> = {
  /** Equal to the file name. */
  readonly id: string;
  readonly title: string;
  /** One or two sentences: what it is for. */
  readonly summary: string;
  readonly severity: Severity;
  readonly owner: string;
  /** Ids of the manual's headings it implements (`data/manuals.yaml`). */
  readonly implements: readonly string[];
  /** What a person sees who needs this runbook; searched by `ops list`. */
  readonly symptoms: readonly string[];
  readonly trigger: readonly Alert[];
  readonly params: S;
  /** Resource that must not be worked on twice, within the environment: "deploy". */
  readonly lock: string;
  /** Longest time for acting and verifying; waiting for people does not count. */
  readonly within: Duration;
  /** Questions that must be answered; one unknown answer escalates. */
  readonly diagnose: Probes<Params<S>, F>;
  /** Questions that help; `decide` gets the finding, known or not. */
  readonly optional?: Probes<Params<S>, O>;
  /** The decision table as people read it, in the order in which `decide` asks: rule → when it matches and what follows. */
  readonly rules: Readonly<Record<string, string>>;
  /** Ids of the runbooks that `decide` may hand over to; any other is refused. No cycles, at most three in a row. */
  readonly handsOverTo?: readonly string[];
  decide(
    findings: F & { readonly [Name in keyof O]: Finding<O[Name]> },
    params: Params<S>,
    actions: Calls<M, W>,
    context: DecideContext,
  ): Decision;
  readonly mitigate: M;
  /** What a plan may watch before it goes on. Names differ from those of the actions. */
  readonly watches?: W;
  /** Names of targets in service now: what the floor of `batches` is counted against. */
  capacity?(context: Readers & { readonly params: Params<S> }): Promise<readonly string[]>;
  /** Checks that run beside every step and every wait, approvals included; one that turns unhealthy stops the run. */
  readonly during?: readonly AnyCheck[];
  readonly vitals: readonly Vital[];
  readonly verify: readonly Verification[];
  /** When the cure cannot be proven: call a person with undo offered (default), take it back, or look and decide anew, at most three rounds. */
  readonly notVerified?: "escalate" | "undo" | "again";
  /** A sticky lock stays after a run that did not end well, until a person frees it; an automatic one ends with the run. */
  readonly lockKind?: "automatic" | "sticky";
  /** Planned work: acts only while a maintenance window of `rules/freezes.yaml` is open. */
  readonly onlyIn?: "maintenance-window";
  /** Whether the lock is taken before approval is asked for and held meanwhile. */
  readonly lockWhileApproving?: "hold" | "release";
  /** What people do after it is over. */
  readonly afterwards: readonly string[];
};

/* oxlint-disable typescript/no-explicit-any -- findings, params and actions are contravariant in decide; the engine only feeds what the runbook's own probes, schemas and names gave */
/** A runbook whose types do not matter to the holder. */
export type Runbook = Omit<
  RunbookDefinition<any, any, any, any, any>,
  "diagnose" | "optional" | "decide" | "capacity"
> & {
  readonly diagnose: Readonly<Record<string, Probe<any, any>>>;
  readonly optional?: Readonly<Record<string, Probe<any, any>>>;
  decide(findings: any, params: any, actions: any, context: DecideContext): Decision;
  capacity?(context: any): Promise<readonly string[]>;
};
/* oxlint-enable typescript/no-explicit-any */

/** Defines a runbook; the object is the definition, the call exists for inference. */
export function defineRunbook<
  const S extends ParamShape,
  F extends Readonly<Record<string, unknown>>,
  const M extends Readonly<Record<string, AnyAction>>,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- a runbook without optional questions adds no findings
  O extends Readonly<Record<string, unknown>> = Readonly<Record<never, never>>,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- a runbook without watches adds no calls
  const W extends Readonly<Record<string, AnyWatch>> = Readonly<Record<never, never>>,
>(definition: RunbookDefinition<S, F, O, M, W>): RunbookDefinition<S, F, O, M, W> {
  return definition;
}
