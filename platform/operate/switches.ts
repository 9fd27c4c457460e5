import type { Redis } from "ioredis";
import { isCodedError } from "#kit/errors.ts";
import { clean } from "#kit/render/width.ts";
import { CsrdError } from "../errors.ts";
import { readMirror, type SwitchRecord, writeMirror } from "../service/switch-sources.ts";
import type { SwitchScope } from "../service/switches.ts";
import type { Database } from "../storage/database.ts";
import { changeSwitch, readSwitches } from "../storage/switches.ts";

/** How to reach the two places that keep the switches; each opens, works and closes, and throws when its place does not answer. */
export type SwitchPlaces = {
  readonly database: <T>(work: (database: Database) => Promise<T>) => Promise<T>;
  readonly redis: <T>(work: (redis: Redis) => Promise<T>) => Promise<T>;
};

/** One place that keeps the switches. */
type Place = "database" | "redis";

/** What became of switching off: whether it was on before, as far as the database knows, and which places were told. */
type SwitchedOff = { readonly changed: boolean; readonly told: readonly Place[] };

/** In an emergency the other place is told after so long, whether or not the database has answered. */
const databaseMs = 4_000;

/**
 * Switches off in every place that answers; one is enough, because any place that says off wins. Throws `queue-unreachable` when none does.
 * Source: operations-runbook "Agent Kill-Switch Activation".
 */
export async function switchOff(
  places: SwitchPlaces,
  { scope, reason, by }: { readonly scope: SwitchScope; readonly reason: string; readonly by: string },
): Promise<SwitchedOff> {
  const database = await attempt(() =>
    inTime(places.database((opened) => changeSwitch(opened, { scope, off: true, reason, by }))),
  );
  // Without the database it holds in Redis alone, as an emergency: version 0 counts until it is turned on again.
  const record: SwitchRecord = database?.record ?? {
    scope,
    off: true,
    reason,
    by,
    at: new Date().toISOString(),
    version: 0,
  };
  const redis = await attempt(() =>
    places.redis(async (opened) => {
      await writeMirror(opened, [record]);
      return true;
    }),
  );
  if (database === undefined && redis === undefined)
    throw new CsrdError("queue-unreachable", {
      summary: "Neither PostgreSQL nor Redis answers; nothing was switched off from here.",
      hint: `Write the line "${scope} ${clean(reason, 60)}" into the file of CSRD_SWITCHES_FILE on each machine. What cannot read the switches stops by itself.`,
    });
  return {
    changed: database?.changed ?? true,
    told: [
      ...(database === undefined ? [] : (["database"] as const)),
      ...(redis === undefined ? [] : (["redis"] as const)),
    ],
  };
}

/** Switches on again, on the ground of a record that says it is safe. Both places have to answer: any place that says off wins. */
export async function switchOn(
  places: SwitchPlaces,
  change: {
    readonly scope: SwitchScope;
    readonly reason: string;
    readonly by: string;
    readonly validation: string;
  },
): Promise<boolean> {
  const { changed, record } = await places.database((database) =>
    changeSwitch(database, { ...change, off: false }),
  );
  await places.redis((redis) => writeMirror(redis, [record]));
  return changed;
}

/** What each place says; undefined for one that does not answer. */
export async function readSwitchPlaces(places: SwitchPlaces): Promise<{
  readonly database: readonly SwitchRecord[] | undefined;
  /** Empty where nobody has filled the mirror. */
  readonly redis: readonly SwitchRecord[] | undefined;
}> {
  const [database, redis] = await Promise.all([
    attempt(() => inTime(places.database(readSwitches))),
    attempt(() => places.redis(async (opened) => (await readMirror(opened)) ?? [])),
  ]);
  return { database, redis };
}

/** What a place says, or undefined when it does not answer; what the operator wrote wrongly is told. */
async function attempt<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isCodedError(error) && (error.code === "settings-invalid" || error.code === "csrd-usage"))
      throw error;
    return undefined;
  }
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${databaseMs} ms`)), databaseMs);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
