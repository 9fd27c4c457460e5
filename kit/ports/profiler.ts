import type { Duration } from "../duration.ts";
import type { Service } from "../ports.ts";

/** A profile that was taken of a running process, and kept as evidence. */
type Profile = {
  /** Where it is kept, as whoever wants to open it finds it. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly seconds: number;
  /** What took most, largest first, at most 10; `share` of the whole, 0 to 1. */
  readonly hottest: readonly { readonly what: string; readonly share: number }[];
};

export interface Profiler {
  /**
   * Takes a sampling profile of one unit's processes while they work: of time, or of what is allocated. Costs some percent of speed while it
   * lasts and nothing afterwards; never a heap snapshot, which needs as much memory again as the process has.
   */
  capture(service: Service, unit: string, kind: "cpu" | "memory", lasting: Duration): Promise<Profile>;
}
