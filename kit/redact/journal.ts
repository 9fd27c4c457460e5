import { canonicalJson } from "../canonical.ts";
import { OpsError } from "../errors.ts";
import type { Journal, LockStore } from "../journal.ts";
import type { RunEvent } from "../timeline.ts";
import type { Redactor } from "./redactor.ts";

/**
 * A journal into which no secret gets: events, reasons of locks and memories of destinations are redacted before they are
 * numbered, hashed and stored. Works before any journal adapter, and what it gives back is what was stored. `learned` resolves
 * once the redactor knows what there is to know; nothing is written before.
 * Throws `params-invalid` or `guard-refused` for a secret in what a run would be resumed from: a mask is nothing to act on.
 */
export function redactingJournal(
  journal: Journal,
  redactor: Redactor,
  learned: () => Promise<void> = async () => undefined,
): Journal {
  async function clean<Event extends RunEvent>(event: Event): Promise<Event> {
    await learned();
    refuseSecretInputs(event, redactor);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the redactor keeps the shape of JSON data and changes texts only
    return redactor.value(event) as Event;
  }
  return {
    ...redactingLocks(journal, redactor),
    begin: async (run, first, owner, leaseMs) => journal.begin(run, await clean(first), owner, leaseMs),
    append: async (lease, event) => journal.append(lease, await clean(event)),
    note: async (run, event) => journal.note(run, await clean(event)),
    saveDelivery: async (row) =>
      journal.saveDelivery({
        ...row,
        state: redactor.value(row.state),
        ...(row.lastError === undefined ? {} : { lastError: redactor.text(row.lastError) }),
      }),
    claim: (run, owner, leaseMs) => journal.claim(run, owner, leaseMs),
    renew: (lease, leaseMs) => journal.renew(lease, leaseMs),
    letGo: (lease) => journal.letGo(lease),
    read: (run, after) => journal.read(run, after),
    runs: (filter) => journal.runs(filter),
    row: (run) => journal.row(run),
    verify: (run) => journal.verify(run),
    delivery: (run, destination) => journal.delivery(run, destination),
    undelivered: (environment, destinations) => journal.undelivered(environment, destinations),
    close: () => journal.close(),
  };
}

/** Locks whose reasons, which others read, hold no secret. */
export function redactingLocks(locks: LockStore, redactor: Redactor): LockStore {
  return {
    takeLock: (lock, holder, leaseMs) =>
      locks.takeLock(lock, { ...holder, reason: redactor.text(holder.reason) }, leaseMs),
    renewLock: (lock, run, fence, leaseMs) => locks.renewLock(lock, run, fence, leaseMs),
    passLock: (lock, from, to, leaseMs) =>
      locks.passLock(lock, from, { ...to, reason: redactor.text(to.reason) }, leaseMs),
    keepLock: (lock, run, fence, reason) => locks.keepLock(lock, run, fence, redactor.text(reason)),
    releaseLock: (lock, run, fence) => locks.releaseLock(lock, run, fence),
    locks: () => locks.locks(),
  };
}

/**
 * Parameters, inputs and signals are read back from the journal and acted on, so a secret in one of them ends the run here; so does an
 * input that was made of something masked: acting on `[secret NAME]` would be worse than not acting.
 */
function refuseSecretInputs(event: RunEvent, redactor: Redactor) {
  const holdsSecret = (value: unknown) => {
    const plain: unknown = JSON.parse(JSON.stringify(value ?? null));
    return canonicalJson(redactor.value(plain)) !== canonicalJson(plain);
  };
  const unfit = (value: unknown) => holdsSecret(value) || mask.test(JSON.stringify(value ?? null));
  if (event.type === "run.asked" && holdsSecret(event.params))
    throw new OpsError("params-invalid", {
      summary: "A parameter holds a secret.",
      hint: "Name where the secret is kept; a value given on a command line is seen by everybody on the machine. Change it if it was real.",
    });
  if (event.type === "handed.over" && unfit(event.params))
    throw new OpsError("guard-refused", {
      summary: "A parameter for the next runbook holds a secret.",
      hint: "An action reads secrets itself, by name; parameters are printed, hashed and stored.",
    });
  if (event.type === "signal.received" && unfit(event.value))
    throw new OpsError("params-invalid", {
      summary: "The value of this signal holds a secret.",
      hint: "Steps after it would act on a mask. Name where the secret is kept. Change it if it was real.",
    });
  if (event.type === "step.started" && unfit(event.input))
    throw new OpsError("guard-refused", {
      summary: `Step ${event.key} would act on a secret that an earlier step gave back.`,
      hint: "An action that needs a secret reads it itself, by name; results are printed and stored. This step was not begun.",
    });
  if (event.type === "plan.made") refuseSecretSteps(event.plan.steps, holdsSecret, "planned");
  if (event.type === "undo.asked") refuseSecretSteps(event.steps, unfit, "taken back");
}

/** A mask, wherever it stands. */
const mask = /\[secret(?: [^\]]*)?\]/;

function refuseSecretSteps(
  steps: readonly { readonly key: string; readonly input: unknown }[],
  unfit: (input: unknown) => boolean,
  what: string,
) {
  const step = steps.find(({ input }) => unfit(input));
  if (step !== undefined)
    throw new OpsError("guard-refused", {
      summary: `Step ${step.key} would be ${what} with a secret in its input.`,
      hint: "An action reads secrets itself, by name; plans are printed, hashed and stored.",
    });
}
