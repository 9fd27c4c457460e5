/** How many calls may be made again: at most a share of all calls of a window, and one where there were few. */
export type RetryBudget = {
  /** Counts one first call. */
  called(): void;
  /** Takes one retry from the budget; false when it is used up. */
  take(): boolean;
};

/** A budget over a sliding window, so that an outage is not made worse by everybody asking again. */
export function retryBudget(share: number, windowMs: number, now: () => number): RetryBudget {
  let calls: number[] = [];
  let retries: number[] = [];
  const drop = (): void => {
    const from = now() - windowMs;
    calls = calls.filter((at) => at > from);
    retries = retries.filter((at) => at > from);
  };
  return {
    called() {
      drop();
      calls.push(now());
    },
    take() {
      drop();
      if (retries.length >= Math.max(1, Math.floor(calls.length * share))) return false;
      retries.push(now());
      return true;
    },
  };
}
