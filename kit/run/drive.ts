import { toMs } from "../duration.ts";
import type { EngineParts } from "../engine.ts";
import type { RunState } from "../fold.ts";
import type { RunLease } from "../journal.ts";
import type { Runbook } from "../runbook.ts";
import type { Outcome } from "../timeline.ts";
import { besides } from "./beside.ts";
import { endOf, finish } from "./finish.ts";
import { breakGlass } from "./glass.ts";
import { hold } from "./lease.ts";
import type { Drive, End, Live, Stage } from "./live.ts";
import { lockManner } from "./locking.ts";
import { stillOpen } from "./open.ts";
import { recorderFor } from "./recorder.ts";
import { acted, approved, locked, lockedEarly, planned, stillTrue, turnedBack } from "./stages.ts";

/**
 * The score: look, decide, plan, approve, lock, look again, act, verify, record.
 * Each stage is skipped when the journal says it is done, so a resumed run is the same walk from a later place.
 */
export async function drive(
  parts: EngineParts,
  runbook: Runbook,
  lease: RunLease,
  request: Drive,
): Promise<RunState> {
  return walk(
    await live(parts, runbook, lease, request),
    [planned, breakGlass, lockedEarly, approved, locked, stillTrue, stillOpen, acted],
    "solved",
  );
}

/** Takes back what a run did: the same lock, the same steps with the same proof, in reverse. */
export async function driveUndo(
  parts: EngineParts,
  runbook: Runbook,
  lease: RunLease,
  request: Drive,
): Promise<RunState> {
  return walk(await live(parts, runbook, lease, request), [locked, turnedBack, acted], "undone");
}

/** Goes through the stages until one ends the run, round after round; a thrown error is an end too. */
async function walk(run: Live, stages: readonly Stage[], outcome: Outcome): Promise<RunState> {
  let end: End;
  try {
    end = await through(run, stages);
    while (end === "again") {
      const { state } = run.recorder;
      await run.recorder.record({
        type: "round.started",
        round: state.round + 1,
        because: `what round ${state.round} did could not be proven to help`,
      });
      end = await through(run, stages);
    }
  } catch (error) {
    end = endOf(run, error);
  }
  await run.beside.stop();
  try {
    return await finish(run, end ?? { outcome });
  } catch (error) {
    run.holding.abandon();
    throw error;
  }
}

async function through(run: Live, stages: readonly Stage[]): Promise<End> {
  for (const stage of stages) {
    const end = await stage(run);
    if (end !== undefined) return end;
  }
  return undefined;
}

async function live(parts: EngineParts, runbook: Runbook, lease: RunLease, request: Drive): Promise<Live> {
  const { journal, clock, readers, onEntry } = parts;
  const recorder = await recorderFor(journal, lease, onEntry ?? (() => undefined));
  const holding = hold(
    journal,
    parts.locks,
    lease,
    toMs(readers.times.lease),
    clock,
    lockManner(runbook, readers.times),
  );
  const signal = AbortSignal.any([holding.signal, request.interruption.signal]);
  const beside = besides(runbook, recorder, readers, clock);
  return { parts, runbook, recorder, holding, request, signal, beside };
}
