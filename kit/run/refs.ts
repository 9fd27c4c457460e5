import { OpsError } from "../errors.ts";
import type { PendingRef, PlannedRef } from "../items.ts";
import type { StepState } from "../fold.ts";
import type { StepCall } from "../plan.ts";

/** Whether the input refers to a step before: to any, or to the one of that key. */
export function hasRef(input: unknown, key?: string): boolean {
  return refsIn(input).some(({ $ref }) => key === undefined || $ref.step === key);
}

/** The input with references to calls turned into references to their keys; `keyOf` says undefined for a call that is not before it. */
export function placeRefs(input: unknown, keyOf: (call: StepCall) => string | undefined): unknown {
  return mapRefs(input, ({ $ref: { step, field } }) => {
    if (typeof step === "string") return { $ref: { step, field } };
    const key = keyOf(step);
    if (key === undefined)
      throw new OpsError("definition-invalid", {
        summary: `A step refers to "${field}" of ${step.action}, which is not done before it.`,
        hint: "Put the step it refers to before it in the plan.",
      });
    return { $ref: { step: key, field } };
  });
}

/** The input as people read it before it is known: each hole says what will fill it. */
export function shownInput(input: unknown): unknown {
  return mapRefs(input, ({ $ref: { step, field } }) => `‹${field} of step ${nameOf(step)}›`);
}

/** The input with every hole filled from what the steps before gave back. Throws `definition-invalid` when one gave nothing of that name. */
export function filledInput(input: unknown, steps: readonly StepState[]): unknown {
  return mapRefs(input, ({ $ref: { step, field } }) => {
    const giver = steps.find(({ key }) => key === step);
    const given = giver?.state === "done" ? new Map(Object.entries(giver.result ?? {})) : new Map();
    if (given.has(field)) return open(given.get(field), { step: nameOf(step), field });
    throw new OpsError("definition-invalid", {
      summary: `Step ${nameOf(step)} gave nothing named "${field}".`,
      hint: "Its action needs a `returns` schema with that field.",
    });
  });
}

/** What the record masks as a secret is nothing to act on. */
function open(value: unknown, { step, field }: { readonly step: string; readonly field: string }): unknown {
  if (!/\[secret[\] ]/.test(JSON.stringify(value ?? null))) return value;
  throw new OpsError("guard-refused", {
    summary: `Step ${step} gave a secret as "${field}", which no record keeps, so nothing can be done with it.`,
    hint: "Let the action give the secret's name, and read the secret itself where it is needed.",
  });
}

function refsIn(input: unknown): readonly (PendingRef | PlannedRef)[] {
  const found: (PendingRef | PlannedRef)[] = [];
  mapRefs(input, (one) => {
    found.push(one);
    return undefined;
  });
  return found;
}

function mapRefs(input: unknown, to: (ref: PendingRef | PlannedRef) => unknown): unknown {
  if (typeof input !== "object" || input === null) return input;
  if (isRef(input)) return to(input);
  if (Array.isArray(input)) return input.map((member: unknown) => mapRefs(member, to));
  return Object.fromEntries(Object.entries(input).map(([name, member]) => [name, mapRefs(member, to)]));
}

function nameOf(step: string | StepCall): string {
  return typeof step === "string" ? step : step.action;
}

function isRef(value: object): value is PendingRef | PlannedRef {
  return "$ref" in value && Object.keys(value).length === 1;
}
