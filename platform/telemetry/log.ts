import { pino } from "pino";
import type { LogLevel } from "../agent.ts";
import { currentTrace } from "./trace.ts";

/** Facts beside a message; names in snake_case, as the log queries expect them. */
type LogContext = Readonly<Record<string, unknown>>;

/** Writes lines in the operations manual's "Structured Logging Format": timestamp, level, logger, message, context, trace_id, span_id. */
export type Log = {
  write(level: LogLevel, message: string, context: LogContext): void;
  debug(message: string, context: LogContext): void;
  info(message: string, context: LogContext): void;
  warning(message: string, context: LogContext): void;
  error(message: string, context: LogContext): void;
  critical(message: string, context: LogContext): void;
  /** The same sink under another logger name: `csrd_platform.<name>`. */
  named(name: string): Log;
};

/** Where lines go beside stdout, and the least level written. */
export type LogOptions = {
  readonly level: LogLevel;
  /** Also appended here, one JSON object per line. */
  readonly file?: string | undefined;
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

/** The log of one process, under the logger name `csrd_platform.<name>`. */
export function createLog(name: string, options: LogOptions): Log {
  const level = pinoLevels[options.level];
  const streams: pino.StreamEntry[] = [
    { level, stream: options.to ?? pino.destination({ fd: 1, sync: true }) },
    ...(options.file === undefined
      ? []
      : [{ level, stream: pino.destination({ dest: options.file, append: true, mkdir: true, sync: true }) }]),
  ];
  const sink = pino(
    {
      level,
      base: null,
      messageKey: "message",
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: labels[label] ?? "INFO" }) },
    },
    pino.multistream(streams),
  );
  return logOver(sink, name);
}

function logOver(sink: pino.Logger, name: string): Log {
  const write = (level: LogLevel, message: string, context: LogContext): void => {
    const { traceId, spanId } = currentTrace();
    sink[pinoLevels[level]](
      { logger: `csrd_platform.${name}`, context, trace_id: traceId, span_id: spanId },
      message,
    );
  };
  return {
    write,
    debug: (message, context) => write("DEBUG", message, context),
    info: (message, context) => write("INFO", message, context),
    warning: (message, context) => write("WARNING", message, context),
    error: (message, context) => write("ERROR", message, context),
    critical: (message, context) => write("CRITICAL", message, context),
    named: (other) => logOver(sink, other),
  };
}
