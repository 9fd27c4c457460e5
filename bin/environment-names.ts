import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { OpsError } from "#kit/errors.ts";
import { sandboxDir } from "#sandbox/state-dir.ts";

const shipped = join(import.meta.dirname, "../data/environments");

/** Where an environment's file is looked for: a running sandbox's own, OPS_ENVIRONMENTS, then data/environments/. */
function folders(): readonly string[] {
  const own = process.env["OPS_ENVIRONMENTS"];
  return own === undefined || own === "" ? [shipped] : [own, shipped];
}

/** Where a new environment's file belongs. */
export function environmentsFolder(): string {
  return folders()[0] ?? shipped;
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

/** The file of an environment; throws `environment-unknown`, or `sandbox-down` for a practice production that does not run. */
export function findEnvironmentFile(name: string): string {
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
