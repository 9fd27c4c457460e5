import { createHash } from "node:crypto";

/** The lock under which one scheduler fires an environment's schedules: the shipped ones, or those of one team's folder. */
export function schedulerLock(environment: string, dir: string | undefined): string {
  const name = `${environment}/schedules`;
  return dir === undefined ? name : `${name}-${createHash("sha256").update(dir).digest("hex").slice(0, 8)}`;
}

/** True for a lock that a scheduler holds: not a resource that somebody works on. */
export function isSchedulerLock({ run }: { readonly run: string }): boolean {
  return run.startsWith("scheduler:");
}

/** How a scheduler holds its lock; `run` names its ledger too, so that another host knows whether the records are its own. */
export function schedulerHolder(owner: string, ledger: string) {
  return { owner, reason: "fires the schedules", run: `scheduler:${ledger}:${owner}` };
}
