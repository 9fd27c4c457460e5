import { toFault } from "../fault.ts";
import { closedError, type Closure } from "../freeze.ts";
import type { EngineParts } from "../engine.ts";
import type { Plan } from "../plan.ts";
import type { Runbook } from "../runbook.ts";
import { glassHolds } from "./glass.ts";
import type { End, Live } from "./live.ts";

/** What the calendar says against a plan now; never anything against one of safe steps. A calendar that cannot be read is closed. */
export function closureOf(
  { calendar, environment, clock }: EngineParts,
  runbook: Runbook,
  plan: Pick<Plan, "strictest">,
): Closure | undefined {
  if (calendar === undefined || plan.strictest === "safe") return undefined;
  const at = clock.now();
  try {
    return calendar({ environment, runbook, at });
  } catch (error) {
    return {
      kind: "freeze",
      name: "no calendar, no change",
      because: toFault(error).summary,
      zone: environment.zone ?? "UTC",
    };
  }
}

/** An early word, before approvers are woken: throws what an acting plan is refused with while the calendar is closed. */
export function refuseWhenClosed({ runbook, request }: Live, closure: Closure | undefined): void {
  if (closure !== undefined && request.glass === undefined) throw closedError(closure, runbook.id);
}

/** Right before the first act the calendar is asked again: a freeze may have begun while people were waited for. */
export async function stillOpen({ parts, runbook, recorder }: Live): Promise<End> {
  const { plan, steps } = recorder.state;
  if (plan === undefined || steps.some((step) => step.attempts > 0)) return undefined;
  if (glassHolds(recorder.state, parts.clock.now())) return undefined;
  const closure = closureOf(parts, runbook, plan);
  if (closure !== undefined) throw closedError(closure, runbook.id);
  return undefined;
}
