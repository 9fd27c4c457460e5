import { runCheck, type Health } from "../check.ts";
import type { Clock } from "../clock.ts";
import { toMs } from "../duration.ts";
import { OpsError } from "../errors.ts";
import type { Readers } from "../ports.ts";
import type { Runbook } from "../runbook.ts";
import type { Recorder } from "./recorder.ts";

/** The checks that run beside the work. */
export type Beside = {
  /** Throws `during-failed` once one of them is unhealthy. */
  readonly mustHold: () => void;
  stop(): Promise<void>;
};

/**
 * Looks at a runbook's `during` checks beside every step and every wait, approvals included; journals each change of verdict.
 * Unknown and degraded are recorded; unhealthy stops the run at the next boundary.
 */
export function besides(runbook: Runbook, recorder: Recorder, readers: Readers, clock: Clock): Beside {
  const stop = new AbortController();
  const last = new Map<string, { readonly title: string; readonly health: Health }>();
  const watching = (runbook.during ?? []).map(async (check) => {
    for (;;) {
      const health = await runCheck(check, readers, clock);
      if (stop.signal.aborted) return;
      if (last.get(check.id)?.health.state !== health.state)
        await recorder.record({ type: "during.sampled", check: check.id, title: check.title, health });
      last.set(check.id, { title: check.title, health });
      await clock.sleep(toMs(check.every), stop.signal);
    }
  });
  // A journal that refuses is noticed by the next step; here it only ends the looking.
  const ended = Promise.allSettled(watching);
  return {
    mustHold() {
      for (const { title, health } of last.values())
        if (health.state === "unhealthy")
          throw new OpsError("during-failed", {
            summary: `"${title}" stopped being so while this run was under way: ${health.says}.`,
            hint: `What was done stays; take it back with: ops undo ${recorder.state.run}`,
          });
    },
    async stop() {
      stop.abort(new Error("no longer watched"));
      await ended;
    },
  };
}
