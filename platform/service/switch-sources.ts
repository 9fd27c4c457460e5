import { readFile } from "node:fs/promises";
import type { Redis } from "ioredis";
import { z } from "zod";
import { redisPrefixes } from "../contract.ts";
import { messageOf, vendorCode } from "./error-facts.ts";
import { openRedis } from "./redis.ts";
import {
  type SwitchedOff,
  type SwitchScope,
  type SwitchSource,
  switchScopes,
  type WatchedSwitches,
  watchSwitches,
} from "./switches.ts";

/** Where a process is told to look for switches. */
type SwitchPlaces = {
  readonly AGENT_SAFE_MODE?: string | undefined;
  readonly CSRD_SWITCHES_FILE?: string | undefined;
  readonly CSRD_SWITCHES_TTL_MS: number;
  readonly CSRD_REDIS_URL?: string | undefined;
};

/** The switches of a process without a database: environment, file, and the mirror in Redis where an address is set. */
export async function openSwitches(
  settings: SwitchPlaces,
  name: string,
): Promise<{ readonly switches: WatchedSwitches; close(): Promise<void> }> {
  const url = settings.CSRD_REDIS_URL;
  const redis =
    url === undefined ? undefined : await openRedis({ url, name, onError: () => undefined }, 2_000);
  const switches = await watchSwitches({
    sources: [...localSources(settings), ...(redis === undefined ? [] : [sharedSource({ redis })])],
    ttlMs: settings.CSRD_SWITCHES_TTL_MS,
  });
  return {
    switches,
    close: async () => {
      await switches.close();
      redis?.disconnect();
    },
  };
}

/** The switches of this machine: its environment, and its file where one is named. */
export function localSources(settings: SwitchPlaces): readonly SwitchSource[] {
  const file = settings.CSRD_SWITCHES_FILE;
  return [environmentSource(settings.AGENT_SAFE_MODE), ...(file === undefined ? [] : [fileSource(file)])];
}

/** `AGENT_SAFE_MODE` of this process: everything off unless it is unset, 0, false, no or off. */
export function environmentSource(value: string | undefined): SwitchSource {
  const on = ["", "0", "false", "no", "off"].includes((value ?? "").trim().toLowerCase());
  const since = new Date().toISOString();
  return {
    name: "AGENT_SAFE_MODE",
    kind: "local",
    read: async () => (on ? [] : [{ scope: "all", reason: "AGENT_SAFE_MODE is set", by: "operator", since }]),
  };
}

/**
 * A file on this machine, for when database and Redis are down: one scope a line, then the reason: `all INC-123 data leak`.
 * No file says nothing; a file that cannot be read or holds a word that is no scope switches everything off.
 */
export function fileSource(path: string): SwitchSource {
  const since = new Map<string, string>();
  return {
    name: "The switches file",
    kind: "local",
    read: async () => {
      const text = await readFile(path, "utf8").catch((error: unknown) => {
        if (vendorCode(error) === "ENOENT") return "";
        throw new Error(vendorCode(error) ?? messageOf(error));
      });
      const lines = text.split("\n").map((line) => line.trim());
      return lines
        .filter((line) => line !== "" && !line.startsWith("#"))
        .slice(0, 100)
        .map((line) => {
          const [word = "", ...rest] = line.split(/\s+/);
          const scope = switchScopes.find((known) => known === word);
          if (scope === undefined) throw new Error("a line does not begin with a scope");
          const at = since.get(line) ?? new Date().toISOString();
          since.set(line, at);
          return { scope, reason: rest.join(" ").slice(0, 300) || "no reason given", by: "file", since: at };
        });
    },
  };
}

/** A switch as database and Redis keep it. `version` grows with every change; 0 is a switch thrown while the database was away. */
export type SwitchRecord = {
  readonly scope: SwitchScope;
  readonly off: boolean;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
  readonly version: number;
};

const Kept = z.object({
  scope: z.string().transform((text, context): SwitchScope => {
    const scope = switchScopes.find((known) => known === text);
    if (scope !== undefined) return scope;
    context.addIssue({ code: "custom", message: "is no scope" });
    return z.NEVER;
  }),
  off: z.boolean(),
  reason: z.string(),
  by: z.string(),
  at: z.string(),
  version: z.number(),
});

const key = `${redisPrefixes.switches}state`;
/** Says that somebody who knows the database has filled the mirror; a Redis that was emptied does not say "all on". */
const filled = "_filled";

/** The mirror in Redis; undefined when nobody has filled it. Throws when Redis is away or what it holds is no switch. */
export async function readMirror(redis: Redis): Promise<readonly SwitchRecord[] | undefined> {
  const { [filled]: mark, ...fields } = await redis.hgetall(key);
  const records = Object.values(fields).map((text) => Kept.parse(JSON.parse(text)));
  // A switch thrown in an emergency counts even in a mirror that nobody has filled.
  return mark === undefined && records.length === 0 ? undefined : records;
}

/** Puts switches into the mirror. */
export async function writeMirror(redis: Redis, records: readonly SwitchRecord[]): Promise<void> {
  await redis.hset(key, {
    [filled]: "1",
    ...Object.fromEntries(records.map((record) => [record.scope, JSON.stringify(record)])),
  });
}

/** Where the shared switches are read: the database, its mirror in Redis, or both; one that answers is enough. */
export type SharedPlaces = {
  readonly database?: () => Promise<readonly SwitchRecord[]>;
  readonly redis?: Redis;
};

/**
 * The switches that all processes share. The database is the truth; Redis has its mirror, and what was thrown while the database was away.
 * Whoever reads both brings the mirror up to date.
 */
export function sharedSource({ database, redis }: SharedPlaces): SwitchSource {
  return {
    name: redis === undefined ? "The database" : database === undefined ? "Redis" : "Database and Redis",
    kind: "shared",
    read: async () => {
      const [truth, mirror] = await Promise.all([
        database === undefined ? undefined : bounded(database()),
        redis === undefined ? undefined : bounded(readMirror(redis)),
      ]);
      if (truth === undefined && mirror === undefined) throw new Error("neither answers");
      if (truth !== undefined && redis !== undefined) await fill(redis, truth, mirror ?? []);
      const versions = new Map((truth ?? []).map(({ scope, version }) => [scope, version]));
      const beyond = (mirror ?? []).filter(
        ({ scope, version }) => truth === undefined || version === 0 || version > (versions.get(scope) ?? 0),
      );
      return [...(truth ?? []), ...beyond].filter(({ off }) => off).map(offOf);
    },
  };
}

async function fill(
  redis: Redis,
  truth: readonly SwitchRecord[],
  mirror: readonly SwitchRecord[],
): Promise<void> {
  const kept = new Map(mirror.map((record) => [record.scope, record]));
  const newer = truth.filter(({ scope, version }) => {
    const there = kept.get(scope);
    return there === undefined || (there.version !== 0 && there.version < version);
  });
  if (newer.length > 0 || mirror.length === 0) await bounded(writeMirror(redis, newer));
}

/** An answer within two seconds, or none: a place that hangs must not hold up the other. */
async function bounded<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), 2_000);
  });
  return Promise.race([answer.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}

function offOf({ scope, reason, by, at }: SwitchRecord): SwitchedOff {
  return { scope, reason, by, since: at };
}
