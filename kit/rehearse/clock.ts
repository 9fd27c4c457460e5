import { reasonOf, type Clock } from "../clock.ts";

type Sleeper = { readonly due: number; readonly wake: () => void };

/**
 * A clock on which hours pass in milliseconds: whenever everything that runs has come to rest, time jumps to the next sleeper.
 * Real work between sleeps (files, SQLite) takes no virtual time.
 */
export function virtualClock(start = "2026-11-21T03:12:00.000Z"): Clock & { stop(): void } {
  let now = Date.parse(start);
  let stopped = false;
  const sleepers = new Set<Sleeper>();
  let calm = 0;

  function turn() {
    if (stopped) return;
    calm += 1;
    // Several idle turns of the loop: promises that were about to continue have done so.
    if (calm > 5 && sleepers.size > 0) {
      const next = [...sleepers].sort((a, b) => a.due - b.due)[0];
      if (next !== undefined) {
        now = Math.max(now, next.due);
        sleepers.delete(next);
        calm = 0;
        next.wake();
      }
    }
    if (sleepers.size > 0) setImmediate(turn);
    else turning = false;
  }
  let turning = false;

  return {
    now: () => new Date(now),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(reasonOf(signal));
        const sleeper: Sleeper = {
          due: now + ms,
          wake: () => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
        };
        const onAbort = () => {
          sleepers.delete(sleeper);
          reject(reasonOf(signal));
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        sleepers.add(sleeper);
        calm = 0;
        if (!turning) {
          turning = true;
          setImmediate(turn);
        }
      }),
    stop() {
      stopped = true;
    },
  };
}
