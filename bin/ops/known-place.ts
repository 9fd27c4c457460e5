import { statSync } from "node:fs";
import { isCodedError } from "#kit/errors.ts";
import type { Place } from "#kit/render/environment.ts";
import { chooseEnvironment, findEnvironmentFile } from "../environment-names.ts";
import { recall, remember } from "../memory.ts";

/** What the situation report needs of an environment file. */
export type KnownPlace = Place & {
  readonly name: string;
  readonly approvers: readonly string[];
  /** Changes with the file's content; what was examined under another one says nothing. */
  readonly hash: string;
  /** Where its locks live. */
  readonly locks: string;
  /** Names of the destinations that are told about runs, as the journal's cursors know them. */
  readonly destinations: readonly string[];
};

/** Which file it was read from, and when that file was last changed. */
type Source = { readonly file: string; readonly changedMs: number; readonly bytes: number };

/**
 * The chosen environment, or why there is none. Reading its file takes longer than the whole report may, so what it said is
 * remembered until the file changes.
 */
export async function knownPlace(
  named: string | undefined,
): Promise<{ readonly place: KnownPlace } | { readonly why: string }> {
  try {
    const name = chooseEnvironment(named);
    const file = findEnvironmentFile(name);
    const { mtimeMs, size } = statSync(file);
    const source: Source = { file, changedMs: mtimeMs, bytes: size };
    const known = recall(`environment-${name}`);
    if (isOf(known, source)) return { place: known.place };
    const place = await read(name);
    remember(`environment-${name}`, { source, place });
    return { place };
  } catch (error) {
    return { why: isCodedError(error) ? `${error.summary} ${error.hint}` : String(error) };
  }
}

async function read(name: string): Promise<KnownPlace> {
  const [{ loadEnvironment }, { placeHash }] = await Promise.all([
    import("../environment.ts"),
    import("#kit/readiness.ts"),
  ]);
  const file = loadEnvironment(name);
  const { tier, identity, approvers, locks, bindings } = file;
  const slack: unknown = bindings["slack"];
  const channel =
    typeof slack === "object" && slack !== null && "channel" in slack ? slack.channel : undefined;
  return {
    name,
    tier,
    environment: { name, ...identity },
    approvers,
    hash: placeHash(file),
    locks,
    destinations: [
      ...(typeof channel === "string" ? [`slack:${channel}`] : []),
      ...(bindings["pagerduty"] === undefined ? [] : ["pagerduty"]),
    ],
  };
}

/** True for what this program itself wrote about exactly this file. */
function isOf(known: unknown, source: Source): known is { readonly place: KnownPlace } {
  if (typeof known !== "object" || known === null || !("source" in known) || !("place" in known))
    return false;
  return JSON.stringify(known.source) === JSON.stringify(source);
}
