import type { CsrdConfig } from "#platform/config.ts";
import type { LogLevel } from "#platform/agent.ts";
import type { Around } from "#platform/sdk.ts";
import { type Watch, watch } from "./watch.ts";

/** What every command that runs stages brings to them: settings, log lines, the view, and Ctrl-C. */
export type Surroundings = Required<Pick<Around, "config" | "log" | "onStage" | "signal">> & {
  readonly view: Watch;
};

/** Makes them; the first Ctrl-C stops at the next safe place and publishes nothing, the second ends the process. */
export function surroundings(
  config: CsrdConfig,
  output: { readonly json?: boolean; readonly quiet?: boolean },
): Surroundings {
  const view = watch({ json: output.json === true, quiet: output.quiet === true });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
  return { config, view, log: logger(config), onStage: (event) => view.on(event), signal: stop.signal };
}

const levels: readonly LogLevel[] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/** Log lines go nowhere unless asked for; then to stderr, as JSON in the shape of the services' logs. */
function logger({ logLevel, env }: CsrdConfig): Surroundings["log"] {
  const from = levels.findIndex((level) => level === logLevel);
  const place = env === "" ? {} : { environment: env };
  return (level, message, context) => {
    if (from < 0 || levels.indexOf(level) < from) return;
    const line = {
      timestamp: new Date().toISOString(),
      level,
      logger: "csrd_platform.pipeline",
      message,
      context: { ...place, ...context },
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  };
}

/** The exit status of finished work: 0 done, 2 done with warnings or not compliant. */
export const exitOf = { ok: 0, warnings: 2, failed: 2 } as const;
