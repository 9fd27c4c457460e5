import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { OpsError } from "#kit/errors.ts";
import { SavedLogQueries, type SavedLogQuery } from "#kit/log-query.ts";

const file = new URL("../data/log-queries.yaml", import.meta.url);

let kept: readonly SavedLogQuery[] | undefined;

/** The manuals' and the runbooks' questions to the logs, in the order of their file; throws `definition-invalid` when it cannot be read. */
export function savedLogQueries(): readonly SavedLogQuery[] {
  kept ??= read();
  return kept;
}

function read(): readonly SavedLogQuery[] {
  const parsed = SavedLogQueries.safeParse(parse(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data.queries;
  const issue = parsed.error.issues[0];
  throw new OpsError("definition-invalid", {
    summary: `data/log-queries.yaml: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is not valid"}.`,
    hint: "Mend the file; no log was asked.",
  });
}
