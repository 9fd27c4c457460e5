import { readFileSync } from "node:fs";
import type { Row } from "./database.ts";

/** Time on this host. Leases end by `ticks`, which no change of the wall clock moves; what people read is the wall clock's. */
export type HostClock = {
  readonly now: () => Date;
  /** Milliseconds that only go forward and are the same for all processes of this host since `boot`. */
  readonly ticks: () => number;
  /** Names what `ticks` counts from; ticks of another boot say nothing. */
  readonly boot: string;
};

/** The host's clock; a `now` of the caller's (tests, rehearsals) is its own ticks unless it brings others. */
export function hostClock(given: { readonly now?: () => Date; readonly ticks?: () => number }): HostClock {
  const { now, ticks } = given;
  if (now === undefined)
    return {
      now: () => new Date(),
      // CLOCK_MONOTONIC and its like: one for the whole host, not one per process as performance.now() is.
      ticks: ticks ?? (() => Number(process.hrtime.bigint() / 1_000_000n)),
      boot: bootOf(),
    };
  return { now, ticks: ticks ?? (() => now().getTime()), boot: "given" };
}

/** When a lease ends, as it is stored: the instant for people, and the ticks that decide. */
export type StoredLease = {
  readonly until: string;
  readonly boot: string;
  readonly from: number;
  readonly to: number;
};

/** A lease of `ms` from now on. */
export function leaseFor({ now, ticks, boot }: HostClock, ms: number): StoredLease {
  const from = ticks();
  return { until: new Date(now().getTime() + ms).toISOString(), boot, from, to: from + ms };
}

/**
 * Whether a stored lease has been over for `afterMs`. Within one boot the ticks decide, so a wall clock that jumps takes a lock from
 * nobody and holds it for nobody; after a reboot, or for a row without ticks, the wall clock is all there is.
 */
export function hasEnded(clock: HostClock, row: Row, until: string, afterMs = 0): boolean {
  const { lease_boot: boot, lease_from: from, lease_to: to } = row;
  const ticks = clock.ticks();
  // Fewer ticks than when it was written: the host was started since, whatever it calls its boot.
  if (boot === clock.boot && ticks >= Number(from)) return ticks > Number(to) + afterMs;
  return clock.now().getTime() > Date.parse(until) + afterMs;
}

/** Share of a lease that must have gone by before renewing writes it again: a look right before each effect costs no wait for the disk. */
const wornOff = 0.1;

/** Whether a stored lease was renewed so lately, for at least as long, that writing it again would change nothing of note. */
export function isFresh(clock: HostClock, row: Row, leaseMs: number): boolean {
  const { lease_boot: boot, lease_from: from, lease_to: to } = row;
  const ticks = clock.ticks();
  if (boot !== clock.boot || ticks < Number(from)) return false;
  const left = Number(to) - ticks;
  return left >= leaseMs * (1 - wornOff) && left <= leaseMs;
}

function bootOf(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "this host";
  }
}
