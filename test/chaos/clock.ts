import type { Clock } from "#kit/clock.ts";

/** A clock for thousands of cases: nothing passes until everything has come to rest, then time jumps to the next sleeper. */
export type QuickClock = Clock & {
  /** Milliseconds that really passed, whatever the wall clock was set to. */
  steady(): number;
  /** Moves the wall clock alone, as an administrator or NTP does; sleepers are not woken by it. */
  jump(ms: number): void;
  /** Lets time pass until the work is over; says `limbo` when nobody is left who could go on, `endless` after too many leaps. */
  until<T>(work: Promise<T>): Promise<Passed<T>>;
};

/** How letting time pass ended. */
export type Passed<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "limbo" | "endless" };

type Sleeper = { readonly due: number; readonly wake: () => void };

const mostLeaps = 40_000;

/** Makes a clock; all work between sleeps must come to rest within one turn of the event loop, as with SQLite it does. */
export function quickClock(start = "2026-11-21T03:12:00.000Z"): QuickClock {
  let steady = 0;
  let wall = Date.parse(start);
  const sleepers = new Set<Sleeper>();

  function leap(): boolean {
    let next: Sleeper | undefined;
    for (const sleeper of sleepers) if (next === undefined || sleeper.due < next.due) next = sleeper;
    if (next === undefined) return false;
    sleepers.delete(next);
    const passed = Math.max(0, next.due - steady);
    steady += passed;
    wall += passed;
    next.wake();
    return true;
  }

  return {
    now: () => new Date(wall),
    steady: () => steady,
    jump(ms) {
      wall += ms;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const sleeper: Sleeper = {
          due: steady + ms,
          wake: () => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
        };
        const onAbort = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason as Error);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        sleepers.add(sleeper);
      }),
    async until<T>(work: Promise<T>): Promise<Passed<T>> {
      const box: { passed?: Passed<T> } = {};
      work.then(
        (value) => (box.passed = { kind: "value", value }),
        (error: unknown) => (box.passed = { kind: "error", error }),
      );
      for (let leaps = 0; leaps < mostLeaps; leaps += 1) {
        await turn();
        if (box.passed !== undefined) return box.passed;
        if (!leap()) return { kind: "limbo" };
      }
      return { kind: "endless" };
    },
  };
}

/** One turn of the event loop: every promise that could go on has done so. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
