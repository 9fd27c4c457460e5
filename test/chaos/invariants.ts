import { isDeepStrictEqual } from "node:util";
import { foldRun, step as foldStep, type RunState, type StepState } from "#kit/fold.ts";
import { samePerson } from "#kit/identity.ts";
import { verifyChain } from "#kit/journal.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { outcomeExits } from "#kit/run/verdict.ts";
import { codeOf, isOver, type Story, type Witnessed } from "./story.ts";
import { canary, isApplied, prefixOf } from "./world.ts";

/** A broken promise of the engine: which, and what was seen. */
export type Broken = { readonly promise: string; readonly saw: string };

/** Everything in a story that must never be; empty when every promise was kept. */
export async function brokenIn(story: Story): Promise<readonly Broken[]> {
  const broken: Broken[] = [];
  const say = (promise: string, saw: string) => broken.push({ promise, saw });
  for (const wrong of story.world.wrongs) say("the world is treated as it was said", wrong);
  for (const [run, entries] of story.runs) {
    if (run === "ops") continue;
    const states = statesOf(entries);
    const last = states.at(-1);
    if (last === undefined) continue;
    const seen = { story, run, entries, states, last, say };
    await recordHolds(seen);
    effectsOnce(seen);
    effectsApproved(seen);
    batchesStop(seen);
    statesAreFolds(seen);
    endsWell(seen);
    undoneIsUndone(seen);
  }
  locksExclude(story, say);
  for (const effect of story.effects) if (effect.run === "") say("an effect belongs to a run", effect.id);
  nobodyInLimbo(story, say);
  nothingLingers(story, say);
  return broken;
}

type Say = (promise: string, saw: string) => void;
type Seen = {
  readonly story: Story;
  readonly run: string;
  readonly entries: readonly JournalEntry[];
  /** By index: the state after that entry. */
  readonly states: readonly RunState[];
  readonly last: RunState;
  readonly say: Say;
};

function statesOf(entries: readonly JournalEntry[]): readonly RunState[] {
  const states: RunState[] = [];
  let state: RunState | undefined;
  for (const entry of entries) {
    state = foldStep(state, entry);
    if (state !== undefined) states.push(state);
  }
  return states;
}

/** (3) The chain verifies, without gaps; and (10) no secret is in it. */
async function recordHolds({ story, run, entries, say }: Seen) {
  const kept = await story.journal.read(run);
  const chain = verifyChain(kept);
  if (!chain.intact) say("the chain verifies", `entry ${chain.seq}: ${chain.why}`);
  const verdict = await story.journal.verify(run);
  if (!verdict.intact) say("the chain verifies", `entry ${verdict.seq}: ${verdict.why}`);
  if (kept.length !== entries.length)
    say("what was acknowledged is kept", `${entries.length} acknowledged, ${kept.length} kept`);
  if (story.spec.secret && JSON.stringify(kept).includes(canary)) say("no secret is in the record", run);
}

/** Events of the step that works on this id. */
function keyOf(states: readonly RunState[], id: string): string | undefined {
  for (const state of states.toReversed())
    for (const step of [...state.steps, ...state.earlier]) if (idOf(step) === id) return step.key;
  return undefined;
}

function idOf({ filled, input }: StepState): string | undefined {
  const one: unknown = filled ?? input;
  return typeof one === "object" && one !== null && "id" in one ? String(one.id) : undefined;
}

/** (1) No effect twice, unless a look in between said that it had not happened or the first was taken back. */
function effectsOnce({ story, run, entries, states, say }: Seen) {
  const before = new Map<string, Witnessed>();
  for (const effect of story.effects.filter((one) => one.run === run)) {
    const earlier = before.get(effect.id);
    before.set(effect.id, effect);
    if (earlier === undefined || effect.id.startsWith("~")) continue;
    const key = keyOf(states, effect.id);
    const between = entries.slice(earlier.seq, effect.seq).map(({ event }) => event);
    const settled = between.some(
      (event) => event.type === "step.settled" && event.key === key && event.outcome === "not-done",
    );
    // An effect that was accepted and did not come true is in the record as failed; trying again is a person's decision.
    const failed = between.findIndex(
      (event) => event.type === "step.failed" && event.key === key && event.acted === true,
    );
    const decided = failed >= 0 && between.slice(failed).some((event) => event.type === "run.resumed");
    if (!settled && !decided)
      say("no effect twice", `${effect.id} at entries ${earlier.seq} and ${effect.seq}`);
  }
}

const momentMs = 2_000;

/** (2) No effect without full approval of exactly that plan, before it expired. */
function effectsApproved({ story, run, entries, states, say }: Seen) {
  for (const effect of story.effects.filter((one) => one.run === run)) {
    const state = states[effect.seq - 1];
    if (state === undefined) continue;
    if (effect.id.startsWith("~")) {
      const asked = entries
        .slice(0, effect.seq)
        .some(
          ({ event }) =>
            event.type === "undo.asked" && event.steps.some((step) => idOf(step as StepState) === effect.id),
        );
      if (!asked) say("only what was said is taken back", effect.id);
      continue;
    }
    const { plan, need } = state;
    if (plan === undefined || need === undefined) {
      say("no effect without a plan", effect.id);
      continue;
    }
    const started = state.steps.find((step) => idOf(step) === effect.id && step.attempts > 0);
    if (started === undefined) say("an effect's step was begun in the record before", effect.id);
    // What was planned in this round and approved, as it stood when its first step began.
    const planned = entries.findLastIndex(
      ({ seq, event }) => seq <= effect.seq && event.type === "plan.made",
    );
    const first = entries.findIndex(({ seq, event }) => seq > planned + 1 && event.type === "step.started");
    const then = states[first - 1];
    if (then === undefined || first < 0) continue;
    // A process that is suspended, or whose clock is set, between looking at it and acting cannot know.
    const leapt = story.spec.lives.flat().some(({ kind }) => kind === "jump-forward" || kind === "stall");
    const people = then.approvals.filter(({ by }) => need.requesterMay || !samePerson(by, then.askedBy));
    const names = new Set(people.map(({ by }) => by.name));
    const own = entries.findLast(
      ({ seq, event }) =>
        seq <= effect.seq &&
        event.type === "step.started" &&
        states[seq - 1]?.steps.some((step) => step.key === event.key && idOf(step) === effect.id) === true,
    );
    const glass = own === undefined ? undefined : states[own.seq - 1]?.glass;
    // A process that is suspended, or whose clock is set, cannot know that its glass is whole again.
    const shielded = glass !== undefined && (leapt || (own?.at ?? "") < glass.expiresAt);
    if (names.size < need.count && !shielded)
      say("no effect without its approval", `${effect.id}: ${names.size} of ${need.count} had approved`);
    if (then.without.length > 0 && then.without.some((key) => started?.key === key))
      say("what was left out is not done", `${effect.id}: ${then.without.join(", ")}`);
    if (story.frozenAt !== undefined && !leapt && then.glass === undefined) {
      // Between the look at the calendar and the entry of the first step nothing but the look before it takes time.
      const late = Date.parse(entries[first]?.at ?? "") - Date.parse(story.frozenAt);
      if (late > momentMs) say("nothing begins in a freeze", `${effect.id}: ${late} ms after it began`);
    }
    if (people.some(({ at }) => at >= plan.expiresAt))
      say("no approval after its plan expired", `${effect.id}: plan expired ${plan.expiresAt}`);
    if (then.refusal !== undefined) say("nothing is done after a refusal", effect.id);
    const begun = entries[first]?.at ?? "";
    if (begun >= plan.expiresAt && !leapt)
      say("nothing begins after the plan expired", `${effect.id}: ${begun} ${plan.expiresAt}`);
    if (![...plan.steps].some((step) => idOf(step as StepState) === effect.id))
      say("only what was planned is done", effect.id);
  }
}

/** (4) Whoever acts holds the run and its lock at that instant, and nobody else does. */
function locksExclude({ effects, spec, runs }: Story, say: Say) {
  // A clock that is set between the look at the lease and the call makes any lease look old.
  const leapt = spec.lives.flat().some(({ kind }) => kind === "jump-forward");
  for (const { id, life, owner, lock, run, atMs, seq } of effects) {
    if (owner !== life)
      say("only the run's owner acts", `${id} by ${life}, the run is ${owner ?? "nobody"}'s`);
    const before = (runs.get(run) ?? []).filter((entry) => entry.seq <= seq).map(({ event }) => event.type);
    // Behind broken glass a run goes on without a lock store that does not answer, and its record says so.
    if (
      before.includes("glass.broken") &&
      before.lastIndexOf("lock.missing") > before.lastIndexOf("lock.taken")
    )
      continue;
    if (lock === undefined) say("only the lock's holder acts", `${id} of ${run} by ${life}`);
    else if (!leapt && Date.parse(lock.until) < atMs)
      say("only the lock's holder acts", `${id}: lock ended ${lock.until}`);
  }
}

/** (7) No further batch begins once more targets failed than may. */
function batchesStop({ entries, states, last, say }: Seen) {
  for (const [index, { event }] of entries.entries()) {
    if (event.type !== "step.started" || event.attempt !== 1) continue;
    const before = states[index - 1];
    const group = before?.steps.find(({ key }) => key === event.key)?.group;
    if (before === undefined || group?.kind !== "batches") continue;
    const earlier = before.steps.filter((step) => step.group?.key === group.key && step.state === "failed");
    const others = earlier.filter((step) => (step.group?.batch ?? 0) < group.batch);
    if (others.length > group.mayFail && !resumedSince(entries, index, others))
      say(
        "no batch begins after too many failures",
        `${event.key}: ${others.length} of ${group.mayFail} failed before`,
      );
  }
  if (last.ended?.outcome !== "step-failed" || last.steps.some(({ undoes }) => undoes !== undefined)) return;
  const because = last.steps.filter(({ state }) => state === "failed");
  const enough = because.some(
    (step) =>
      step.fault?.code === "guard-refused" ||
      because.filter((other) => other.group !== undefined && other.group.key === step.group?.key).length >
        (step.group?.kind === "batches" ? step.group.mayFail : 0) ||
      step.group === undefined,
  );
  if (!enough) say("as many may fail as was said", because.map(({ key }) => key).join(", "));
}

/** Whether a person resumed the run after the last of these failed. */
function resumedSince(
  entries: readonly JournalEntry[],
  until: number,
  failed: readonly StepState[],
): boolean {
  const keys = new Set(failed.map(({ key }) => key));
  const at = entries.findLastIndex(
    ({ event }, index) => index < until && event.type === "step.failed" && keys.has(event.key),
  );
  return entries.slice(at, until).some(({ event }) => event.type === "run.resumed");
}

/** (8) What an engine had in its hands was the fold of what was durable. */
function statesAreFolds({ story, run, states, say }: Seen) {
  for (const had of story.states) {
    // A third of them: comparing costs as much as running.
    if (had.run !== run || had.seq % 3 !== 0) continue;
    const folded = states[had.seq - 1];
    if (!isDeepStrictEqual(had.state, folded)) {
      say("the state is the fold of the record", `entry ${had.seq}`);
      return;
    }
  }
}

/** (6) The end says what is so. */
function endsWell({ story, run, entries, last, say }: Seen) {
  const { ended } = last;
  if (ended === undefined) return;
  if (ended.exit !== outcomeExits[ended.outcome] && last.child === undefined)
    say("the exit status is the outcome's", `${ended.outcome} with ${ended.exit}`);
  const unclear = last.steps.find(
    ({ kind, state }) => kind === "step" && (state === "running" || state === "unknown"),
  );
  if (unclear !== undefined && isOver(entries))
    say("what is not known stays open to a look", `${ended.outcome}, but ${unclear.key} is ${unclear.state}`);
  if (ended.outcome === "defect")
    say(
      "no defect",
      `${ended.fault?.code ?? ""} ${ended.fault?.summary ?? ""} ${ended.fault?.details ?? ""}`,
    );
  const effects = story.effects.filter((one) => one.run === run);
  const quiet = new Set(["all-clear", "planned", "approval-refused", "approval-expired"]);
  if (quiet.has(ended.outcome) && effects.length > 0 && last.round === 1)
    say(
      "an end that says nothing was done is true",
      `${ended.outcome}, but ${effects.map(({ id }) => id).join(", ")}`,
    );
  if (ended.verdict.includes("Nothing was changed") && standing(story, run).length > 0)
    say(
      "an end that says nothing was changed is true",
      `${ended.verdict} ${standing(story, run).join(", ")}`,
    );
  if (ended.outcome !== "solved") return;
  for (const step of last.steps) {
    const id = idOf(step);
    if (step.kind !== "step" || step.undoes !== undefined || id === undefined) continue;
    const batch = step.group?.kind === "batches";
    if (step.state !== "done" && step.state !== "skipped" && !(batch && step.state === "failed"))
      say("solved means done", `${step.key} is ${step.state}`);
    if (step.state === "done" && !isApplied(story.world, id)) say("solved means there", `${id} is not there`);
  }
  const round = story.world.due.get(prefixOf(entries[0]))?.round ?? 1;
  if (story.spec.run.cure === "never" || (story.spec.run.cure === "second" && round < 2))
    say("solved means that the symptom is gone", story.spec.run.cure);
}

/** Effects that stand in the world, of one run. */
function standing(story: Story, run: string): readonly string[] {
  const ids = new Set(
    story.effects.filter((one) => one.run === run && !one.id.startsWith("~")).map(({ id }) => id),
  );
  return [...ids].filter((id) => isApplied(story.world, id));
}

/** (5) Undone: each effect is taken back, or the record names what stays or is not known. */
function undoneIsUndone({ story, run, entries, last, say }: Seen) {
  if (last.ended?.outcome !== "undone") return;
  const asked = entries.findLast(({ event }) => event.type === "undo.asked")?.event;
  const stays = asked?.type === "undo.asked" ? asked.stays : [];
  const steps = [...last.earlier, ...last.steps];
  for (const id of standing(story, run)) {
    const step = steps.find((one) => idOf(one) === id && one.undoes === undefined);
    const named = step !== undefined && (stays.includes(step.title) || step.state === "unknown");
    if (!named) say("undone means taken back, or named", `${id} (${step?.state ?? "no step"}) stays unnamed`);
  }
  const touched = new Map<string, { first: number; ids: Set<string> }>();
  for (const effect of story.effects.filter((one) => one.run === run)) {
    const known = touched.get(effect.target) ?? { first: effect.from, ids: new Set<string>() };
    known.ids.add(effect.id.replace("~", ""));
    touched.set(effect.target, known);
  }
  for (const [target, { first, ids }] of touched) {
    const values = story.world.values.get(target);
    if (values === undefined) continue;
    const whole = [...ids].every((id) => !isApplied(story.world, id));
    if (whole && values !== first)
      say("undone reaches the state before", `${target} is ${values}, it was ${first}`);
  }
}

/** A process that is done with a run renews nothing any more. */
function nothingLingers({ lingering }: Story, say: Say) {
  for (const { life, after } of lingering)
    say("a process that is done holds nothing", `${life}: ${after} touches more`);
}

/** (6, 9) Nobody waits for ever; a run that is over stays over; every refusal is one that people know. */
function nobodyInLimbo({ endings, runs, spec }: Story, say: Say) {
  for (const { life, did, run, ended } of endings) {
    const entries = runs.get(run ?? "");
    if (ended.kind === "limbo" || ended.kind === "endless")
      say("nobody waits for ever", `${life} ${did}: ${ended.kind}`);
    if (ended.kind === "error") {
      const code = codeOf(ended.error);
      const allowed = allowedErrors.has(code) || (did === "undo" && code === "guard-refused");
      if (!allowed)
        say(
          "every refusal has a name",
          `${life} ${did}: ${code} ${String(ended.error instanceof Error ? ended.error.stack : ended.error)}`,
        );
    }
    if (did !== "late" || entries === undefined) continue;
    const before = entries.slice(0, beforeLate(endings));
    if (isOver(before) && !(ended.kind === "error" && codeOf(ended.error) === "run-over"))
      say("a run that is over is not resumed", `${run}: ${ended.kind}`);
  }
  const main = [...runs.values()].find(([first]) => prefixOf(first) === "a");
  const last = foldRun((main ?? []).slice(0, beforeLate(endings)));
  const stoppedByHand = spec.lives.some((faults) => faults.some(({ kind }) => kind.startsWith("interrupt")));
  if (last !== undefined && last.ended === undefined && !stoppedByHand)
    say("every run ends", `it is ${last.phase}`);
}

/** How long the record was before the last process tried to go on, without waiting. */
function beforeLate(endings: Story["endings"]): number {
  return endings.findLast(({ did, run }) => did !== "late" && run === endings.at(-1)?.run)?.seq ?? 0;
}

const allowedErrors = new Set([
  "run-busy",
  "run-over",
  "lock-lost",
  "lock-held",
  "journal-unwritable",
  "state-unknown",
  "tool-unreachable",
]);
