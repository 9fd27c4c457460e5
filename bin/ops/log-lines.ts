import { setTimeout as pause } from "node:timers/promises";
import { Command, Option } from "commander";
import { isCodedError, OpsError } from "#kit/errors.ts";
import { type Duration, isDuration, toMs } from "#kit/duration.ts";
import {
  type LinesQuestion,
  type LogLevelName,
  logLevels,
  type UnitLine,
  type UnitLines,
} from "#kit/log-units.ts";
import type { LogReader, Service } from "#kit/ports.ts";
import {
  layoutOf,
  linesByUnit,
  linesSum,
  renderUnitLine,
  unitLineData,
  unitLineJson,
  unitLinesTsv,
  unitsOf,
} from "#kit/render/log-lines.ts";
import { document } from "#kit/render/ndjson.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { End } from "./commands.ts";
import type { Door } from "./door.ts";
import { didYouMean } from "./nearest.ts";
import { collected } from "./params.ts";

/** Flags that say which lines are wanted. */
export type LineFlags = {
  readonly service?: readonly string[];
  readonly unit?: string;
  readonly since: string;
  readonly until?: string;
  readonly level?: LogLevelName;
  readonly contains?: string;
  readonly limit: string;
  readonly within: string;
};
type ViewFlags = LineFlags & { readonly follow?: boolean; readonly for?: string };

/** Adds the flags that say which lines are wanted; a day, a number and a patience of the command's own unless told otherwise. */
export function withLineFlags(
  command: Command,
  usual: { readonly since: Duration; readonly limit: number; readonly within: Duration },
): Command {
  return command
    .option("--service <name>", "lines of this service alone; may be repeated", collected)
    .option("--unit <name>", "lines of this unit alone: a pod, an instance, a log stream")
    .option("--since <duration>", "how far back: 15m, 24h, 7d", usual.since)
    .option("--until <duration>", "up to how long ago: 30m; else now")
    .addOption(new Option("--level <level>", "at this level or above").choices(logLevels))
    .option("--limit <count>", "the newest so many", String(usual.limit))
    .option("--within <duration>", "longest wait for the answer", usual.within);
}

/** `ops logs view`: lines of every unit, as they are or as they come. */
export function viewCommand(door: Door, end: End): Command {
  return withLineFlags(
    new Command("view").description(
      "lines of every unit of every service, the newest last; --follow for what comes",
    ),
    { since: "15m", limit: 100, within: "10s" },
  )
    .option("--contains <text>", "lines that hold this text; plain text, whatever its case")
    .option("--follow", "and what comes, until Ctrl-C")
    .option("--for <duration>", "with --follow: for so long")
    .action((flags: ViewFlags) =>
      flags.follow === true ? follow(door, end, flags) : view(door, end, flags),
    );
}

/** `ops logs search <text>`: who said it, when and how often. */
export function searchCommand(door: Door, end: End): Command {
  return withLineFlags(
    new Command("search")
      .description("lines that hold a text, over every unit; plain text, whatever its case")
      .argument("<text>", "what to look for; never a query or a pattern"),
    { since: "24h", limit: 100, within: "30s" },
  ).action((text: string, flags: LineFlags) => view(door, end, { ...flags, contains: text }));
}

/** What is asked, of whom. */
export async function linesAsked(
  door: Door,
  flags: LineFlags,
): Promise<{
  readonly logs: LogReader;
  readonly services: readonly Service[];
  readonly everyone: readonly Service[];
  readonly question: LinesQuestion;
}> {
  const question = questionOf(flags);
  const wired = await door.wired();
  const { services: everyone } = wired.environment;
  const services =
    flags.service === undefined ? everyone : flags.service.map((name) => named(name, everyone));
  return { logs: await wired.logs(), services, everyone, question };
}

function named(name: string, everyone: readonly Service[]): Service {
  const found = everyone.find((service) => service.name === name);
  if (found !== undefined) return found;
  const names = everyone.map((service) => service.name);
  throw new OpsError("usage", {
    summary: `This environment has no service "${clean(name, 40)}".`,
    hint: `${didYouMean(name, names)} It has ${names.join(", ")}.`.trim(),
  });
}

function questionOf(flags: LineFlags): LinesQuestion {
  const now = Date.now();
  const until = now - (flags.until === undefined ? 0 : toMs(durationOf("--until", flags.until)));
  const from = now - toMs(durationOf("--since", flags.since));
  if (from >= until)
    throw new OpsError("usage", {
      summary: "The time asked for ends before it begins.",
      hint: "--until names an instant nearer than --since: --since 2h --until 1h.",
    });
  if (flags.contains?.trim() === "")
    throw new OpsError("usage", {
      summary: "There is nothing to look for.",
      hint: "Name the text, or leave it out to see every line.",
    });
  return {
    from: new Date(from),
    until: new Date(until),
    least: flags.level,
    contains: flags.contains,
    unit: flags.unit,
    limit: numberOf(flags.limit),
    within: durationOf("--within", flags.within),
  };
}

function numberOf(text: string): number {
  const number = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= 1_000_000) return number;
  throw new OpsError("usage", {
    summary: `--limit "${clean(text, 40)}" is no number of lines.`,
    hint: "Write a whole number from 1 to 1000000.",
  });
}

function durationOf(flag: string, text: string): Duration {
  if (isDuration(text) && toMs(text) > 0) return text;
  throw new OpsError("usage", {
    summary: `${flag} "${clean(text, 40)}" is no length of time.`,
    hint: "Write 30m, 24h or 7d.",
  });
}

async function view(door: Door, end: End, flags: LineFlags): Promise<void> {
  const { logs, services, everyone, question } = await linesAsked(door, flags);
  const found = await logs.lines(services, question, everyone);
  if (door.globals.json) door.print(asDocument(question, found));
  else if (door.isPiped) {
    door.print(unitLinesTsv(found.lines, door.globals.header));
    if (found.incomplete !== undefined || found.more) door.tell(linesSum(door.screen(), question, found));
  } else door.print(onScreen(door, question, found));
  end(found.incomplete === undefined ? 0 : 3);
}

function asDocument(question: LinesQuestion, { lines, incomplete, more }: UnitLines): string {
  return document({
    from: question.from.toISOString(),
    until: question.until.toISOString(),
    units: unitsOf(lines),
    lines: lines.map(unitLineData),
    more,
    complete: incomplete === undefined,
    ...(incomplete === undefined ? {} : { incomplete }),
  });
}

function onScreen(door: Door, question: LinesQuestion, found: UnitLines): readonly string[] {
  const screen = door.screen();
  const layout = layoutOf(question, found.lines);
  const counted =
    question.contains === undefined || found.lines.length === 0
      ? []
      : hang(
          screen,
          "   ",
          linesByUnit(found.lines)
            .map(([unit, count]) => `${unit} ${count}`)
            .join(", "),
        );
  return [
    ...found.lines.flatMap((line) => renderUnitLine(screen, line, layout)),
    ...(found.lines.length === 0 ? [] : [""]),
    ...linesSum(screen, question, found),
    ...counted,
  ];
}

/** So often is looked for new lines. */
const pollMs = 1_500;
/** A line may reach the log service this much later than its own time says. */
const lateMs = 30_000;
/** So many new lines are shown of one look. */
const mostAtOnce = 10_000;

/** What is there, then what comes, until Ctrl-C or the time is up; both are its proper end. */
async function follow(door: Door, end: End, flags: ViewFlags): Promise<void> {
  if (flags.until !== undefined)
    throw new OpsError("usage", {
      summary: "--follow has no end in the past.",
      hint: "Leave out --until; --for 10m ends it after ten minutes.",
    });
  const forMs = flags.for === undefined ? undefined : toMs(durationOf("--for", flags.for));
  const { logs, services, everyone, question } = await linesAsked(door, flags);
  const over = new AbortController();
  const leave = () => over.abort();
  process.on("SIGINT", leave).on("SIGTERM", leave);
  const timer = forMs === undefined ? undefined : setTimeout(leave, forMs);
  const show = shower(door, question);
  const seen = seenLines();
  let { from } = question;
  let oldest = from.getTime();
  let silent = false;
  try {
    while (!over.signal.aborted) {
      const until = new Date();
      try {
        const limit = seen.none() ? question.limit : mostAtOnce;
        const found = await logs.lines(services, { ...question, from, until, limit }, everyone);
        // What the first limit left out is not new.
        if (found.more && seen.none()) oldest = Date.parse(found.lines[0]?.at ?? from.toISOString());
        show(seen.fresh(found.lines));
        if (found.incomplete !== undefined)
          door.tell(hang(door.screen(), "   ", `Not everything was read: ${clean(found.incomplete, 200)}`));
        from = new Date(Math.max(oldest, until.getTime() - lateMs));
        seen.forget(from);
        silent = false;
      } catch (error) {
        // One that never answered is a fault to be told; one that stops answering may come back.
        if (!isCodedError(error) || error.code !== "tool-unreachable" || seen.none()) throw error;
        if (!silent)
          door.tell(hang(door.screen(), "   ", `${error.summary} It is asked again until Ctrl-C.`));
        silent = true;
      }
      await pause(pollMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", leave).off("SIGTERM", leave);
  }
  end(0);
}

function shower(door: Door, question: LinesQuestion): (lines: readonly UnitLine[]) => void {
  let first = true;
  let widest = 0;
  return (lines) => {
    const isFirst = first;
    first = false;
    if (door.globals.json) {
      door.printVersion();
      if (lines.length > 0) door.print(lines.map(unitLineJson));
    } else if (door.isPiped) {
      const rows = unitLinesTsv(lines, isFirst && door.globals.header);
      if (rows.length > 0) door.print(rows);
    } else if (lines.length > 0) {
      const layout = layoutOf(question, lines);
      widest = Math.max(widest, layout.unit);
      door.print(lines.flatMap((line) => renderUnitLine(door.screen(), line, { ...layout, unit: widest })));
    }
  };
}

/** Remembers what was shown, for as long as it may come again. Two lines that are the same to the letter are two lines. */
function seenLines() {
  const shown = new Map<string, { readonly at: string; readonly count: number }>();
  let asked = false;
  return {
    fresh(lines: readonly UnitLine[]): readonly UnitLine[] {
      asked = true;
      const now = new Map<string, number>();
      return lines.filter((line) => {
        const key = unitLineJson(line);
        const count = (now.get(key) ?? 0) + 1;
        now.set(key, count);
        if (count <= (shown.get(key)?.count ?? 0)) return false;
        shown.set(key, { at: line.at, count });
        return true;
      });
    },
    /** Nothing older than this is asked for again. */
    forget(from: Date): void {
      for (const [key, { at }] of shown) if (at < from.toISOString()) shown.delete(key);
    },
    none: () => !asked,
  };
}
