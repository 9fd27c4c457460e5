import type { RunState } from "./fold.ts";
import { samePerson, type Identity } from "./identity.ts";

/** A plan's approvals as far as they count. */
type Consent = { readonly given: readonly Identity[]; readonly missing: number };

/**
 * The approvals that count, one per person: of those who may approve here, and of the person who asked only where the policy lets
 * them. What was taken back, or was given to another plan, is not in the state any more.
 */
export function consentOf(state: RunState, approvers: readonly string[]): Consent {
  const { need } = state;
  if (need === undefined) return { given: [], missing: 1 };
  const given: Identity[] = [];
  for (const { by } of state.approvals)
    if (mayApprove(state, approvers, by) && !given.some((one) => samePerson(one, by))) given.push(by);
  return { given, missing: Math.max(lacksWord(state, given) ? 1 : 0, need.count - given.length) };
}

/** True while nobody has agreed who answers for what the plan does. */
export function lacksWord({ need }: RunState, given: readonly Identity[]): boolean {
  return need?.word !== undefined && !given.some(({ name }) => need.word?.names.includes(name));
}

/** How many approvals are still missing, by what the journal has; for surfaces, which do not know who may approve. */
export function stillMissing(state: RunState): number {
  return consentOf(
    state,
    state.approvals.map(({ by }) => by.name),
  ).missing;
}

/** True for somebody whose approval of this run would count. */
export function mayApprove(state: RunState, approvers: readonly string[], by: Identity): boolean {
  if (samePerson(by, state.askedBy)) return state.need?.requesterMay === true;
  return approvers.includes(by.name);
}

/** Names of those who may still approve this run. */
export function couldApprove(state: RunState, approvers: readonly string[]): readonly string[] {
  const own = state.need?.requesterMay === true ? [state.askedBy.name] : [];
  const others = approvers.filter((name) => name !== state.askedBy.name);
  return [...new Set([...own, ...others])].filter(
    (name) => !state.approvals.some(({ by }) => by.name === name),
  );
}
