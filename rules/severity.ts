import { z } from "zod";
import { isDuration, type Duration } from "#kit/duration.ts";
import type { Severity } from "#kit/severity.ts";

const Level = z.strictObject({
  means: z.string().min(1),
  /** A length of time, or words where a clock does not help. */
  respond: z.string().min(1),
});
const levels = <T extends z.ZodType>(each: T) => z.strictObject({ P0: each, P1: each, P2: each, P3: each });
const Rules = z.strictObject({
  levels: levels(Level),
  crosswalk: z.record(z.string(), levels(z.strictObject({ name: z.string(), respond: z.string() }))),
  why: z.string(),
});
export type SeverityRules = z.infer<typeof Rules>;

/** `rules/severity.yaml`, parsed; throws a zod error naming the place. */
export function parseSeverityRules(value: unknown): SeverityRules {
  return Rules.parse(value);
}

/** How soon somebody has to be at it; undefined where the rules count in business days. */
export function responseTarget(rules: SeverityRules, severity: Severity): Duration | undefined {
  const { respond } = rules.levels[severity];
  return isDuration(respond) ? respond : undefined;
}
