import { appendFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isCodedError } from "#kit/errors.ts";
import { CsrdError } from "#platform/errors.ts";
import { makeFolder } from "#kit/make-folder.ts";

/** Ends the process with an error: one sentence, what to do, the code; or one JSON object. The refusal is recorded. */
export function endWith(thrown: unknown, { json }: { readonly json: boolean }): void {
  const error = isCodedError(thrown) ? thrown : unexpected(thrown);
  const entry = {
    status: "refused",
    code: error.code,
    summary: error.summary,
    hint: error.hint,
    exit: error.exit,
  } as const;
  record(entry);
  if (json) process.stdout.write(`${JSON.stringify(entry)}\n`);
  else
    process.stderr.write(
      `${inert(error.summary)}\n  ${inert(error.hint)}\n  code ${error.code} · docs/errors/${error.code}.md · exit ${error.exit}\n`,
    );
  if (process.env["CSRD_DEBUG"] === "1" && thrown instanceof Error)
    process.stderr.write(`${thrown.stack ?? ""}\n`);
  process.exitCode = error.exit;
}

function unexpected(thrown: unknown): CsrdError {
  if (thrown instanceof DOMException && thrown.name === "AbortError")
    return new CsrdError("csrd-interrupted", {
      summary: "Stopped before it was done.",
      hint: "What is written is whole; run the command again.",
    });
  const code = typeof thrown === "object" && thrown !== null && "code" in thrown ? thrown.code : undefined;
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  if (
    code === "EACCES" ||
    code === "ENOSPC" ||
    code === "EROFS" ||
    code === "EISDIR" ||
    code === "ENOTDIR" ||
    code === "EPERM"
  )
    return new CsrdError("csrd-usage", {
      summary: `A file could not be read or written: ${said}.`,
      hint: "Name a folder you may write to, with room left.",
      cause: thrown,
    });
  return new CsrdError("csrd-defect", {
    summary: `csrd failed in a way it does not know: ${said}.`,
    hint: "Run again with CSRD_DEBUG=1 and send the output.",
    cause: thrown,
  });
}

/** Where refusals are kept: one line each. */
function stateFolder(): string {
  const base = process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state");
  return process.env["CSRD_STATE_DIR"] ?? join(base, "csrd");
}

function record(entry: object): void {
  try {
    makeFolder(stateFolder());
    appendFileSync(
      join(stateFolder(), "refusals.ndjson"),
      `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`,
    );
  } catch {
    process.stderr.write(`The refusal could not be recorded in ${stateFolder()}.\n`);
  }
}

/** Text from files, made safe for a terminal. */
export function inert(text: string): string {
  return text.replaceAll(/(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "");
}
