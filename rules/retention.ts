import { z } from "zod";

/** Everything that has a time to be kept. */
export const retentionClasses = [
  "application",
  "access",
  "security",
  "system",
  "audit",
  "reports",
  "idempotency",
] as const;
export type RetentionClass = (typeof retentionClasses)[number];

const span = z
  .string()
  .regex(/^[1-9]\d{0,3} (day|year)s?$/, { error: 'is not a time like "90 days" or "1 year"' })
  .transform((text) => {
    const [count = "", unit = ""] = text.split(" ");
    return { count: Number(count), unit: unit.startsWith("year") ? ("years" as const) : ("days" as const) };
  });

const Rules = z.strictObject({
  classes: z.record(z.enum(retentionClasses), z.strictObject({ keep: span })),
  environments: z.record(
    z.enum(["production", "staging", "development"]),
    z.strictObject({
      atMost: span.optional(),
      except: z.array(z.enum(retentionClasses)).default([]),
      archive: z.enum(["always", "when named"]),
    }),
  ),
});

/** How long each class is kept, by environment. */
export type RetentionRules = z.output<typeof Rules>;
type Span = z.output<typeof span>;
/** The environments that have rules. */
export type RetentionEnvironment = keyof RetentionRules["environments"];

/** The rules from their data; throws zod's error for what does not fit. */
export function parseRetention(data: unknown): RetentionRules {
  return Rules.parse(data);
}

/** The first moment at which something of a class may go: the class's time after `at`, or the environment's when that is shorter. */
export function keptUntil(
  rules: RetentionRules,
  name: RetentionClass,
  environment: RetentionEnvironment,
  at: Date,
): Date {
  const { atMost, except } = rules.environments[environment];
  const own = later(at, rules.classes[name].keep, 1);
  if (atMost === undefined || except.includes(name)) return own;
  const most = later(at, atMost, 1);
  return most < own ? most : own;
}

/** The moment before which things of a class are due now. The same judgement as `keptUntil`, for a question to a database. */
export function dueBefore(
  rules: RetentionRules,
  name: RetentionClass,
  environment: RetentionEnvironment,
  now: Date,
): Date {
  const { atMost, except } = rules.environments[environment];
  const own = later(now, rules.classes[name].keep, -1);
  if (atMost === undefined || except.includes(name)) return own;
  const most = later(now, atMost, -1);
  return most > own ? most : own;
}

/** Whether what goes must be in an archive first, also where none is named. */
export function needsArchive(rules: RetentionRules, environment: RetentionEnvironment): boolean {
  return rules.environments[environment].archive === "always";
}

/** A hold that has not been lifted. */
export type Hold = { readonly kind: "report" | "tenant" | "logs"; readonly subject: string };

/** True when a hold covers a report or a class of logs: by its id, by its tenant, or by the class. */
export function isHeld(
  thing:
    | { readonly kind: "report"; readonly id: string; readonly tenant: string }
    | { readonly kind: "logs"; readonly class: RetentionClass },
  holds: readonly Hold[],
): boolean {
  return holds.some(({ kind, subject }) =>
    thing.kind === "logs"
      ? kind === "logs" && subject === thing.class
      : (kind === "report" && subject === thing.id) || (kind === "tenant" && subject === thing.tenant),
  );
}

/** Years by the calendar, in UTC: 29 February and one year is 1 March. */
function later(at: Date, { count, unit }: Span, sign: 1 | -1): Date {
  const moved = new Date(at);
  if (unit === "years") moved.setUTCFullYear(moved.getUTCFullYear() + sign * count);
  else moved.setUTCDate(moved.getUTCDate() + sign * count);
  return moved;
}
