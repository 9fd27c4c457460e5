import { randomBytes } from "node:crypto";
import type { Decision } from "../decision.ts";
import { OpsError } from "../errors.ts";
import { foldRun } from "../fold.ts";
import type { Journal } from "../journal.ts";
import type { End, Live } from "./live.ts";
import { outcomeExits } from "./verdict.ts";
import { verify } from "./verify.ts";

const deepest = 3;

/**
 * Another runbook takes over as a run of its own, with its own plan and approval; afterwards the parent proves its own cure, and the
 * worse exit status wins. Without a decision the journal already names the child, and it goes on with it.
 */
export async function handOver(run: Live, decision?: Extract<Decision, { kind: "hand-over" }>): Promise<End> {
  const { recorder, request, runbook, parts, signal } = run;
  const depth = (recorder.state.parent?.depth ?? 0) + 1;
  if (decision !== undefined) {
    await mustBeNew(parts.journal, run, decision.runbook, depth);
    const child = `r-${randomBytes(4).toString("hex")}`;
    const { runbook: id, params } = decision;
    await recorder.record({ type: "handed.over", child, runbook: id, params });
  }
  const { child } = recorder.state;
  if (child === undefined) throw new Error("no child to hand over to");
  if (child.ended === undefined) {
    const parent = { run: recorder.state.run, depth };
    const holdsLock = await passLock(run, child);
    const { run: id, runbook: childBook, params } = child;
    const state = await request.drive({ run: id, runbook: childBook, params, parent, holdsLock });
    if (state.ended === undefined) return "left";
    const { outcome, exit, verdict } = state.ended;
    await recorder.record({ type: "child.ended", child: id, outcome, exit, verdict });
    const changed = [...state.earlier, ...state.steps].some((step) => step.attempts > 0);
    if (!changed) return { outcome: "handed-over", exit };
  }
  const exit = recorder.state.child?.ended?.exit ?? 1;
  const holds = await verify({ runbook, recorder, readers: parts.readers, clock: parts.clock, signal });
  return { outcome: "handed-over", exit: holds ? exit : worse(exit, outcomeExits["not-verified"]) };
}

/** No circles and no long chains: each runbook of the chain once, at most three deep. */
async function mustBeNew(journal: Journal, { recorder }: Live, next: string, depth: number) {
  const chain = [recorder.state.runbook];
  for (let parent = recorder.state.parent?.run; parent !== undefined; ) {
    const state = foldRun(await journal.read(parent));
    if (state !== undefined) chain.unshift(state.runbook);
    parent = state?.parent?.run;
  }
  if (chain.includes(next))
    throw new OpsError("guard-refused", {
      summary: `${[...chain, next].join(" → ")} would go round in a circle.`,
      hint: "A person must take it from here.",
    });
  if (depth > deepest)
    throw new OpsError("guard-refused", {
      summary: `${[...chain, next].join(" → ")} would be ${depth} hand-overs deep; ${deepest} are allowed.`,
      hint: "A person must take it from here.",
    });
}

/** The lock goes straight to a child that needs the same one, so that nobody gets in between. True when it was passed. */
async function passLock(
  { holding, recorder, parts, runbook }: Live,
  child: { readonly run: string; readonly runbook: string },
): Promise<boolean> {
  const { lock } = holding;
  const needed = parts.runbooks.find(({ id }) => id === child.runbook)?.lock;
  if (lock === undefined || needed !== runbook.lock) return false;
  await holding.passLock({ run: child.run, owner: recorder.lease.owner, reason: child.runbook });
  await recorder.record({ type: "lock.released", lock: lock.lock, why: `passed on to ${child.run}` });
  return true;
}

const badness: readonly number[] = [0, 10, 8, 9, 130, 6, 5, 3, 4, 7, 2, 1];

/** The worse of two exit statuses. */
function worse(a: number, b: number): number {
  return badness.indexOf(a) >= badness.indexOf(b) ? a : b;
}
