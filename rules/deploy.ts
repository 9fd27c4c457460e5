import { toMs, type Duration } from "#kit/duration.ts";

/** What these judgements need to know of a deploy. */
type DeployFacts = { readonly at: string; readonly instances: readonly string[]; readonly previous?: string };

/** A deploy explains an outage when it is younger than the limit, went to every instance that is out, and there is a version to go back to. */
export function explainsOutage(
  deploy: DeployFacts,
  out: readonly string[],
  now: string,
  limit: Duration,
): boolean {
  const age = Date.parse(now) - Date.parse(deploy.at);
  if (!(age >= 0 && age <= toMs(limit))) return false;
  return (
    out.length > 0 &&
    deploy.previous !== undefined &&
    out.every((instance) => deploy.instances.includes(instance))
  );
}
