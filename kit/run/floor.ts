import { toMs } from "../duration.ts";
import { OpsError } from "../errors.ts";
import { toFault } from "../fault.ts";
import { limitOf, stoppable } from "../limit.ts";
import type { StepGroup } from "../plan.ts";
import { fail, stepOf, type Acting } from "./acting.ts";

const lookMs = 10_000;

/**
 * Before a batch: what it takes out of service must leave at least the floor. Taking out what is out already removes nothing.
 * Waits for capacity to come back as long as the batch's own steps may take; then the batch fails without having begun.
 */
export async function floorHolds(
  acting: Acting,
  keys: readonly string[],
  { floor, batch }: StepGroup,
): Promise<boolean> {
  if (floor === 0) return true;
  const members = keys.map((key) => stepOf(acting, key));
  // A member that is under way was let through before; it is out already, and settling it removes nothing more.
  const begins = members.filter((step) => step.state === "next" || step.state === "failed");
  const [first] = begins;
  if (first === undefined) return true;
  const targets = new Set(begins.flatMap((step) => step.targets));
  const started = acting.clock.now().getTime();
  const patienceMs = Math.max(...members.map((step) => step.withinMs));
  let said = "too few are in service";
  for (;;) {
    acting.boundary();
    const serving = await inService(acting);
    if (typeof serving !== "string") {
      const remain = serving.filter((name) => !targets.has(name)).length;
      if (remain >= floor || serving.every((name) => !targets.has(name))) return true;
      said = await say(acting, first.key, said, `it would leave ${remain} in service, ${floor} must remain`);
    } else said = await say(acting, first.key, said, serving);
    if (acting.stopping() || acting.clock.now().getTime() - started >= patienceMs) break;
    await acting.clock.sleep(toMs(acting.readers.times.poll), acting.signal);
  }
  await fail(
    acting,
    first,
    new OpsError("guard-refused", {
      summary: `Batch ${batch} did not begin: ${said}.`,
      hint: "Bring back what is out of service first.",
    }),
    acting.clock.now().getTime() - started,
  );
  return false;
}

/** Names of what is in service now, or why that is not known. */
async function inService(acting: Acting): Promise<readonly string[] | string> {
  const { runbook, readers, recorder, clock } = acting;
  const limit = limitOf(clock, lookMs);
  try {
    const asked = runbook.capacity?.({ ...readers, params: recorder.state.params });
    return asked === undefined
      ? "what is in service is not known, the runbook has no `capacity`"
      : await stoppable(asked, limit.signal);
  } catch (error) {
    return `what is in service is not known: ${toFault(error).summary}`;
  } finally {
    limit.clear();
  }
}

async function say(acting: Acting, key: string, before: string, now: string): Promise<string> {
  if (now !== before) await acting.recorder.record({ type: "step.saw", key, saw: `waits: ${now}` });
  return now;
}
