import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { z } from "zod";
import { CheckedReadiness, Drill } from "#kit/readiness.ts";
import { makeFolder } from "#kit/make-folder.ts";

/**
 * What was last seen of each runbook, one small file each, so that `ops list` reads it without opening the journal. Losing them
 * loses nothing: the next `ops doctor` writes them again.
 */
export type Remembered = {
  checked(environment: string, runbook: string): CheckedReadiness | undefined;
  drill(runbook: string): Drill | undefined;
  rememberChecked(environment: string, runbook: string, checked: CheckedReadiness): void;
  /** Keeps the newest. */
  rememberDrill(runbook: string, drill: Drill): void;
};

/** Remembers in a folder. What cannot be read is as if never seen, and what cannot be written is forgotten: neither stops anybody. */
export function remembered(stateDir: string): Remembered {
  const checkedFile = (environment: string, runbook: string) =>
    join(stateDir, "readiness", fileName(environment), `${fileName(runbook)}.json`);
  const drillFile = (runbook: string) => join(stateDir, "drills", `${fileName(runbook)}.json`);
  const drill = (runbook: string) => read(drillFile(runbook), Drill);
  return {
    checked: (environment, runbook) => read(checkedFile(environment, runbook), CheckedReadiness),
    drill,
    rememberChecked: (environment, runbook, checked) => write(checkedFile(environment, runbook), checked),
    rememberDrill(runbook, seen) {
      const before = drill(runbook);
      if (before === undefined || before.at < seen.at) write(drillFile(runbook), seen);
    },
  };
}

/** Ids are file names already; whatever else comes in cannot leave the folder. */
function fileName(id: string): string {
  return id.replaceAll(/[^a-z0-9-]/gi, "_").slice(0, 80);
}

function read<T>(file: string, schema: z.ZodType<T>): T | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside and then renamed, so that nobody reads half of it. */
function write(file: string, value: unknown): void {
  try {
    makeFolder(dirname(file), 0o700);
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, `${JSON.stringify(value)}\n`, { mode: 0o600 });
    renameSync(fresh, file);
  } catch {
    // Where nothing can be written the journal cannot be either, and that is said there.
  }
}
