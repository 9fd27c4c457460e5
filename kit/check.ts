import type { Clock } from "./clock.ts";
import { toMs, type Duration } from "./duration.ts";
import { limitOf, stoppable } from "./limit.ts";
import type { Readers } from "./ports.ts";
import { pure } from "./pure.ts";

/** A check's verdict. Unknown is what the engine says when the look itself failed; it is never healthy. */
export type Health =
  | { readonly state: "healthy"; readonly says: string }
  | { readonly state: "degraded"; readonly says: string }
  | { readonly state: "unhealthy"; readonly says: string }
  | { readonly state: "unknown"; readonly says: string };

/** The three verdicts a `judge` can give. */
export const healthy = (says: string): Health => ({ state: "healthy", says });
export const degraded = (says: string): Health => ({ state: "degraded", says });
export const unhealthy = (says: string): Health => ({ state: "unhealthy", says });

/** What a check's `look` is handed. */
type LookContext = Readers & { readonly signal: AbortSignal };

/** One definition of healthy, shared by alarm, `ops check` and a runbook's proof of recovery. */
export type Check<T = unknown> = {
  readonly id: string;
  /** A statement that is true when healthy: "The API answers from outside". */
  readonly title: string;
  readonly every: Duration;
  readonly timeout: Duration;
  /** The only impure line. */
  look(context: LookContext): Promise<T>;
  /** Pure; tested as a table. */
  judge(value: T): Health;
};

/** Defines a health check; `look` reads, `judge` decides. */
export function defineCheck<T>(check: Check<T>): Check<T> {
  return check;
}

/** A check whose value type does not matter to the holder. `judge` takes what `look` gave, so the pair stays sound. */
// oxlint-disable-next-line typescript/no-explicit-any -- T is contravariant in judge; the engine only ever feeds look's own result
export type AnyCheck = Check<any>;

/** Runs one check; a look that throws or is too slow is "unknown" with the reason. */
export async function runCheck(check: AnyCheck, readers: Readers, clock: Clock): Promise<Health> {
  const limit = limitOf(clock, toMs(check.timeout));
  try {
    const value: unknown = await stoppable(check.look({ ...readers, signal: limit.signal }), limit.signal);
    return pure(`The judge of ${check.id}`, () => check.judge(value));
  } catch (error) {
    return { state: "unknown", says: error instanceof Error ? error.message : String(error) };
  } finally {
    limit.clear();
  }
}
