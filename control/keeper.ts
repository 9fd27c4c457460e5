import type { Clock } from "#kit/clock.ts";
import { toFault } from "#kit/fault.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { Journal } from "#kit/journal.ts";
import { isReady } from "./ready.ts";

/** What the keeper needs. */
export type Keeping = {
  readonly journal: Journal;
  readonly environment: string;
  readonly clock: Clock;
  /** Goes on with a run, as far as it goes without waiting for people. */
  readonly resume: (run: string) => Promise<RunState>;
  /** Tells Slack and PagerDuty what they are owed. */
  readonly tell: () => Promise<unknown>;
  readonly say: (line: string) => void;
  readonly everyMs: number;
  readonly signal: AbortSignal;
};

/** Looks after what nobody is working on: goes on with runs that were answered, and tells others what they are owed. */
export async function keep(keeping: Keeping): Promise<void> {
  const { clock, everyMs, signal, tell, say } = keeping;
  const tried = new Map<string, number>();
  while (!signal.aborted) {
    try {
      for (const run of await readyRuns(keeping, tried)) await goOn(keeping, run, tried);
      await tell();
    } catch (error) {
      say(`could not look: ${toFault(error).summary}`);
    }
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}

/** Open runs here that nobody owns and that were answered since they were last tried. */
async function readyRuns({ journal, environment, clock }: Keeping, tried: ReadonlyMap<string, number>) {
  const ready: string[] = [];
  for (const row of await journal.runs({ open: true, environment, limit: 500 })) {
    if (row.alive || row.planOnly) continue;
    const state = foldRun(await journal.read(row.run));
    if (state === undefined || state.lastSeq <= (tried.get(row.run) ?? 0)) continue;
    const child = state.child === undefined ? undefined : foldRun(await journal.read(state.child.run));
    if (isReady(state, clock.now(), child)) ready.push(row.run);
  }
  return ready;
}

async function goOn({ resume, say, journal }: Keeping, run: string, tried: Map<string, number>) {
  say(`${run} was answered, or its time is over: it goes on`);
  try {
    const state = await resume(run);
    say(`${run} ${state.ended === undefined ? "waits again" : state.ended.verdict}`);
  } catch (error) {
    say(`${run} does not go on: ${toFault(error).summary}`);
  }
  tried.set(run, (await journal.read(run)).at(-1)?.seq ?? 0);
}
