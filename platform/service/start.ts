import { isCodedError } from "#kit/errors.ts";
import { createLog, type Log } from "../telemetry/log.ts";
import { learnSecrets } from "../telemetry/redaction.ts";
import { messageOf } from "./error-facts.ts";
import type { ServeSettings } from "./settings.ts";
import { stopOnSignal } from "./shutdown.ts";

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

/** Starts a process of the platform. One that cannot start says so in its log too, where people look for a service that is gone. */
export async function startService<
  Settings extends Pick<ServeSettings, "CSRD_LOG_LEVEL" | "CSRD_LOG_FILE" | "CSRD_LOG_DIR">,
>(service: ServiceStart<Settings>, environment: Environment): Promise<void> {
  learnSecrets(environment);
  let log = createLog(service.name, { level: "INFO", file: environment["CSRD_LOG_FILE"] || undefined });
  try {
    const settings = service.settings(environment);
    log = createLog(service.name, {
      level: settings.CSRD_LOG_LEVEL,
      file: settings.CSRD_LOG_FILE,
      dir: settings.CSRD_LOG_DIR,
    });
    const stop = await service.start(settings, log);
    stopOnSignal(log.named("system"), service.grace(settings), stop);
  } catch (error) {
    const facts = isCodedError(error)
      ? { code: error.code, error_message: error.summary }
      : { error_message: messageOf(error) };
    log.named("system").critical("Could not start", facts);
    throw error;
  }
}
