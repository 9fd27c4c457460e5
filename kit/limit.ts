import { reasonOf, type Clock } from "./clock.ts";

/** A signal that aborts after `ms` of the clock's time; `clear` ends it early. Unlike `AbortSignal.timeout` it follows a virtual clock. */
export type Limit = { readonly signal: AbortSignal; clear(): void };

/** Starts a limit; the reason it aborts with says `no answer in …`. */
export function limitOf(clock: Clock, ms: number): Limit {
  const over = new AbortController();
  const stop = new AbortController();
  clock.sleep(ms, stop.signal).then(
    () => over.abort(new Error(`no answer in ${ms / 1000} s`)),
    () => undefined,
  );
  return { signal: over.signal, clear: () => stop.abort(new Error("cleared")) };
}

/** The promise's own result, or the signal's reason as soon as it aborts. */
export async function stoppable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Nobody waits for it once the signal wins, and a rejection that nobody hears would end the process.
  promise.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(reasonOf(signal));
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}
