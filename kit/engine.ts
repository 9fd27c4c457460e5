import { approveRun, mustBeInvolved, mustStillHold, rejectRun, revokeRun } from "./run/approving.ts";
import { contentHash } from "./content.ts";
import type { Clock } from "./clock.ts";
import { toMs } from "./duration.ts";
import { OpsError } from "./errors.ts";
import type { Calendar } from "./freeze.ts";
import { foldRun, type RunState } from "./fold.ts";
import type { Identity } from "./identity.ts";
import type { Journal, LockStore } from "./journal.ts";
import type { PolicyQuestion } from "./policy.ts";
import type { Answering } from "./plan.ts";
import type { Operators, Readers } from "./ports.ts";
import type { Runbook } from "./runbook.ts";
import { askedEvent, beginRun, findPlan, parseParams } from "./run/begin.ts";
import { drive, driveUndo } from "./run/drive.ts";
import { mayBreakGlass, reviewRun, type GlassRequest } from "./run/glass.ts";
import { runResumed } from "./run/lease.ts";
import { eventsByHand, type ByHand } from "./run/by-hand.ts";
import { closeOverdue, isOverdue } from "./run/expired.ts";
import { isKnown, isResumable, mustBeHere, mustExist, mustKnow, refuseWhenOver } from "./run/known.ts";
import type { Child, Drive } from "./run/live.ts";
import { signalRun, type Signal } from "./run/signal.ts";
import { undoOf, type Undo } from "./run/undo.ts";
import type { EntryListener } from "./run/recorder.ts";
import type { ApprovalNeed } from "./timeline.ts";

/** Which environment the engine works in. */
type EngineEnvironment = {
  readonly name: string;
  readonly tier: string;
  /** Name, account, region: hashed into every plan. */
  readonly identity: Readonly<Record<string, string>>;
  readonly approvers: readonly string[];
  /** Those of them who answer for something. */
  readonly answersFor?: Partial<Readonly<Record<Answering, readonly string[]>>>;
  /** Where its people are; UTC where it does not say. */
  readonly zone?: string;
  /** Whom silence asks, rung after rung. */
  readonly onCall?: readonly (readonly string[])[];
};

/** The run that hands are made for, and the person on whose behalf it acts now. */
export type ActsFor = { readonly run: string; readonly runbook: Runbook; readonly by: Identity };

/** What the engine is made of; `bin/wire.ts` joins it. */
export type EngineParts = {
  readonly journal: Journal;
  /** Where this environment's locks live; the journal itself on a single host. */
  readonly locks: LockStore;
  readonly clock: Clock;
  readonly readers: Readers;
  /** Called only when something is about to be done, so looking never holds the acting credentials; told what for, and for whom. */
  readonly operators: (acts: ActsFor) => Promise<Operators>;
  readonly environment: EngineEnvironment;
  /** How a plan must be approved; a pure rule from rules/. */
  readonly policy: (question: PolicyQuestion) => ApprovalNeed;
  /** Freezes and maintenance windows; a pure rule from rules/. Without one it is always open. */
  readonly calendar?: Calendar;
  /** Who holds leases: host, process and a nonce. */
  readonly owner: string;
  readonly runbooks: readonly Runbook[];
  /** The team's own folder that a runbook came from; undefined for a shipped one. */
  readonly dirOf?: (runbook: string) => string | undefined;
  /** Why a runbook cannot be used here, where more is known than its name. */
  readonly absent?: (runbook: string, dir: string | undefined) => OpsError | undefined;
  readonly onEntry?: EntryListener;
};

/** How the person at the terminal answers a question of approval; undefined when nobody is there to ask. */
export type Ask = (state: RunState) => Promise<"given" | { readonly refused: string } | undefined>;

/** What is asked of a run. */
export type Request = {
  readonly by: Identity;
  readonly reason?: string;
  readonly alert?: { readonly name: string; readonly since: string; readonly summary: string };
  /** Run exactly this plan, made earlier; refused when the world or the runbook moved on. */
  readonly plan?: string;
  readonly ask?: Ask;
  /** False: leave as soon as only people are waited for. */
  readonly wait?: boolean;
  /** Keys of planned items to leave out; what remains is a plan of its own. */
  readonly without?: readonly string[];
  /** On resume: what a person says of steps that failed, hang or are not known. */
  readonly byHand?: readonly ByHand[];
  /** The fire of a schedule that this run is, and the number that was drawn for it: one fire begins one run. */
  readonly scheduled?: { readonly schedule: string; readonly at: string; readonly run: string };
  /** Break the glass: go without approval and calendar, for a reason, for a while, and owe a review. */
  readonly glass?: GlassRequest;
};

/** The engine: one instance serves one command. */
export interface Engine {
  /** Looks, decides and plans; changes nothing and holds no acting credentials. */
  plan(runbook: Runbook, params: Readonly<Record<string, unknown>>, request: Request): Promise<RunState>;
  run(runbook: Runbook, params: Readonly<Record<string, unknown>>, request: Request): Promise<RunState>;
  /** Goes on where the journal ends; finished steps are not repeated, interrupted ones are looked at first. */
  resume(run: string, request: Request): Promise<RunState>;
  /** What `undo` would do, without doing it. */
  undoPlan(run: string): Promise<Undo>;
  /**
   * Takes back what an ended run did, last effect first; what cannot be taken back is said. For the person who asked for the run and
   * for those who may approve here: the way back was part of what was approved.
   */
  undo(run: string, request: Request): Promise<RunState>;
  /** For an approver, before the question: throws `plan-stale` when the findings would now lead to another plan. */
  lookAgain(run: string): Promise<void>;
  approve(run: string, approval: { readonly digest: string; readonly by: Identity }): Promise<RunState>;
  reject(run: string, refusal: { readonly by: Identity; readonly reason: string }): Promise<RunState>;
  /** Takes an approval back before the first act: one's own, or as somebody who may approve those of others. */
  revoke(run: string, revocation: { readonly by: Identity; readonly reason: string }): Promise<RunState>;
  /** What a second person found about a run behind broken glass. */
  review(run: string, review: { readonly by: Identity; readonly text: string }): Promise<RunState>;
  /** Says that something a run waits for has happened; for the person who asked and for those who may approve here. */
  signal(run: string, signal: Signal): Promise<RunState>;
  /** First call: finish the step, then stop. Second: stop now and record unknown. */
  interrupt(signal: string): "after-step" | "now";
}

/** Makes an engine of its parts. */
export function createEngine(parts: EngineParts): Engine {
  let stopping: string | undefined;
  const stopNow = new AbortController();
  const interruption = { signal: stopNow.signal, stopping: () => stopping };

  async function begin(
    runbook: Runbook,
    params: Readonly<Record<string, unknown>>,
    request: Request,
    planOnly: boolean,
    child?: Child,
  ) {
    mayBreakGlass(parts, runbook, request);
    const content = contentHash(runbook);
    const values = parseParams(runbook, params);
    const earlier = request.plan === undefined ? undefined : await findPlan(parts, runbook, request.plan);
    const asked = (run: string) =>
      askedEvent(parts, runbook, values, request, { run, content, planOnly, parent: child?.parent });
    const lease = await beginRun(parts, child?.run ?? request.scheduled?.run, asked);
    return drive(parts, runbook, lease, {
      ...driven(request),
      ...(earlier === undefined ? {} : { mustBe: earlier }),
      ...(child === undefined ? {} : { holdsLock: child.holdsLock }),
    });
  }

  /** A request with the means to stop it and to drive a run it hands over to. */
  function driven(request: Request): Drive {
    return { ...request, interruption, drive: (child) => driveChild(child, request) };
  }

  /** A child begins once; when its journal exists already, it goes on, and what is over stays over. */
  async function driveChild(child: Child, request: Request): Promise<RunState> {
    const known = foldRun(await parts.journal.read(child.run));
    if (known?.ended !== undefined && !isResumable(known)) return known;
    if (known !== undefined) return resume(child.run, request);
    const runbook = parts.runbooks.find(({ id }) => id === child.runbook);
    if (runbook === undefined)
      throw (
        parts.absent?.(child.runbook, undefined) ??
        new OpsError("runbook-unknown", {
          summary: `${child.parent.run} hands over to ${child.runbook}, which is not here.`,
          hint: 'See "ops list".',
        })
      );
    const { by, ask, wait, reason, alert } = request;
    const own = {
      by,
      ...(ask === undefined ? {} : { ask }),
      ...(wait === undefined ? {} : { wait }),
      ...(reason === undefined ? {} : { reason }),
      ...(alert === undefined ? {} : { alert }),
    };
    return begin(runbook, child.params, own, false, child);
  }

  async function resume(run: string, request: Request): Promise<RunState> {
    const state = await mustExist(parts.journal, run);
    mustBeHere(parts, state);
    refuseWhenOver(state);
    if (!isKnown(parts, state) && isOverdue(state, parts.clock.now())) return closeOverdue(parts, state);
    const runbook = mustKnow(parts, state);
    mayBreakGlass(parts, runbook, request);
    const word = eventsByHand(state, request.byHand ?? [], request.by);
    if (word.length > 0) mustBeInvolved(parts, state, request.by);
    const lease = await parts.journal.claim(run, parts.owner, leaseMs());
    await parts.journal.append(lease, runResumed(lease, request.by));
    for (const event of word) await parts.journal.append(lease, event);
    return drive(parts, runbook, lease, driven(request));
  }

  const leaseMs = () => toMs(parts.readers.times.lease);

  return {
    plan: (runbook, params, request) => begin(runbook, params, request, true),
    run: (runbook, params, request) => begin(runbook, params, request, false),
    resume,
    async undoPlan(run) {
      const state = await mustExist(parts.journal, run);
      mustBeHere(parts, state);
      return undoOf(mustKnow(parts, state), state, parts.readers.times);
    },
    async undo(run, request) {
      const state = await mustExist(parts.journal, run);
      mustBeHere(parts, state);
      mustBeInvolved(parts, state, request.by);
      const runbook = mustKnow(parts, state);
      undoOf(runbook, state, parts.readers.times);
      const lease = await parts.journal.claim(run, parts.owner, leaseMs());
      await parts.journal.append(lease, runResumed(lease, request.by));
      return driveUndo(parts, runbook, lease, driven(request));
    },
    async lookAgain(run) {
      const state = await mustExist(parts.journal, run);
      mustBeHere(parts, state);
      await mustStillHold(parts, mustKnow(parts, state), state);
    },
    async approve(run, approval) {
      const state = await mustExist(parts.journal, run);
      mustBeHere(parts, state);
      return approveRun(parts, mustKnow(parts, state), state, approval);
    },
    async signal(run, signal) {
      const state = await mustExist(parts.journal, run);
      mustBeHere(parts, state);
      return signalRun(parts, state, signal);
    },
    async reject(run, refusal) {
      return rejectRun(parts, await mustExist(parts.journal, run), refusal);
    },
    async revoke(run, revocation) {
      return revokeRun(parts, await mustExist(parts.journal, run), revocation);
    },
    async review(run, review) {
      return reviewRun(parts, await mustExist(parts.journal, run), review);
    },
    interrupt(signal) {
      if (stopping === undefined) {
        stopping = signal;
        return "after-step";
      }
      stopNow.abort(
        new OpsError("state-unknown", {
          summary: `Stopped at once by a second ${signal}.`,
          hint: "Look before retrying.",
        }),
      );
      return "now";
    },
  };
}
