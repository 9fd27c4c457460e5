import { CircuitState, circuitBreaker, ConsecutiveBreaker, handleWhen, type IBackoff } from "cockatiel";
import { Gauge, type Registry } from "prom-client";
import { metrics as names } from "../contract.ts";

/** Closed: calls go through. Open: they do not, for a while. Half open: one call finds out. */
export type BreakerState = "closed" | "half-open" | "open";

/** What a call through a breaker came to; `left-out` was not made, and may be made again in `retryInMs`. */
type BreakerAnswer<T> =
  | { readonly kind: "made"; readonly value: T }
  | { readonly kind: "left-out"; readonly retryInMs: number };

/** Keeps calls away from a part that fails, and finds out by one call at a time whether it works again. */
export type Breaker = {
  /** Makes the call unless the part is left out. What `work` throws is thrown; it counts as a failure of the part unless `excused` says otherwise. */
  call<T>(work: () => Promise<T>): Promise<BreakerAnswer<T>>;
  state(): BreakerState;
};

/** How a breaker judges. */
export type BreakerOptions = {
  /** Failures in a row after which the part is left out. */
  readonly failures: number;
  /** First and longest time for which it is left out; it doubles with every probe that fails. */
  readonly openMs: number;
  readonly mostOpenMs: number;
  /** Failures that say nothing about the part: a call that we ended ourselves. */
  readonly excused?: (error: unknown) => boolean;
  /** Told of every change, for the log and the metric. */
  readonly onState?: (state: BreakerState) => void;
};

/** Builds a breaker; it begins closed. */
export function createBreaker({ failures, openMs, mostOpenMs, excused, onState }: BreakerOptions): Breaker {
  let openFor = openMs;
  let openUntil = 0;
  // No jitter: the longest time is a promise that recovery times are reckoned from.
  const left = (ms: number): IBackoff<unknown> => {
    openFor = ms;
    return { duration: ms, next: () => left(Math.min(mostOpenMs, ms * 2)) };
  };
  const policy = circuitBreaker(
    handleWhen((error) => excused?.(error) !== true),
    { halfOpenAfter: { next: () => left(openMs) }, breaker: new ConsecutiveBreaker(failures) },
  );
  policy.onStateChange((state) => {
    if (state === CircuitState.Open) openUntil = Date.now() + openFor;
    onState?.(stateName(state));
  });
  return {
    state: () => stateName(policy.state),
    call: async (work) => {
      const retryInMs = Math.max(0, Math.ceil(openUntil - Date.now()));
      // One probe at a time; who comes while it runs goes elsewhere instead of waiting for it.
      if (policy.state === CircuitState.HalfOpen || (policy.state === CircuitState.Open && retryInMs > 0))
        return { kind: "left-out", retryInMs };
      return { kind: "made", value: await policy.execute(work) };
    },
  };
}

function stateName(state: CircuitState): BreakerState {
  if (state === CircuitState.Closed) return "closed";
  return state === CircuitState.HalfOpen ? "half-open" : "open";
}

const figures: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };

/** The metric of a process's breakers: 0 closed, 1 half open, 2 open. `provider` is empty except for language models. */
export function breakerGauge(
  registry: Registry,
): (part: string, state: BreakerState, provider?: string) => void {
  const gauge = new Gauge({
    name: names.breakerState,
    help: "Circuit breaker: 0 closed, 1 half open, 2 open",
    labelNames: ["part", "provider"],
    registers: [registry],
  });
  return (part, state, provider = "") => gauge.set({ part, provider }, figures[state]);
}
