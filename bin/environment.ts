import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { EnvironmentFile } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";
import { findEnvironmentFile } from "./environment-names.ts";
import { inlineSecret } from "./inline-secret.ts";

const largest = 1024 * 1024;

/** Reads and checks the file of an environment; a fault names its line. */
export function loadEnvironment(name: string): EnvironmentFile {
  return readEnvironment(findEnvironmentFile(name), name);
}

/** Reads and checks an environment file, which must be the one of that name. A secret in it is refused and never repeated. */
export function readEnvironment(file: string, name: string): EnvironmentFile {
  const text = readText(file);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: "core",
    merge: false,
    uniqueKeys: true,
  });
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken !== undefined)
    throw invalid(
      file,
      lines.linePos(broken.pos[0]).line,
      broken.message.split("\n")[0] ?? "not readable as YAML",
    );
  const secret = inlineSecret(document);
  if (secret !== undefined)
    throw invalid(
      file,
      lines.linePos(secret.offset).line,
      `${secret.path} holds a secret itself; write where it is kept: { env: NAME } or { file: path }`,
      "Take it out of the file, and change it where it is used: whoever could read this file has it.",
    );
  const parsed = EnvironmentFile.safeParse(plain(document, file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path ?? [];
    throw invalid(
      file,
      lineOf(document, lines, path),
      `${path.join(".") || "the file"}: ${issue?.message ?? "is not valid"}`,
    );
  }
  if (parsed.data.name !== name)
    throw invalid(file, 1, `it names itself "${parsed.data.name}", which must be "${name}", the file's name`);
  return parsed.data;
}

/** The document as plain values; aliases that multiply are refused. */
function plain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    throw invalid(file, 1, error instanceof Error ? error.message : String(error));
  }
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > largest) throw new Error(`it has ${bytes.length} bytes`);
    return bytes.toString("utf8");
  } catch (error) {
    throw invalid(file, 1, error instanceof Error ? error.message : String(error));
  }
}

function lineOf(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node: { readonly range?: readonly number[] } | undefined = document.getIn(
      path.slice(0, depth),
      true,
    );
    const at = node?.range?.[0];
    if (at !== undefined) return lines.linePos(at).line;
  }
  return 1;
}

function invalid(
  file: string,
  line: number,
  why: string,
  hint = "Mend the file; nothing was looked at or changed. The shape is documented in data/environments/production.example.yaml.",
): OpsError {
  return new OpsError("environment-invalid", {
    summary: `${basename(file)}, line ${line}: ${why.slice(0, 300)}.`,
    hint,
  });
}
