import type { RunState } from "../fold.ts";

/** True while somebody's broken glass stands for this run. */
export function glassHolds({ glass }: RunState, now: Date): boolean {
  return glass !== undefined && now.getTime() < Date.parse(glass.expiresAt);
}
