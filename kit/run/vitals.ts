import type { Clock } from "../clock.ts";
import { toMs } from "../duration.ts";
import type { Readers } from "../ports.ts";
import type { Runbook, Vital } from "../runbook.ts";
import type { Recorder } from "./recorder.ts";

/** Samples a runbook's vital signs until told to stop; a sign that cannot be read is simply not sampled. */
export function watchVitals(
  runbook: Runbook,
  recorder: Recorder,
  readers: Readers,
  clock: Clock,
): () => Promise<void> {
  const stop = new AbortController();
  const every = Math.max(1_000, toMs(readers.times.poll));
  const watching = (async () => {
    for (;;) {
      await Promise.all(runbook.vitals.map((vital) => sampleOne(vital, recorder, readers)));
      await clock.sleep(every, stop.signal);
    }
  })().catch(() => undefined);
  return async () => {
    stop.abort(new Error("no longer watched"));
    await watching;
    // The last sample says how things are when the run ends, not how they were a second before.
    await Promise.all(runbook.vitals.map((vital) => sampleOne(vital, recorder, readers))).catch(
      () => undefined,
    );
  };
}

async function sampleOne(vital: Vital, recorder: Recorder, readers: Readers): Promise<void> {
  const sample = await vital.look(readers).catch(() => undefined);
  if (sample === undefined) return;
  await recorder.record({ type: "vital.sampled", label: vital.label, ...sample });
}
