import type { Duration } from "./duration.ts";
import { memberOf, type ParsedLine, parseLine, textOf, timeOf } from "./log-lines.ts";
import type { Service } from "./ports.ts";

/** Levels of a line, the least first, as the operations manual writes them. */
export const logLevels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;
export type LogLevelName = (typeof logLevels)[number];

/** Which lines are wanted; every condition must be met. Nothing in it is a query language: what a person types is compared, never run. */
export type LinesQuestion = {
  /** Both ends belong to it. */
  readonly from: Date;
  readonly until: Date;
  /** At this level or above; lines that say no level are then left out. Undefined: every line. */
  readonly least: LogLevelName | undefined;
  /** Plain text that a line holds in its logger, message, facts or trace id, whatever its case. */
  readonly contains: string | undefined;
  /** One unit, by the name that its lines carry. */
  readonly unit: string | undefined;
  /** The newest so many. */
  readonly limit: number;
  /** Longest wait; what was not searched by then is said. */
  readonly within: Duration;
};

/** One line of one running copy of a service; foreign text in it is already harmless and without secrets. */
export type UnitLine = {
  /** ISO instant with milliseconds; a line without a time of its own has that of whoever kept it. */
  readonly at: string;
  /** Whose line it is: an instance, a pod, a log stream. */
  readonly unit: string;
  /** The service that the unit belongs to; undefined where its name does not say. */
  readonly service: string | undefined;
  /** As written; empty for a line that is not one of the platform's, such as a crash's last words. */
  readonly level: string;
  /** Empty likewise. */
  readonly logger: string;
  readonly message: string;
  /** The facts beside the message, `name=value`, as people read them. */
  readonly facts: string;
  /** The same as data. */
  readonly context: Readonly<Record<string, unknown>>;
  readonly trace: string | undefined;
};

/** The lines found. */
export type UnitLines = {
  /** Oldest first. */
  readonly lines: readonly UnitLine[];
  /** Why these are not all the lines that were asked for; undefined when they are. Reaching `limit` is no reason: `more` says that. */
  readonly incomplete: string | undefined;
  /** True when there are older lines that the limit left out. */
  readonly more: boolean;
};

/** How a line is made harmless: texts at most so long, and data without secrets. */
export type Harmless = {
  readonly text: (text: string, most: number) => string;
  readonly data: (value: unknown) => unknown;
};

const longest = 8_000;

/** One line as it lies in a log, told as a line of a unit. `keptAt` is when whoever keeps it says it came. */
export function unitLineOf(
  text: string,
  {
    unit,
    service,
    keptAt,
  }: { readonly unit: string; readonly service: string | undefined; readonly keptAt: number },
  harmless: Harmless,
): UnitLine {
  const line = parseLine(text);
  const whose = { unit: harmless.text(unit, 120), service };
  if (line === undefined || typeof line["message"] !== "string")
    return {
      at: new Date((line === undefined ? undefined : timeOf(line)) ?? keptAt).toISOString(),
      ...whose,
      level: line === undefined ? "" : harmless.text(textOf(line["level"]), 20),
      logger: line === undefined ? "" : harmless.text(textOf(line["logger"]), 120),
      message: harmless.text(text, longest),
      facts: "",
      context: {},
      trace: undefined,
    };
  const context = factsOf(line, harmless);
  const trace = memberOf(line, "trace_id");
  return {
    at: new Date(timeOf(line) ?? keptAt).toISOString(),
    ...whose,
    level: harmless.text(textOf(line["level"]), 20),
    logger: harmless.text(textOf(line["logger"]), 120),
    message: harmless.text(textOf(line["message"]), longest),
    facts: Object.entries(context)
      .map(([name, value]) => `${harmless.text(name, 80)}=${harmless.text(textOf(value), longest)}`)
      .join(" "),
    context,
    trace: typeof trace === "string" ? harmless.text(trace, 64) : undefined,
  };
}

function factsOf(line: ParsedLine, harmless: Harmless): Readonly<Record<string, unknown>> {
  const safe = harmless.data(line["context"] ?? {});
  return typeof safe === "object" && safe !== null && !Array.isArray(safe) ? { ...safe } : {};
}

/** True for a line that meets every condition; the same for every log service, so that one question has one answer. */
export function isWanted(line: UnitLine, { from, until, least, contains, unit }: LinesQuestion): boolean {
  if (line.at < from.toISOString() || line.at > until.toISOString()) return false;
  if (unit !== undefined && line.unit !== unit) return false;
  if (least !== undefined && !levelsFrom(least).includes(line.level)) return false;
  if (contains === undefined) return true;
  const text = `${line.logger} ${line.message} ${line.facts} ${line.trace ?? ""}`;
  return text.toLowerCase().includes(contains.toLowerCase());
}

/** This level and those above it. */
export function levelsFrom(least: LogLevelName): readonly string[] {
  return logLevels.slice(logLevels.indexOf(least));
}

/** The newest `limit` of what was found, oldest first; lines of one instant keep the order in which they were found. */
export function newestLines(
  found: readonly UnitLine[],
  { limit }: Pick<LinesQuestion, "limit">,
  incomplete: string | undefined,
): UnitLines {
  const sorted = found.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return { lines: sorted.slice(Math.max(0, sorted.length - limit)), incomplete, more: sorted.length > limit };
}

/**
 * The service a unit belongs to, by its name: that of an instance of the service, or one that begins with the service's or its workload's name. The
 * longest such name wins, so that `api-gateway-1` is no unit of `api`. Undefined where no name fits.
 */
export function serviceOfUnit(unit: string, services: readonly Service[]): string | undefined {
  let best: { readonly name: string; readonly length: number } | undefined;
  for (const { name, workload, instances } of services) {
    if (instances.includes(unit)) return name;
    for (const prefix of [name, ...(workload === undefined ? [] : [workload])]) {
      const begins =
        unit === prefix || (unit.startsWith(prefix) && /[-_./:]/.test(unit.charAt(prefix.length)));
      if (begins && prefix.length > (best?.length ?? 0)) best = { name, length: prefix.length };
    }
  }
  return best?.name;
}
