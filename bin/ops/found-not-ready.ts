import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { NotReady } from "#kit/render/situation.ts";
import { stateDir } from "#sandbox/state-dir.ts";
import type { KnownPlace } from "./known-place.ts";

/** What `ops doctor` last found not to be ready here, read from what it left behind; nothing of another version of the environment's file. */
export function foundNotReady({ name, hash }: KnownPlace): NotReady | undefined {
  const folder = join(stateDir(), "readiness", name);
  const found = filesOf(folder).flatMap((file) => {
    const checked = read(join(folder, file));
    return checked === undefined || checked["place"] !== hash
      ? []
      : [{ runbook: basename(file, ".json"), checked }];
  });
  const not = found.filter(({ checked }) => checked["state"] === "not-ready");
  const [first] = not;
  const at = found.map(({ checked }) => String(checked["at"])).sort()[0];
  if (first === undefined || at === undefined) return undefined;
  return {
    at,
    of: found.length,
    runbooks: not.map(({ runbook }) => runbook),
    because: String(first.checked["because"]),
  };
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith(".json"));
  } catch {
    return [];
  }
}

function read(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const known: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof known === "object" && known !== null ? { ...known } : undefined;
  } catch {
    return undefined;
  }
}
