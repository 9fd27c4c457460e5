/** Decides when a lease has ended, without asking this host what time it is. */
export type Observer = {
  /** A Lease was seen in this version. */
  readonly note: (name: string, version: string) => void;
  /** Whether its holder has lost it, by the server's clock as this answer gave it. */
  readonly hasEnded: (name: string, lease: Ending, at: Date | undefined) => boolean;
};

/** When a lease says that it ends, and how long it is. */
type Ending = { readonly until: string; readonly leaseMs: number };

/**
 * A lease has ended when either is true:
 * - by the API server's clock (the `Date` of its answers, by which `renewTime` was written as well) the lease has been over for
 *   `skewMs`, which is how far the clocks of several API servers may be apart; clocks of the hosts do not count; or
 * - this process has seen the same version of the Lease unchanged for the whole lease and `skewMs`, by a clock that only goes
 *   forward. So a `renewTime` from a clock that was wrong cannot hold a lock for ever.
 */
export function observer(skewMs: number, monotonic: () => number): Observer {
  const seen = new Map<string, { readonly version: string; readonly since: number }>();
  return {
    note(name, version) {
      if (seen.get(name)?.version !== version) seen.set(name, { version, since: monotonic() });
    },
    hasEnded(name, { until, leaseMs }, at) {
      if (at !== undefined && at.getTime() >= Date.parse(until) + skewMs) return true;
      const first = seen.get(name);
      return first !== undefined && monotonic() - first.since >= leaseMs + skewMs;
    },
  };
}
