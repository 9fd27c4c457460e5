import { isCodedError } from "#kit/errors.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import { paramFacts } from "#kit/render/params.ts";
import type { Runbook } from "#kit/runbook.ts";
import { chooseEnvironment } from "../environment-names.ts";
import { loadEnvironment } from "../environment.ts";

/** The chosen environment, or why there is none; choosing none is no failure for a command that only reads definitions. */
export function environmentOr(named: string | undefined): {
  readonly file?: EnvironmentFile;
  readonly why?: string;
} {
  try {
    return { file: loadEnvironment(chooseEnvironment(named)) };
  } catch (error) {
    return { why: isCodedError(error) ? error.summary : String(error) };
  }
}

/** Whether a runbook can run here, in words: "ready in sandbox", or what is missing. */
export function readinessOf(runbook: Runbook, { file, why }: ReturnType<typeof environmentOr>): string {
  if (file === undefined) return `cannot run yet: ${why ?? "no environment is chosen"}`;
  const service = paramFacts(runbook).find(({ name }) => name === "service")?.fallback;
  if (file.bindings["aws"] === undefined) return `cannot run in ${file.name}: it has no aws binding`;
  if (service !== undefined && file.services.every(({ name }) => name !== service))
    return `cannot run in ${file.name} without --service: it has no service ${service}`;
  return `ready in ${file.name}`;
}
