import type { z } from "zod";
import type { Action, AnyAction, ActionCall, Within } from "./action.ts";
import type { Alert } from "./alert.ts";
import type { AnyCheck } from "./check.ts";
import type { Decision } from "./decision.ts";
import type { Duration } from "./duration.ts";
import type { Finding, Reading } from "./finding.ts";
import type { Readers, Times } from "./ports.ts";
import type { Severity } from "./severity.ts";

/** Parameters of a runbook: a zod schema each, with `describe` texts and defaults. */
export type ParamShape = Readonly<Record<string, z.ZodType>>;

/** The values of a parameter shape. */
type Params<Shape extends ParamShape> = { readonly [Name in keyof Shape]: z.infer<Shape[Name]> };

/** One question put to the world. Handed readers only: neither its type nor the object it gets can change anything. */
export type Probe<P, T> = {
  /** The question, as a person would ask it. */
  readonly ask: string;
  readonly within?: Duration;
  look(
    context: Readers & { readonly params: P; readonly signal: AbortSignal; readonly now: () => Date },
  ): Promise<T>;
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
};

/** Probes by name, each with its own answer type. */
type Probes<P, F> = { readonly [Name in keyof F]: Probe<P, F[Name]> };

/** Actions as `decide` sees them: callable, yielding data. */
type Calls<M extends Readonly<Record<string, AnyAction>>> = {
  readonly [Name in keyof M]: M[Name] extends Action<infer Input, infer _B, infer _R>
    ? ActionCall<Input>
    : never;
};

/** A runbook, read top to bottom like the manual: trigger, questions, decision, actions, proof. */
export type RunbookDefinition<
  S extends ParamShape,
  F extends Readonly<Record<string, unknown>>,
  O extends Readonly<Record<string, unknown>>,
  M extends Readonly<Record<string, AnyAction>>,
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
  decide(
    findings: F & { readonly [Name in keyof O]: Finding<O[Name]> },
    params: Params<S>,
    actions: Calls<M>,
    context: DecideContext,
  ): Decision;
  readonly mitigate: M;
  readonly vitals: readonly Vital[];
  readonly verify: readonly Verification[];
  /** What people do after it is over. */
  readonly afterwards: readonly string[];
};

/** A runbook whose types do not matter to the holder. */
// oxlint-disable-next-line typescript/no-explicit-any -- findings and params are contravariant in decide; the engine only feeds what the runbook's own probes and schemas gave
export type Runbook = RunbookDefinition<any, any, any, any>;

/** Defines a runbook; the object is the definition, the call exists for inference. */
export function defineRunbook<
  const S extends ParamShape,
  F extends Readonly<Record<string, unknown>>,
  const M extends Readonly<Record<string, AnyAction>>,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- a runbook without optional questions adds no findings
  O extends Readonly<Record<string, unknown>> = Readonly<Record<never, never>>,
>(definition: RunbookDefinition<S, F, O, M>): RunbookDefinition<S, F, O, M> {
  return definition;
}
