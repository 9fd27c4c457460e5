import type { Log } from "../telemetry/log.ts";

/**
 * Ends the process in good order on SIGTERM or SIGINT: `stop` runs once, then exit 0.
 * After `within` milliseconds, or on a second signal, it ends at once with exit 1.
 */
export function stopOnSignal(log: Log, within: number, stop: () => Promise<void>): void {
  process.on("uncaughtException", (error) => {
    log.critical("Process ends on a defect", { error_message: error.message, stack: error.stack });
    process.exit(1);
  });
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) {
      log.warning("Stopped at once", { signal });
      process.exit(1);
    }
    stopping = true;
    log.info("Stopping", { signal });
    const deadline = setTimeout(() => {
      log.error("Stopping took too long", { within_ms: within });
      process.exit(1);
    }, within);
    deadline.unref();
    stop().then(
      () => {
        log.info("Stopped", {});
        process.exit(0);
      },
      (error: unknown) => {
        log.error("Stopping failed", { error_message: String(error) });
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}
