/** PagerDuty said no, or nothing. `final` means that the same request can never succeed. */
export class PagerDutyFailure extends Error {
  readonly final: boolean;
  readonly retryAfterMs: number | undefined;
  /** True when other incidents can be told all the same. */
  readonly onlyThis: boolean;

  constructor(
    reason: string,
    kind: {
      readonly final: boolean;
      readonly retryAfterMs?: number | undefined;
      readonly onlyThis?: boolean;
    },
  ) {
    super(reason);
    this.name = "PagerDutyFailure";
    this.final = kind.final;
    this.retryAfterMs = kind.retryAfterMs;
    this.onlyThis = kind.onlyThis === true;
  }
}

/** Milliseconds of a `Retry-After` header in seconds; undefined without a usable one. */
export function retryAfterMs(header: string | null): number | undefined {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
