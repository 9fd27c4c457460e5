import { z } from "zod";
import { OpsError } from "#kit/errors.ts";
import type { CalendarQuestion, Closure } from "#kit/freeze.ts";
import { dayAfter, instantOf, wallClock, weekdays } from "#kit/zoned.ts";

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'is not a time like "09:00"' });
const localTime = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]) ([01]\d|2[0-3]):[0-5]\d$/, {
  error: "is not a local time like 2027-04-22 00:00",
});
const zone = z.string().refine(isZone, { error: 'is not a time zone like "Europe/Brussels"' });
const places = z.array(z.string().min(1)).min(1);
const day = z.enum(weekdays);

const Freeze = z
  .strictObject({
    name: z.string().min(1).max(80),
    because: z.string().max(200).default(""),
    in: places,
    zone,
    from: localTime,
    to: localTime,
    lets: z.array(z.enum(["P0", "P1", "P2", "P3"])).default([]),
  })
  .refine(({ from, to }) => from < to, { error: "it ends before it begins", path: ["to"] });

const hours = { from: clock, to: clock };
const Window = z
  .strictObject({
    name: z.string().min(1).max(80),
    because: z.string().max(200).default(""),
    in: places,
    zone,
    weekly: z.strictObject({ day, ...hours }).optional(),
    monthly: z.strictObject({ day, nth: z.int().min(1).max(4), ...hours }).optional(),
    dated: z
      .strictObject({ from: localTime, to: localTime })
      .refine(({ from, to }) => from < to, { error: "it ends before it begins" })
      .optional(),
  })
  .refine(({ weekly, monthly, dated }) => [weekly, monthly, dated].filter(Boolean).length === 1, {
    error: "it is weekly, monthly or dated: one of them",
  });

const FreezeRules = z.strictObject({
  neverBlocked: z.array(z.string().min(1)).default([]),
  freezes: z.array(Freeze).default([]),
  windows: z.array(Window).default([]),
});

/** When nothing is changed, and when planned work is done: the content of rules/freezes.yaml. */
export type FreezeRules = z.infer<typeof FreezeRules>;

type Place = { readonly name: string; readonly tier: string };

/** A freeze or an opening of a window, as instants. */
export type Span = {
  readonly kind: "freeze" | "window";
  readonly name: string;
  readonly because: string;
  readonly zone: string;
  readonly from: Date;
  readonly to: Date;
  /** Severities that act all the same; of a freeze. */
  readonly lets: readonly string[];
};

/** Checks the parsed YAML; throws `definition-invalid`, naming the file. */
export function parseFreezes(parsed: unknown, file = "rules/freezes.yaml"): FreezeRules {
  const result = FreezeRules.safeParse(parsed ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new OpsError("definition-invalid", {
    summary: `${file} is not usable: ${[(issue?.path ?? []).join("."), issue?.message ?? "invalid"].join(" ").trim()}.`,
    hint: "Mend the file; until then nothing is changed but by safe steps, undo, and behind broken glass.",
  });
}

/** Several calendars as one. Only the first says what no freeze stops: whoever adds freezes takes none away. */
export function joinFreezes(first: FreezeRules, ...more: readonly FreezeRules[]): FreezeRules {
  return {
    neverBlocked: first.neverBlocked,
    freezes: [first, ...more].flatMap(({ freezes }) => freezes),
    windows: [first, ...more].flatMap(({ windows }) => windows),
  };
}

/** What keeps this runbook from changing anything at this instant; of several freezes the one that ends last. */
export function closureAt(
  rules: FreezeRules,
  { environment, runbook, at }: CalendarQuestion,
): Closure | undefined {
  if (rules.neverBlocked.includes(runbook.id)) return undefined;
  const frozen = freezesHere(rules, environment)
    .filter(({ from, to, lets }) => from <= at && at < to && !lets.includes(runbook.severity))
    .sort((a, b) => b.to.getTime() - a.to.getTime())[0];
  if (frozen !== undefined)
    return {
      kind: "freeze",
      name: frozen.name,
      because: frozen.because,
      until: frozen.to.toISOString(),
      zone: frozen.zone,
    };
  if (runbook.onlyIn === undefined) return undefined;
  const [next] = openings(rules, environment, at);
  if (next !== undefined && next.from <= at) return undefined;
  return {
    kind: "window",
    name: next?.name ?? "none",
    because: next?.because ?? "",
    ...(next === undefined ? {} : { until: next.from.toISOString() }),
    zone: next?.zone ?? "UTC",
  };
}

/** The freezes of an environment, as instants, first to end first. */
export function freezesHere({ freezes }: FreezeRules, environment: Place): readonly Span[] {
  return freezes
    .filter((freeze) => isHere(freeze, environment))
    .map(({ name, because, zone: where, from, to, lets }): Span => {
      return {
        kind: "freeze",
        name,
        because,
        zone: where,
        from: local(from, where),
        to: local(to, where),
        lets,
      };
    })
    .sort((a, b) => a.to.getTime() - b.to.getTime());
}

/** A month of days and a little: the first such weekday comes again within. */
const daysAhead = 40;

/** The openings of maintenance windows that are not over, as far as they can be told; first to open first. */
export function openings({ windows }: FreezeRules, environment: Place, at: Date): readonly Span[] {
  return windows
    .filter((window) => isHere(window, environment))
    .flatMap((window) => spansOf(window, at))
    .filter(({ to }) => to > at)
    .sort((a, b) => a.from.getTime() - b.from.getTime());
}

function spansOf(window: FreezeRules["windows"][number], at: Date): readonly Span[] {
  const { name, because, zone: where, weekly, monthly, dated } = window;
  const span = (from: Date, to: Date): Span => ({
    kind: "window",
    name,
    because,
    zone: where,
    from,
    to,
    lets: [],
  });
  if (dated !== undefined) return [span(local(dated.from, where), local(dated.to, where))];
  const rule = weekly ?? monthly;
  if (rule === undefined) return [];
  const today = wallClock(at, where).date;
  return Array.from({ length: daysAhead + 2 }, (_, index) => dayAfter(today, index - 1))
    .filter((date) => weekdayOf(date) === rule.day)
    .filter((date) => monthly === undefined || Math.ceil(Number(date.slice(8)) / 7) === monthly.nth)
    .map((date) => {
      const ends = rule.to <= rule.from ? dayAfter(date, 1) : date;
      return span(instantOf(date, rule.from, where), instantOf(ends, rule.to, where));
    });
}

function isHere({ in: named }: { readonly in: readonly string[] }, { name, tier }: Place): boolean {
  return named.includes(name) || named.includes(tier);
}

function local(text: string, where: string): Date {
  return instantOf(text.slice(0, 10), text.slice(11), where);
}

function weekdayOf(date: string) {
  return wallClock(new Date(`${date}T12:00:00Z`), "UTC").weekday;
}

function isZone(name: string): boolean {
  if (name !== "UTC" && !/^[A-Z][A-Za-z_]+(\/[A-Za-z0-9_+-]+){1,2}$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
