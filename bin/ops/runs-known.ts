import { OpsError } from "#kit/errors.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import { clean } from "#kit/render/width.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import type { Door } from "./door.ts";
import { didYouMean } from "./nearest.ts";

/** A run's entries and state; throws `run-unknown` with the nearest id. */
export async function runNamed(
  door: Door,
  id: string,
): Promise<{ readonly entries: readonly JournalEntry[]; readonly state: RunState }> {
  const { journal } = await door.wired();
  const entries = await journal.read(id);
  const state = foldRun(entries);
  if (state !== undefined) return { entries, state };
  const near = didYouMean(
    id,
    (await journal.runs({ limit: 200 })).map((row) => row.run),
  );
  throw new OpsError("run-unknown", {
    summary: `There is no run "${clean(id, 40)}".`,
    hint: `${near === "" ? "" : `${near} `}See: ops runs`,
  });
}
