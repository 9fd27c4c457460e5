import { isCodedError } from "#kit/errors.ts";
import { createLog, type Log } from "../telemetry/log.ts";
import { learnSecrets } from "../telemetry/redaction.ts";
import { messageOf } from "./error-facts.ts";
import type { ServeSettings } from "./settings.ts";
import type { processSettings } from "./settings/process.ts";
import { stopOnSignal } from "./shutdown.ts";
import { stepBack } from "./step-back.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What one kind of process is made of. */
export type ServiceStart<Settings> = {
  /** Logger name of its own lines: `csrd_platform.<name>`. */
  readonly name: string;
  readonly settings: (environment: Environment) => Settings;
  /** Starts it; gives the way to stop it. */
  readonly start: (settings: Settings, log: Log) => Promise<() => Promise<void>>;
  /** Milliseconds that stopping may take. */
  readonly grace: (settings: Settings) => number;
};

/** What every process is told about its log and its traces. */
type TelemetrySettings = Pick<ServeSettings, keyof typeof processSettings>;

/** Starts a process of the platform. One that cannot start says so in its log too, where people look for a service that is gone. */
export async function startService<Settings extends TelemetrySettings>(
  service: ServiceStart<Settings>,
  environment: Environment,
): Promise<void> {
  learnSecrets(environment);
  let log = createLog(service.name, { level: "INFO", file: environment["CSRD_LOG_FILE"] || undefined });
  try {
    const settings = service.settings(environment);
    log = createLog(service.name, {
      level: settings.CSRD_LOG_LEVEL,
      file: settings.CSRD_LOG_FILE,
      dir: settings.CSRD_LOG_DIR,
    });
    // Before any thread is started: each takes over the priority of the one that starts it.
    stepBack(settings.CSRD_NICE);
    const flush = await tracing(service.name, settings);
    const stop = await service.start(settings, log);
    stopOnSignal(log.named("system"), service.grace(settings), () => stop().finally(flush));
  } catch (error) {
    const facts = isCodedError(error)
      ? { code: error.code, error_message: error.summary }
      : { error_message: messageOf(error) };
    log.named("system").critical("Could not start", facts);
    throw error;
  }
}

/** Keeps traces where an address for them is set; OpenTelemetry is loaded only then. Gives the way to send the last ones. */
async function tracing(name: string, settings: TelemetrySettings): Promise<() => Promise<void>> {
  const url = settings.CSRD_OTLP_URL ?? settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (url === undefined) return async () => undefined;
  const { startTracing } = await import("../telemetry/tracing.ts");
  return startTracing({
    url,
    headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
    ratio: settings.CSRD_TRACE_RATIO,
    service: `csrd-${name.replace(/^agents\.(\w+)_agent$/, "$1")}`,
    instance: settings.CSRD_INSTANCE,
    version: settings.CSRD_VERSION,
  });
}
