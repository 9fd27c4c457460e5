/** PagerDuty said no, or nothing. `final` means that the same request can never succeed. */
export class PagerDutyFailure extends Error {
  readonly final: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(reason: string, kind: { readonly final: boolean; readonly retryAfterMs?: number | undefined }) {
    super(reason);
    this.name = "PagerDutyFailure";
    this.final = kind.final;
    this.retryAfterMs = kind.retryAfterMs;
  }
}

/** Milliseconds of a `Retry-After` header in seconds; undefined without a usable one. */
export function retryAfterMs(header: string | null): number | undefined {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
