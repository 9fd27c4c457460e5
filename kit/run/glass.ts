import { toMs } from "../duration.ts";
import type { EngineParts, Request } from "../engine.ts";
import { OpsError } from "../errors.ts";
import { foldRun, type RunState } from "../fold.ts";
import { samePerson, type Identity } from "../identity.ts";
import type { Runbook } from "../runbook.ts";
import type { End, Live } from "./live.ts";

/** What somebody who breaks the glass gives: a reason, and their word once the plan is known. */
export type GlassRequest = {
  readonly reason: string;
  /** Asked when the plan stands: true only for the environment's name, typed, or for exactly the plan that was named before. */
  readonly confirm: (state: RunState) => Promise<boolean>;
};

const leastCharacters = 15;
const leastWords = 3;

/** True while somebody's broken glass stands for this run. */
export function glassHolds({ glass }: RunState, now: Date): boolean {
  return glass !== undefined && now.getTime() < Date.parse(glass.expiresAt);
}

/** True while nobody but the person who broke the glass has looked at what was done behind it. */
export function reviewOwed({ glass, reviewed }: RunState): boolean {
  return glass !== undefined && reviewed === undefined;
}

/** Before anything is looked at: throws when this person, this door or this reason does not break glass. */
export function mayBreakGlass(
  { environment }: EngineParts,
  runbook: Runbook,
  { by, glass }: Pick<Request, "by" | "glass">,
): void {
  if (glass === undefined) return;
  const { approvers, name } = environment;
  if (by.via === "cron" || by.via === "alert")
    throw new OpsError("approval-forbidden", {
      summary: `Only a person breaks the glass, and ${runbook.id} was asked for by ${by.via === "cron" ? "a schedule" : "an alert"}.`,
      hint: "Run it from a terminal.",
    });
  if (!approvers.includes(by.name))
    throw new OpsError("approval-forbidden", {
      summary: `${by.name} may not break the glass in ${name}.`,
      hint: `${approvers.length === 0 ? "The environment file names nobody who" : approvers.join(" or ")} may. Ask them, or wait for approval: ops run ${runbook.id}`,
    });
  mustSaySomething(glass.reason, [runbook.id, runbook.title, name], "--reason");
}

/** A reason is what somebody else understands next week: a few different words, beyond the names of things. */
function mustSaySomething(text: string, names: readonly string[], flag: string) {
  let said = text.toLowerCase().trim();
  for (const name of names) said = said.replaceAll(name.toLowerCase(), " ");
  const words = new Set(said.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 1));
  if (text.trim().length >= leastCharacters && words.size >= leastWords) return;
  throw new OpsError("usage", {
    summary: `"${text.trim().slice(0, 60)}" does not say why.`,
    hint: `Give ${flag} a sentence that somebody else understands next week, of at least ${leastWords} words beside the names of things.`,
  });
}

/** Breaks the glass once the plan is known and its breaker has confirmed; the event comes before anything else is done. */
export async function breakGlass({ parts, recorder, request }: Live): Promise<End> {
  const { glass, by } = request;
  const { plan, need, run, planOnly } = recorder.state;
  if (glass === undefined || plan === undefined || need === undefined || planOnly) return undefined;
  if (glassHolds(recorder.state, parts.clock.now())) return undefined;
  if (need.count === 0 && plan.strictest === "safe") return undefined;
  if (!(await glass.confirm(recorder.state)))
    return {
      outcome: "approval-refused",
      fault: {
        code: "approval-refused",
        summary: "The glass stays whole: it was not confirmed.",
        hint: `Ask for approval instead: ops run ${recorder.state.runbook}   ${run} is over.`,
      },
    };
  const lastsMs = toMs(parts.readers.times.brokenGlass);
  const { closed } = recorder.state;
  const skips = [...(need.count > 0 ? ["approval"] : []), ...(closed === undefined ? [] : [closed.kind])];
  await recorder.record({
    type: "glass.broken",
    by,
    reason: glass.reason,
    skips: skips.length > 0 ? skips : ["lock store"],
    expiresAt: new Date(parts.clock.now().getTime() + lastsMs).toISOString(),
  });
  return undefined;
}

/** What stops a run that goes on behind its glass for too long, without the approvals it needs. */
export function glassExpired({ run, runbook }: RunState, glass: NonNullable<RunState["glass"]>): OpsError {
  return new OpsError("glass-expired", {
    summary: `The glass that ${glass.by.name} broke stood until ${glass.expiresAt.slice(11, 16)} UTC, so nothing more is begun.`,
    hint: `Ask for approval of what is left: ops run ${runbook}. If that takes too long: ops resume ${run} --break-glass --reason "..."`,
  });
}

/** A second person says what they found about a run behind broken glass. The breaker's own word is no review. */
export async function reviewRun(
  parts: EngineParts,
  state: RunState,
  { by, text }: { readonly by: Identity; readonly text: string },
): Promise<RunState> {
  const { glass, reviewed, run } = state;
  const { approvers } = parts.environment;
  if (glass === undefined || reviewed !== undefined)
    throw new OpsError("run-over", {
      summary:
        glass === undefined
          ? `${run} owes no review: nobody broke the glass for it.`
          : `${run} was reviewed already, by ${reviewed?.by.name ?? "somebody"}.`,
      hint: `To add to its record: ops note ${run} "..."`,
    });
  if (samePerson(by, glass.by) || !approvers.includes(by.name))
    throw new OpsError("approval-forbidden", {
      summary: samePerson(by, glass.by)
        ? `You broke the glass for ${run}, so you cannot review it.`
        : `${by.name} may not review in ${parts.environment.name}.`,
      hint: `${approvers.filter((name) => name !== glass.by.name).join(" or ") || "Nobody else is named in the environment file, so nobody"} can: ops review ${run} "..."`,
    });
  if (state.ended === undefined)
    throw new OpsError("run-busy", {
      summary: `${run} has not ended, so there is nothing to review yet.`,
      hint: `Watch it: ops attach ${run}`,
    });
  mustSaySomething(text, [run, state.runbook], "the review");
  await parts.journal.note(run, { type: "review.done", by, text });
  return foldRun(await parts.journal.read(run)) ?? state;
}
