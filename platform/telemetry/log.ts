import { fstatSync, openSync } from "node:fs";
import path from "node:path";
import { pino } from "pino";
import { makeFolder } from "#kit/make-folder.ts";
import type { LogLevel } from "../agent.ts";
import { harmless, safeContext, safeText } from "./line.ts";
import { classOf, type LogClass, logClasses } from "./log-classes.ts";
import { classFiles } from "./log-files.ts";
import { descriptorSink, type Sink } from "./sink.ts";
import { currentTrace } from "./trace.ts";

/** Facts beside a message; names in snake_case, as the log queries expect them. */
type LogContext = Readonly<Record<string, unknown>>;

/**
 * Writes lines in the operations manual's "Structured Logging Format": timestamp, level, logger, message, context, trace_id, span_id.
 * Each line belongs to the class that its logger says (`classOf`). No secret and no control character leaves by a line, and no line
 * throws, waits or ends the process, whatever becomes of the places it is written to.
 */
export type Log = {
  write(level: LogLevel, message: string, context: LogContext): void;
  debug(message: string, context: LogContext): void;
  info(message: string, context: LogContext): void;
  warning(message: string, context: LogContext): void;
  error(message: string, context: LogContext): void;
  critical(message: string, context: LogContext): void;
  /**
   * A line whose every word and number is this program's own, for what is said of every request: it is not looked through for secrets. Nothing that
   * came from outside may be in it.
   */
  own(level: LogLevel, message: string, context: OwnFacts): void;
  /** The same sink under another logger name: `csrd_platform.<name>`; `access`, `security` and `system` name the class too. */
  named(name: string): Log;
};

/** Facts that no foreign text is part of. */
type OwnFacts = Readonly<Record<string, string | number>>;

/** Where lines go beside stdout, and the least level written. */
export type LogOptions = {
  readonly level: LogLevel;
  /** Also appended here, one JSON object per line. */
  readonly file?: string | undefined;
  /** Also appended to `<class>.ndjson` in this folder, put aside daily as `<class>-YYYY-MM-DD.ndjson`. */
  readonly dir?: string | undefined;
  /** Instead of stdout. */
  readonly to?: { write(line: string): void } | undefined;
};

const pinoLevels = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warn",
  ERROR: "error",
  CRITICAL: "fatal",
} as const;
const labels: Readonly<Record<string, LogLevel>> = {
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

/** A line longer than this keeps its message and loses its facts; log services refuse more than 256 KiB. */
const longestLine = 65_536;
/** How long the end of a process waits for a reader of its last lines. */
const lastWordsMs = 500;

/** The log of one process, under the logger name `csrd_platform.<name>`. */
export function createLog(name: string, options: LogOptions): Log {
  return logOver(pinoOver(options), name);
}

/** What a line is given before it is written; pino makes the JSON. */
type Writer = {
  readonly takes: (level: LogLevel) => boolean;
  readonly write: (level: LogLevel, logger: string, message: string, context: unknown) => void;
};

function pinoOver(options: LogOptions): Writer {
  const places = placesOf(options);
  let of: LogClass = "application";
  const level = pinoLevels[options.level];
  const sink = pino(
    {
      level,
      base: null,
      messageKey: "message",
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: labels[label] ?? "INFO" }) },
    },
    {
      write: (line: string) => {
        const shown = harmless(line);
        for (const place of places) place(shown, of);
      },
    },
  );
  return {
    takes: (at) => sink.isLevelEnabled(pinoLevels[at]),
    write: (at, logger, message, context) => {
      const { traceId, spanId } = currentTrace();
      // Read by the destination, to which pino writes before it returns.
      of = classOf(logger);
      sink[pinoLevels[at]]({ logger, context, trace_id: traceId, span_id: spanId }, message);
    },
  };
}

function logOver(writer: Writer, name: string): Log {
  const logger = `csrd_platform.${name}`;
  const write = (level: LogLevel, message: string, context: LogContext): void => {
    if (writer.takes(level)) writer.write(level, logger, safeText(message), fitting(safeContext(context)));
  };
  return {
    write,
    debug: (message, context) => write("DEBUG", message, context),
    info: (message, context) => write("INFO", message, context),
    warning: (message, context) => write("WARNING", message, context),
    error: (message, context) => write("ERROR", message, context),
    critical: (message, context) => write("CRITICAL", message, context),
    own: (level, message, context) => {
      if (writer.takes(level)) writer.write(level, logger, message, context);
    },
    named: (other) => logOver(writer, other),
  };
}

/** The facts, or, where they would make the line too long, how long they were. */
function fitting(context: unknown): unknown {
  const { length } = JSON.stringify(context) ?? "";
  return length <= longestLine ? context : { context_too_long: length };
}

type Place = (line: string, of: LogClass) => void;

function placesOf(options: LogOptions): readonly Place[] {
  const { to, file, dir } = options;
  const everything = (sink: { write(line: string): void }): Place => {
    return (line) => sink.write(line);
  };
  const byClass = (folder: string): Place => {
    const files = classFiles(folder);
    const sinks = Object.fromEntries(logClasses.map((name) => [name, made(name, files[name])] as const));
    return (line, of) => sinks[of]?.write(line);
  };
  return [
    everything(to ?? stdout()),
    ...(file === undefined ? [] : [everything(made("file", oneFile(file)))]),
    ...(dir === undefined ? [] : [byClass(dir)]),
  ];
}

let ofStdout: Sink | undefined;

function stdout(): Sink {
  // Node makes the pipe one that refuses instead of waiting, when it is first asked for its stdout.
  void process.stdout.writable;
  ofStdout ??= made("stdout", () => 1);
  return ofStdout;
}

/** The descriptor of a file; one that was taken away is made again within a second. */
function oneFile(file: string): () => number | undefined {
  let open: { readonly fd: number; readonly at: number } | undefined;
  return () => {
    if (open !== undefined && (performance.now() - open.at < 1_000 || fstatSync(open.fd).nlink > 0))
      return open.fd;
    try {
      makeFolder(path.dirname(file));
      open = { fd: openSync(file, "a", 0o640), at: performance.now() };
    } catch {
      return undefined;
    }
    return open.fd;
  };
}

const all: Sink[] = [];

function made(name: string, descriptor: () => number | undefined): Sink {
  if (all.length === 0)
    process.on("exit", () => {
      for (const sink of all) sink.flush(lastWordsMs);
    });
  const sink = descriptorSink({ name, descriptor, notice: (missing) => noticeOf(name, missing) });
  all.push(sink);
  return sink;
}

function noticeOf(sink: string, missing: number): string {
  const { traceId, spanId } = currentTrace();
  return `${JSON.stringify({
    level: "WARNING",
    timestamp: new Date().toISOString(),
    logger: "csrd_platform.system.log",
    context: { sink, lines_missing: missing },
    trace_id: traceId,
    span_id: spanId,
    message: "Log lines are missing before this one",
  })}\n`;
}
