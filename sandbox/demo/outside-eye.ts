import { setTimeout as sleep } from "node:timers/promises";
import { routes } from "#platform/contract.ts";

/** What a user sees at one instant: a status, or 0 for no answer. */
type Glance = { readonly at: number; readonly status: number };

/** Someone outside who asks the balancer five times a second, all the time, so that the outage's length is measured and not claimed. */
export type OutsideEye = {
  /** Resolves at the first glance from now on that satisfies. */
  until(satisfies: (status: number) => boolean): Promise<Glance>;
  /** From the first answer that was not 200 to the first 200 after the last of them, in milliseconds; 0 without any. */
  outageMs(): number;
  readonly seen: readonly Glance[];
  close(): Promise<void>;
};

/** Opens the eye on a platform's address. */
export function openOutsideEye(url: string, signal: AbortSignal): OutsideEye {
  const seen: Glance[] = [];
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const looking = (async () => {
    while (!either.aborted) {
      seen.push({ at: Date.now(), status: await glance(`${url}${routes.ready}`) });
      await sleep(200, undefined, { signal: either }).catch(() => undefined);
    }
  })();
  return {
    seen,
    until: async (satisfies) => {
      for (let next = seen.length; ; ) {
        signal.throwIfAborted();
        const found = seen.slice(next).find(({ status }) => satisfies(status));
        if (found !== undefined) return found;
        next = seen.length;
        await sleep(50, undefined, { signal });
      }
    },
    outageMs: () => {
      const from = seen.findIndex(({ status }) => status !== 200);
      const last = seen.findLastIndex(({ status }) => status !== 200);
      const start = seen[from];
      const end = seen[last + 1] ?? seen[last];
      return start === undefined || end === undefined ? 0 : end.at - start.at;
    },
    close: async () => {
      over.abort();
      await looking;
    },
  };
}

async function glance(url: string): Promise<number> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_500) });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return 0;
  }
}
