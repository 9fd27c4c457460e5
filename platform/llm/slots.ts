/** A fixed number of places; who finds none waits for one, until its signal says otherwise. */
export type Slots = {
  /** Gives the way to leave the place again; undefined when the signal came first. */
  take(signal: AbortSignal): Promise<(() => void) | undefined>;
};

/** `most` places, given in the order of asking. */
export function slots(most: number): Slots {
  let free = most;
  const waiting = new Set<() => void>();
  const leave = (): (() => void) => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const [next] = waiting;
      if (next === undefined) free += 1;
      else {
        waiting.delete(next);
        next();
      }
    };
  };
  return {
    async take(signal) {
      if (signal.aborted) return undefined;
      if (free > 0) {
        free -= 1;
        return leave();
      }
      return new Promise((resolve) => {
        const turn = (): void => {
          signal.removeEventListener("abort", gone);
          resolve(leave());
        };
        const gone = (): void => {
          waiting.delete(turn);
          resolve(undefined);
        };
        waiting.add(turn);
        signal.addEventListener("abort", gone, { once: true });
      });
    },
  };
}
