import { createContext, Script } from "node:vm";
import { OpsError } from "./errors.ts";

const box: { work?: (() => void) | undefined } = {};
createContext(box);
const script = new Script("work()");
const patienceMs = 2_000;

/**
 * Calls a definition's pure part, and holds it to being one: it answers at once, with a value. A `decide`, `judge` or `read` that
 * throws, promises or takes for ever becomes `definition-invalid`, naming the file and line where it can be known.
 */
export function pure<T>(what: string, work: () => T): T {
  let value: T | undefined;
  box.work = () => {
    value = work();
  };
  try {
    script.runInContext(box, { timeout: patienceMs });
  } catch (error) {
    throw refusal(what, error);
  } finally {
    box.work = undefined;
  }
  if (value instanceof Promise)
    throw new OpsError("definition-invalid", {
      summary: `${what} answered with a promise; it must be pure and answer at once.`,
      hint: "Look in a probe, and decide on what it found.",
    });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- work ran, so value is what it returned
  return value as T;
}

function refusal(what: string, error: unknown): OpsError {
  if (isTimeout(error))
    return new OpsError("definition-invalid", {
      summary: `${what} did not answer within ${patienceMs / 1_000} s and was stopped.`,
      hint: "It must only compute; look for a loop without end.",
    });
  const at = placeOf(error);
  return new OpsError("definition-invalid", {
    summary: `${what} threw${at === undefined ? "" : ` at ${at}`}: ${error instanceof Error ? error.message : String(error)}.`,
    hint: "Mend the definition; nothing was done with its answer.",
    cause: error,
  });
}

/** The stop comes from another realm, so it is no `Error` of ours. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}

/** File name and line of the first frame outside this engine's own `kit/`: "platform-down.ts:190". */
function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const frames = error.stack?.split("\n").slice(1) ?? [];
  for (const frame of frames) {
    const [, file, line] = /([^/\\(\s]+\.[cm]?[jt]s):(\d+):\d+\)?$/.exec(frame) ?? [];
    if (file !== undefined && line !== undefined && !frame.includes(`${import.meta.dirname}/`))
      return `${file}:${line}`;
  }
  return undefined;
}
