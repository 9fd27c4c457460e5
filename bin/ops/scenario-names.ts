import { scenarios } from "#runbooks/scenarios/index.ts";

/** The scenarios of a runbook, for completion. */
export function scenarioNames(runbook: string): readonly { readonly word: string; readonly about: string }[] {
  const known = Object.hasOwn(scenarios, runbook) ? scenarios[runbook] : undefined;
  return Object.entries(known ?? {}).map(([word, { title }]) => ({ word, about: title }));
}
