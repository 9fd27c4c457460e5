import { OpsError } from "./errors.ts";
import type { PlanCall, PlanItem, StepCall, Together, Batches, WaitCall, Waiting } from "./plan.ts";

/** Steps that do not depend on each other, done at the same time. */
export function together(steps: readonly StepCall[]): Together {
  return { kind: "together", steps };
}

/** How many targets at a time. */
export type BatchSizes = {
  /** Most targets at a time. */
  readonly size: number;
  /** Begin with one and double up to `size`. Default true: the first failure should meet as few as possible. */
  readonly ramp?: boolean;
  /** Targets in service that must remain while a batch is out. */
  readonly floor: number;
  /** How many targets may fail before no further batch begins; exact, never a rounded share. Default 0. */
  readonly mayFail?: number;
};

/** The same step over many targets, a batch at a time. Expanded here, so that the plan shows every batch. */
export function batches<T>(
  targets: readonly T[],
  step: (target: T) => StepCall,
  { size, ramp = true, floor, mayFail = 0 }: BatchSizes,
): Batches {
  if (!Number.isInteger(size) || size < 1)
    throw new OpsError("definition-invalid", {
      summary: `A batch of ${size} targets is none.`,
      hint: "Give a whole number from 1.",
    });
  const parts: (readonly StepCall[])[] = [];
  let width = ramp ? 1 : size;
  for (let at = 0; at < targets.length; ) {
    parts.push(targets.slice(at, at + width).map((target) => step(target)));
    at += width;
    width = Math.min(size, width * 2);
  }
  return { kind: "batches", batches: parts, floor, mayFail };
}

/** Waits for a person, a webhook or another tool to say so by `name`. Silence is an answer that the plan chooses. */
export function waitFor(
  name: string,
  waiting: Omit<Waiting, "lock"> & { readonly lock?: Waiting["lock"] },
): WaitCall {
  return { kind: "wait", action: name, input: { lock: "hold", ...waiting } };
}

/** A field that a step before will give back, to be filled in from the journal when its turn comes. */
export function ref<Result, Field extends keyof Result & string>(
  step: StepCall<Result>,
  field: Field,
): Result[Field] {
  const pending: PendingRef = { $ref: { step, field } };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- data with a hole; the action's schema sees the value when the hole is filled
  return pending as unknown as Result[Field];
}

/** A reference as `decide` makes it: to the call itself. */
export type PendingRef = { readonly $ref: { readonly step: StepCall; readonly field: string } };

/** A reference as the plan keeps it: to the key of the step. */
export type PlannedRef = { readonly $ref: { readonly step: string; readonly field: string } };

/** The calls of an item, in order. */
export function callsOf(item: PlanItem): readonly PlanCall[] {
  if (item.kind === "together") return item.steps;
  return item.kind === "batches" ? item.batches.flat() : [item];
}
