/**
 * The classes of log lines and what each is kept for; source: clo-operations-manual "Log Categories and Retention". The audit log is not
 * among them: it lives in the database.
 */
export const logClasses = ["application", "access", "security", "system"] as const;
export type LogClass = (typeof logClasses)[number];

/**
 * The class of a line, read from its logger, so that the line keeps the manual's shape: `csrd_platform.access` and everything below it is
 * access, likewise `security` (refused keys, rights, switches) and `system` (the process itself); all else is application.
 */
export function classOf(logger: string): LogClass {
  const first = logger.replace(/^csrd_platform\./, "").split(".")[0];
  return logClasses.find((name) => name === first) ?? "application";
}
