import { scenariosWith } from "../scenarios.ts";

/** The scenarios of a runbook, for completion. */
export async function scenarioNames(
  runbook: string,
  dir: string | undefined,
): Promise<readonly { readonly word: string; readonly about: string }[]> {
  const scenarios = await scenariosWith(dir);
  const known = Object.hasOwn(scenarios, runbook) ? scenarios[runbook] : undefined;
  return Object.entries(known ?? {}).map(([word, { title }]) => ({ word, about: title }));
}
