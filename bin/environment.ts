import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { EnvironmentFile } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";
import { sandboxDir } from "#sandbox/state-dir.ts";

const shipped = join(import.meta.dirname, "../data/environments");
const largest = 1024 * 1024;

/** Where an environment's file is looked for: a running sandbox's own, OPS_ENVIRONMENTS, then data/environments/. */
function folders(): readonly string[] {
  const own = process.env["OPS_ENVIRONMENTS"];
  return own === undefined || own === "" ? [shipped] : [own, shipped];
}

const sandboxFile = () => join(sandboxDir(), "environment.yaml");

/** Names that `--env` takes here. */
export function knownEnvironments(): readonly string[] {
  const named = folders()
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder))
    .filter((file) => file.endsWith(".yaml") && !file.endsWith(".example.yaml"))
    .map((file) => basename(file, ".yaml"));
  return [...new Set([...(existsSync(sandboxFile()) ? ["sandbox"] : []), ...named])].sort();
}

/**
 * The environment a command works in: the one named, or OPS_ENV, or the only one there is.
 * Never a silent default among several: the wrong environment is the worst slip there is.
 */
export function chooseEnvironment(named: string | undefined): string {
  const asked = named ?? process.env["OPS_ENV"];
  if (asked !== undefined && asked !== "") return asked;
  const known = knownEnvironments();
  const [only] = known;
  if (only !== undefined && known.length === 1) return only;
  throw new OpsError("environment-unknown", {
    summary:
      known.length === 0
        ? "No environment is set up here."
        : `Several environments are known here: ${known.join(", ")}.`,
    hint:
      known.length === 0
        ? "Practise with: ops sandbox up   or copy data/environments/production.example.yaml and set OPS_ENVIRONMENTS."
        : "Say which: --env NAME, or set OPS_ENV.",
  });
}

/** Reads and checks an environment file; a fault names its line. */
export function loadEnvironment(name: string): EnvironmentFile {
  const file = findFile(name);
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

function findFile(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name))
    throw new OpsError("environment-unknown", {
      summary: `"${name.slice(0, 60)}" is no name of an environment.`,
      hint: `Known here: ${knownEnvironments().join(", ") || "none"}.`,
    });
  const candidates = [
    ...(name === "sandbox" ? [sandboxFile()] : []),
    ...folders().map((folder) => join(folder, `${name}.yaml`)),
  ];
  const file = candidates.find((candidate) => existsSync(candidate));
  if (file !== undefined) return file;
  if (name === "sandbox")
    throw new OpsError("sandbox-down", {
      summary: "The practice production is not running.",
      hint: "Start it: ops sandbox up",
    });
  throw new OpsError("environment-unknown", {
    summary: `There is no environment file for "${name}".`,
    hint: `Known here: ${knownEnvironments().join(", ") || "none"}. Files live in data/environments/ or the folder OPS_ENVIRONMENTS names.`,
  });
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

function invalid(file: string, line: number, why: string): OpsError {
  return new OpsError("environment-invalid", {
    summary: `${basename(file)}, line ${line}: ${why.slice(0, 300)}.`,
    hint: "Mend the file; nothing was looked at or changed. The shape is documented in data/environments/production.example.yaml.",
  });
}
